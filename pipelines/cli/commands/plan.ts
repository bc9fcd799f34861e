import { Command, Option } from "commander";
import { withPlanOptions } from "../plan-options.ts";
import type { PlanChoice } from "../planning.ts";

/** `edgecert plan`: shows what a run would do, before anything is spent. */
export function planCommand(): Command {
  const command = new Command("plan")
    .description("print the nodes that a run would visit; nothing is started")
    .argument("[definition]", "file that exports a pipeline; with --only-failed that of the run if left out");
  return withPlanOptions(command)
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json", "mermaid"]).default("text"))
    .option("--json", "the same as --format json")
    .action(async (definition: string | undefined, options: PlanWords) => {
      const { makePlan } = await import("../planning.ts");
      const { printPlan } = await import("../../dsl/print-plan.ts");
      const { plan } = await makePlan(definition, options);
      process.stdout.write(`${printPlan(plan, options.json === true ? "json" : options.format).trimEnd()}\n`);
    });
}

interface PlanWords extends PlanChoice {
  readonly format: "text" | "json" | "mermaid";
  readonly json?: boolean;
}
