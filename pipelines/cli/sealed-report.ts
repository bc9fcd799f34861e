import type { ReportWords } from "./commands/report.ts";
import { UsageError } from "./exit.ts";
import { findRun } from "./runs.ts";
import { renderAgain } from "./sealed.ts";
import { openReader } from "./wiring.ts";

/** Renders the certificate of a run again and prints its path, or its JSON. A UsageError where there is none. */
export async function reportRun(named: string | undefined, words: ReportWords): Promise<void> {
  for (const option of ["expect", "out", "product"] as const)
    if (words[option] !== undefined)
      throw new UsageError(
        `--${option} without --results`,
        `--${option} ${words[option]}`,
        "name the folder: --results DIR",
      );
  await using reader = await openReader();
  const record = await findRun(reader.engine, named, "sealed");
  const { path, certificate } = await renderAgain(reader.home, record);
  process.stdout.write(`${words.json === true ? JSON.stringify(certificate, null, 2) : path}\n`);
}
