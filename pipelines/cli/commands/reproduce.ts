import { Command } from "commander";
import type { ShowChoice } from "../view/run-view.ts";
import { withShowOptions } from "../view/show-options.ts";

/** `edgecert reproduce`: repeats a cell of an earlier run for a person to look at. */
export function reproduceCommand(): Command {
  const command = new Command("reproduce")
    .description("repeat a cell of an earlier run on fresh servers, which are kept for edgecert ssh; it never counts")
    .argument("<run>", "the run whose packages and images are used again")
    .requiredOption("--cell <cell>", "the cell, such as debian-12/kvm-ssh")
    .option("--test <name>", "only this test of it, named as in the certificate")
    .addHelpText(
      "after",
      `
Sources and packages are those of the earlier run, compared by sha256; images are the same as long as they are there.
The environment is set up and proved, then the suites run, or the one test. The servers stay for four hours, whatever came
of it. Exit codes: 0 it passed this time, 1 it failed again, 2 wrong usage, 3 no verdict for reasons of infrastructure.`,
    );
  return withShowOptions(command).action(
    async (run: string, options: ShowChoice & { readonly cell: string; readonly test?: string }) => {
      const { reproduce } = await import("../reproduction/starting.ts");
      process.exitCode = await reproduce(run, options);
    },
  );
}
