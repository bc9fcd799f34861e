import { Command } from "commander";

/** `edgecert status`: where each node of a run stands. */
export function statusCommand(): Command {
  return new Command("status")
    .description("show where each node of a run stands")
    .argument("[run]", "the run; the latest if left out")
    .option("--json", "as one JSON object")
    .action(async (named: string | undefined, options: { readonly json?: boolean }) => {
      const { openReader } = await import("../wiring.ts");
      const { findRun, readProgress, statusLines, statusJson } = await import("../runs.ts");
      await using reader = await openReader();
      const record = await findRun(reader.engine, named);
      const progress = await readProgress(reader.engine, record);
      if (options.json === true) console.log(JSON.stringify(statusJson(record, progress), null, 2));
      else for (const line of statusLines(record, progress)) console.log(line);
    });
}
