import type { PruneWords } from "../commands/prune.ts";
import { exitCodes } from "../exit.ts";
import { databasePlace } from "../home.ts";
import { openReader } from "../wiring.ts";
import { pruneImages } from "./images.ts";
import { type Pruned, pruneRuns } from "./pruning.ts";
import { pruneReport } from "./report.ts";
import { removeKeptCertificates } from "./run-folders.ts";

/** Removes what the words say, prints it, and gives the exit code: 3 where something could not be removed. */
export async function prune(words: PruneWords): Promise<number> {
  const { olderThan, keepLast, maxSize, images, dryRun = false, json = false } = words;
  const certificates = words.certificates === true ? ("remove" as const) : ("keep" as const);
  const report = pruneReport(dryRun, json);
  const tell = (what: Pruned) => report.tell(what);
  const before = (age: number) => new Date(Date.now() - age);
  if (images !== undefined) await pruneImages(databasePlace().home, { usedBefore: before(images), dryRun }, tell);
  await using reader = await openReader();
  const maxBytes = maxSize ?? null;
  const choice = { endedBefore: before(olderThan), keepLast, maxBytes, dryRun, certificates };
  const left = await pruneRuns(reader, choice, tell);
  if (certificates === "remove") {
    const { home } = databasePlace();
    for (const { run, bytes } of await removeKeptCertificates(home, before(olderThan), dryRun))
      tell({ kind: "certificate", name: run, action: "removed", bytes, detail: "its run went before" });
  }
  report.end(left, maxBytes);
  return report.failed ? exitCodes.infrastructure : exitCodes.passed;
}
