import { Command, Option } from "commander";
import type { PlanChoice } from "../planning.ts";

/** `edgecert plan`: shows what a run would do, before anything is spent. */
export function planCommand(): Command {
  return new Command("plan")
    .description("print the nodes that a run would visit; nothing is started")
    .argument("<definition>", "file that exports a pipeline")
    .option("-p, --param <name=value>", "parameter of the definition, repeatable", collect, [])
    .option("--params-file <file>", "JSON object of parameters")
    .option("--only <cell...>", "ids of the cells to plan, such as debian-12/kvm-ssh")
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json", "mermaid"]).default("text"))
    .option("--json", "the same as --format json")
    .action(async (definition: string, options: PlanWords) => {
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

/** Gathers a repeatable option. */
export function collect(word: string, before: readonly string[]): readonly string[] {
  return [...before, word];
}
