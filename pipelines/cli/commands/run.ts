import { Command, Option } from "commander";
import { withPlanOptions } from "../plan-options.ts";
import { parseSize } from "../sizes.ts";
import type { StartWords } from "../starting.ts";
import { withShowOptions } from "../view/show-options.ts";
import { wholeNumber } from "../words.ts";

/** `edgecert run`: certifies, and stays until the verdict is sealed. */
export function runCommand(): Command {
  const command = new Command("run")
    .description("certify: provision, build, test, give everything back, write the certificate")
    .argument("[definition]", "file that exports a pipeline; with --only-failed that of the run if left out");
  return withShowOptions(
    withPlanOptions(command)
      .addOption(
        new Option(
          "--concurrency <mode>",
          "where a run of this pipeline and these refs is at work: wait, cancel it first, or do not start; default: as the definition says, else none",
        ).choices(["queue", "replace", "refuse", "none"]),
      )
      .option("--width <nodes>", "how many nodes may work at once", wholeNumber)
      .option(
        "--min-free <size>",
        "start only, and go on only, with this much of the disk left; default 512MiB",
        parseSize,
      ),
  ).action(async (definition: string | undefined, options: StartWords) => {
    const { startRun } = await import("../starting.ts");
    process.exitCode = await startRun(definition, options);
  });
}
