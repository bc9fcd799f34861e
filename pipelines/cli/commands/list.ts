import { Command } from "commander";
import type { Rows } from "../runs.ts";
import { wholeNumber } from "../words.ts";

/** `edgecert list`: the runs of this home, and with `--machines` what providers hold. */
export function listCommand(): Command {
  return new Command("list")
    .description("list runs, or with --machines all that providers list as ours")
    .option("--limit <runs>", "how many runs, newest first", wholeNumber, 20)
    .option("--all", "every run, however many there are")
    .option("--machines", "servers and files that carry our tags, whether or not a run knows them")
    .option("--release [run]", "with --machines: give back what has expired, or all of one run that nobody works on")
    .option("--force", "with --release: also what has not expired, unless a live process works on its run")
    .option("--json", "as one JSON array")
    .action(async (options: ListWords) => {
      const rows = await rowsOf(options);
      if (options.json === true) console.log(JSON.stringify(rows.json, null, 2));
      else for (const line of rows.lines) console.log(line);
      if (rows.trouble !== undefined) throw rows.trouble;
    });
}

interface ListWords {
  readonly limit: number;
  readonly all?: boolean;
  readonly machines?: boolean;
  readonly release?: string | true;
  readonly force?: boolean;
  readonly json?: boolean;
}

async function rowsOf({ limit, all = false, machines = false, release, force = false }: ListWords): Promise<Rows> {
  const { listMachines, listRuns } = await import("../runs.ts");
  if (release === undefined) return machines ? listMachines() : listRuns(all ? null : limit);
  const { openReader } = await import("../wiring.ts");
  const { releaseListed } = await import("../releasing.ts");
  await using reader = await openReader();
  const choice = { run: release === true ? null : release, force };
  // Because the engine would be closed before an unawaited promise is done.
  return await releaseListed(reader.provider, await reader.engine.runs({ kind: "alive" }), choice);
}
