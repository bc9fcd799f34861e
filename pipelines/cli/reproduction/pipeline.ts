import type { Pipeline } from "../../dsl/pipeline.ts";
import type { PlanReproduction } from "../../dsl/plan-document.ts";
import type { RunRecord } from "../../engine/engine.ts";
import { loadDefinition } from "../definition.ts";
import { reproductionPlan } from "./plan.ts";
import { recall } from "./recall.ts";

/** The pipeline that a run goes on with: its definition, or what repeats a cell of it where that is what the run does. */
export async function pipelineOf({ definition, plan }: Pick<RunRecord, "definition" | "plan">): Promise<Pipeline> {
  const { pipeline } = await loadDefinition(definition);
  return plan.reproduces === undefined ? pipeline : reproducing(pipeline, plan.reproduces);
}

/** A pipeline that plans one cell only and takes from the earlier run what it does not do again. */
export function reproducing(pipeline: Pipeline, of: PlanReproduction): Pipeline {
  const recalled = new Set(Object.keys(of.recalled).map((id) => id.replace(/@.*$/s, "")));
  return {
    name: pipeline.name,
    secrets: pipeline.secrets,
    plan: async (params, options = {}) =>
      reproductionPlan(await pipeline.plan(params, { ...options, cells: [of.cell] }), of),
    body: (stage) => (recalled.has(stage) ? { run: (_, ctx) => recall(of, ctx) } : pipeline.body(stage)),
  };
}
