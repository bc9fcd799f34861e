import type { PruneWords } from "./commands/prune.ts";
import { exitCodes } from "./exit.ts";
import { pruneReport } from "./prune-report.ts";
import { pruneRuns } from "./pruning.ts";
import { openReader } from "./wiring.ts";

/** Removes what the words say, prints it, and gives the exit code: 3 where something could not be removed. */
export async function prune({
  olderThan,
  keepLast,
  maxSize,
  dryRun = false,
  json = false,
}: PruneWords): Promise<number> {
  const report = pruneReport(dryRun, json);
  await using reader = await openReader();
  const maxBytes = maxSize ?? null;
  const choice = { endedBefore: new Date(Date.now() - olderThan), keepLast, maxBytes, dryRun };
  const left = await pruneRuns(reader, choice, (what) => report.tell(what));
  report.end(left, maxBytes);
  return report.failed ? exitCodes.infrastructure : exitCodes.passed;
}
