import { Command } from "commander";
import type { Rows } from "../runs.ts";

/** `edgecert hosts`: the machines of an inventory, that runs share. */
export function hostsCommand(): Command {
  const hosts = new Command("hosts")
    .description("list the hosts of an inventory: whether they take work, who holds what, and why one is set aside")
    .option("--inventory <file>", "JSON file of hosts; default: EDGECERT_INVENTORY")
    .option("--json", "as one JSON array")
    .action(async (words: HostsWords) => print(words, (await import("../hosts.ts")).listHosts(words)));
  hosts
    .command("check [host...]")
    .description("look at hosts over SSH, all where none is named; one that is not well is set aside with the reason")
    .action(async (names: readonly string[], _: object, command: Command) =>
      print(wordsOf(command), (await import("../hosts.ts")).checkHosts(names, wordsOf(command))),
    );
  hosts
    .command("drain <host...>")
    .description("give hosts no more work; what runs on them goes on")
    .option("--reason <text>", "shown to those who wait", "drained by a person")
    .action(change("drained"));
  hosts
    .command("quarantine <host...>")
    .description("set hosts aside until somebody says that they are ready")
    .requiredOption("--reason <text>", "shown to those who wait")
    .action(change("quarantined"));
  hosts
    .command("ready <host...>")
    .description("let hosts take work again, drained or set aside")
    .action(change("ready"));
  return hosts;
}

/** What was said on the command line. */
export interface HostsWords {
  readonly inventory?: string;
  readonly json?: boolean;
}

function change(state: "ready" | "drained" | "quarantined") {
  return async (names: readonly string[], { reason = "" }: { readonly reason?: string }, command: Command) => {
    const { changeHosts } = await import("../hosts.ts");
    await print(wordsOf(command), changeHosts(names, { state, reason }, wordsOf(command)));
  };
}

function wordsOf(command: Command): HostsWords {
  return command.optsWithGlobals<HostsWords>();
}

async function print({ json }: HostsWords, coming: Promise<Rows>): Promise<void> {
  const rows = await coming;
  if (json === true) console.log(JSON.stringify(rows.json, null, 2));
  else for (const line of rows.lines) console.log(line);
}
