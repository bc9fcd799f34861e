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
    .option("--preview", "ask Pulumi what it would create for each cluster of the plan; nothing is created")
    .action(async (definition: string | undefined, options: PlanWords) => {
      const { clusterWords, makePlan } = await import("../planning.ts");
      const { printPlan } = await import("../../dsl/print-plan.ts");
      const { plan } = await makePlan(definition, options);
      const format = options.json === true ? "json" : options.format;
      process.stdout.write(`${printPlan(plan, format, clusterWords).trimEnd()}\n`);
      if (options.preview !== true) return;
      const { previewClusters } = await import("../previewing.ts");
      // Because what reads a plan as JSON or Mermaid must find nothing else there.
      const stream = format === "text" ? process.stdout : process.stderr;
      await previewClusters(plan, (line) => stream.write(`${line}\n`));
    });
}

interface PlanWords extends PlanChoice {
  readonly format: "text" | "json" | "mermaid";
  readonly json?: boolean;
  readonly preview?: boolean;
}
