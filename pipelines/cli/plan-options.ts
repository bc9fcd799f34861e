import { type Command, Option } from "commander";

/** Gives a command the options that choose what is planned: parameters and cells. */
export function withPlanOptions(command: Command): Command {
  return command
    .option("-p, --param <name=value>", "parameter of the definition, repeatable", collect, [])
    .option("--params-file <file>", "JSON object of parameters")
    .option("--inventory <file>", "JSON file of hosts that clusters of `inventory` come from; as EDGECERT_INVENTORY")
    .option("--only, --cells <pattern>", "only these cells, repeatable: any of several patterns (see below)", collect)
    .addOption(
      new Option("--only-failed <run>", "only the cells of that run that did not pass, with its parameters").conflicts([
        "cells",
      ]),
    )
    .addHelpText(
      "after",
      `
Patterns of --cells (or --only, the same): a cell id, such as debian-12/kvm-ssh, or axis=value terms that must all hold,
joined by commas, such as 'os=debian-*,environment=kvm-ssh'. * stands for any letters, ? for one; an option per
alternative. --only-failed takes the cells that failed, were inconclusive or did not run. A run of some cells ends at
its certificate, which shows the others as not run and cannot be approved.
A run keeps the inventory that it was started with: changes of the file count for later runs only.`,
    );
}

function collect(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}
