import { machineSize, neverFits } from "../../infra/hosts/capacity.ts";
import type { Plan } from "../dsl/plan-document.ts";
import { type Definition, loadDefinition } from "./definition.ts";
import { readParameters } from "./parameters.ts";

/** Words that choose what is planned. */
export interface PlanChoice {
  readonly param: readonly string[];
  readonly paramsFile?: string;
  readonly only?: readonly string[];
}

/** A definition with its plan for the chosen parameters and cells. */
export async function makePlan(path: string, choice: PlanChoice): Promise<Definition & { readonly plan: Plan }> {
  const params = readParameters(choice.param, choice.paramsFile);
  const definition = await loadDefinition(path);
  const plan = await definition.pipeline.plan(params, {
    refuse: (requests) => neverFits(requests, machineSize()),
    ...(choice.only === undefined ? {} : { only: choice.only }),
  });
  return { ...definition, plan };
}
