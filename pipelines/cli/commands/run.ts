import { Command } from "commander";
import { withPlanOptions } from "../plan-options.ts";
import type { PlanChoice } from "../planning.ts";
import type { ShowChoice } from "../run-view.ts";
import { withShowOptions } from "../show-options.ts";
import { wholeNumber } from "../words.ts";

/** `edgecert run`: certifies, and stays until the verdict is sealed. */
export function runCommand(): Command {
  const command = new Command("run")
    .description("certify: provision, build, test, give everything back, write the certificate")
    .argument("[definition]", "file that exports a pipeline; with --only-failed that of the run if left out");
  return withShowOptions(
    withPlanOptions(command).option("--width <nodes>", "how many nodes may work at once", wholeNumber),
  ).action(async (definition: string | undefined, options: RunWords) => {
    const { makePlan } = await import("../planning.ts");
    const { file, pipeline, plan, follows } = await makePlan(definition, options);
    const { requireSystemPackages } = await import("../../../infra/hosts/requirements.ts");
    requireSystemPackages();
    const { openWorker } = await import("../wiring.ts");
    const { attend } = await import("../attend.ts");
    await using work = await openWorker(options.width === undefined ? {} : { width: options.width });
    const link = follows === undefined ? {} : { follows };
    const run = await work.engine.start({ definition: file, pipeline, plan, ...link });
    work.interrupts.watch(run);
    process.exitCode = await attend(work, run, options);
  });
}

interface RunWords extends PlanChoice, ShowChoice {
  readonly width?: number;
}
