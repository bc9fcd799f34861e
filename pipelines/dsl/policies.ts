import { type Duration, parseDuration } from "./duration.ts";
import { failureOf } from "./failure.ts";
import { keepOf, keepProblems } from "./keep.ts";
import type { PlanPolicies, Sourced } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";
import type { PolicySpec, StageDefinition } from "./stage.ts";

/**
 * What holds where neither stage nor pipeline says otherwise. An undo has ten minutes; that of a cluster as long as its
 * provider goes on giving back, an hour, and a while to name what is left then: bare metal alone may take ten minutes to
 * end. An approval waits for ever.
 */
export const defaultPolicies = {
  timeout: "1h",
  undoTimeout: "10m",
  clusterUndoTimeout: "75m",
  retry: { transient: 1 },
  lost: 1,
  keep: "never",
} as const;

const mostRetries = 10;

/** The effective policies of a stage's nodes: its own, else the pipeline's, else the defaults. */
export function policiesOf(stage: StageDefinition, pipeline: PolicySpec): PlanPolicies {
  if (stage.kind === "approval") return { ...fixed(null, {}), expires: duration(stage.policies, {}, "expires", null) };
  const holds = stage.body?.undo !== undefined;
  return {
    timeout: duration(stage.policies, pipeline, "timeout", defaultPolicies.timeout),
    stall: duration(stage.policies, pipeline, "stall", null),
    retry: retryOf(stage.policies, pipeline),
    lost: holds ? chosen(stage.policies.retry?.lost, pipeline.retry?.lost, defaultPolicies.lost) : byDefault<number>(0),
    // Because a stage that holds nothing has nothing to keep.
    ...(holds ? keepOf(stage.policies.keep, pipeline.keep) : { keep: byDefault(defaultPolicies.keep) }),
    expires: byDefault(null),
  };
}

/** Because the budget for what was lost is the group's, it stands by itself. */
function retryOf(stage: PolicySpec, pipeline: PolicySpec): PlanPolicies["retry"] {
  const named = (policies: PolicySpec) => {
    const { lost: _, ...own } = policies.retry ?? {};
    const onlyLost = policies.retry?.lost !== undefined && Object.keys(own).length === 0;
    return policies.retry === undefined || onlyLost ? undefined : own;
  };
  return chosen<PlanPolicies["retry"]["value"]>(named(stage), named(pipeline), defaultPolicies.retry);
}

/** The policies of a stage's undo: always the defaults, with what is kept as its stage has it. */
export function undoPoliciesOf(
  stage: StageDefinition,
  pipeline: PolicySpec,
  gives: "a cluster" | "anything else",
): PlanPolicies {
  const { undoTimeout, clusterUndoTimeout, retry } = defaultPolicies;
  const undo = fixed(parseDuration(gives === "a cluster" ? clusterUndoTimeout : undoTimeout), retry);
  return { ...undo, ...keepOf(stage.policies.keep, pipeline.keep) };
}

/** What is wrong with policies as they are written; `where` says whose they are. */
export function policyProblems(where: string, policies: StageDefinition["policies"], holds: boolean): Problem[] {
  const problems: Problem[] = [];
  for (const name of ["timeout", "stall", "expires"] as const) {
    const problem = policies[name] === undefined ? null : durationProblem(policies[name]);
    if (problem !== null) problems.push({ ...problem, title: `Bad duration: ${name} of ${where}` });
  }
  for (const [kind, times] of Object.entries(policies.retry ?? {})) {
    if (Number.isInteger(times) && times >= 0 && times <= mostRetries) continue;
    problems.push({
      title: `Bad number of retries of ${where}`,
      detail: `${JSON.stringify(times)} for failures of class ${kind}.`,
      next: `Write a whole number from 0 to ${mostRetries}.`,
    });
  }
  if (policies.retry?.lost !== undefined && !holds) {
    problems.push({
      title: `Nothing to lose in ${where}`,
      detail: `retry names lost: ${policies.retry.lost}, but the stage has no undo.`,
      next: "Move it to the stage that acquires the machines: that one and all its users are attempted again together.",
    });
  }
  problems.push(...keepProblems(where, policies.keep));
  if (policies.keep !== undefined && policies.keep !== "never" && !holds) {
    problems.push({
      title: `Nothing to keep in ${where}`,
      detail: `keep is ${JSON.stringify(policies.keep)}, but the stage has no undo.`,
      next: "Move keep to the stage that acquires the machines, or give this one an undo.",
    });
  }
  return problems;
}

function durationProblem(text: string): Problem | null {
  try {
    parseDuration(text);
    return null;
  } catch (error) {
    return failureOf(error);
  }
}

function fixed(timeout: number | null, retry: PlanPolicies["retry"]["value"]): PlanPolicies {
  return {
    timeout: byDefault(timeout),
    stall: byDefault(null),
    retry: byDefault(retry),
    lost: byDefault(0),
    keep: byDefault(defaultPolicies.keep),
    expires: byDefault(null),
  };
}

function duration(
  stage: StageDefinition["policies"],
  pipeline: StageDefinition["policies"],
  name: "timeout" | "stall" | "expires",
  otherwise: Duration | null,
): Sourced<number | null> {
  const { value, from } = chosen<Duration | null>(stage[name], pipeline[name], otherwise);
  // Because a bad duration is told by policyProblems, together with all other mistakes.
  return { value: value === null || durationProblem(value) !== null ? null : parseDuration(value), from };
}

function chosen<Value>(stage: Value | undefined, pipeline: Value | undefined, otherwise: Value): Sourced<Value> {
  if (stage !== undefined) return { value: stage, from: "stage" };
  if (pipeline !== undefined) return { value: pipeline, from: "pipeline" };
  return byDefault(otherwise);
}

function byDefault<Value>(value: Value): Sourced<Value> {
  return { value, from: "default" };
}
