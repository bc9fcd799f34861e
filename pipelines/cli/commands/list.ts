import { Command } from "commander";

/** `edgecert list`: the runs of this home, and with `--machines` what providers hold. */
export function listCommand(): Command {
  return new Command("list")
    .description("list runs, or with --machines all that providers list as ours")
    .option("--machines", "servers and files that carry our tags, whether or not a run knows them")
    .option("--json", "as one JSON array")
    .action(async (options: { readonly machines?: boolean; readonly json?: boolean }) => {
      const { listMachines, listRuns } = await import("../runs.ts");
      const rows = options.machines === true ? await listMachines() : await listRuns();
      if (options.json === true) return console.log(JSON.stringify(rows.json, null, 2));
      for (const line of rows.lines) console.log(line);
    });
}
