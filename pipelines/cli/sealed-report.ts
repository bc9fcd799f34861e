import { ciOutput, tellCi } from "./ci/output.ts";
import type { ReportWords } from "./commands/report.ts";
import { UsageError } from "./exit.ts";
import { exportAsked, exportKindsOf } from "./exporting.ts";
import { printPage } from "./printing.ts";
import { findRun } from "./runs.ts";
import { renderAgain } from "./sealed.ts";
import { openReader } from "./wiring.ts";

/** Renders the certificate of a run again, exports and prints it as asked, and prints the paths, or its JSON. A UsageError where there is none. */
export async function reportRun(named: string | undefined, words: ReportWords): Promise<void> {
  const alone = ["expect", "product", ...(words.export === undefined ? ["out" as const] : [])] as const;
  for (const option of alone)
    if (words[option] !== undefined)
      throw new UsageError(
        `--${option} without --results`,
        `--${option} ${words[option]}`,
        "name the folder: --results DIR",
      );
  // Because a wrong word is told before anything is written.
  if (words.export !== undefined) exportKindsOf(words.export);
  await using reader = await openReader();
  const record = await findRun(reader.engine, named, "sealed");
  const { path, certificate, digest } = await renderAgain(reader.home, record);
  const exported = await exportAsked({ certificate, digest }, words.export, words.out ?? "exports");
  const printed = words.pdf === true ? [await printPage(path)] : [];
  const paths = [path, ...printed, ...exported].join("\n");
  process.stdout.write(`${words.json === true ? JSON.stringify(certificate, null, 2) : paths}\n`);
  const stream = words.json === true ? process.stderr : process.stdout;
  const told = { sealed: { certificate, digest }, page: path };
  await tellCi(ciOutput(words.ci), told, (line) => stream.write(`${line}\n`));
}
