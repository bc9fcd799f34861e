import type { ConcurrencySpec } from "./concurrency.ts";
import type { Matrix } from "./matrix.ts";
import type { Catalogue } from "./requirement.ts";
import type { SecretSource } from "./secret.ts";
import { definition, type PolicySpec, type StageDefinition } from "./stage.ts";
import type { StandardSchema } from "./standard-schema.ts";
import type { Waiver } from "./waiver.ts";

/** A declared source. `ref` is a branch, tag or commit; default `HEAD`. */
export interface SourceSpec<Params> {
  /** A git URL, or a path relative to the definition's folder. */
  readonly url: string | ((input: { readonly params: Params }) => string);
  readonly ref?: string | ((input: { readonly params: Params }) => string);
}

/** Waivers as they are written: a list, or a function of the parameters that only computes. */
export type WaiverSpec<Params> = readonly Waiver[] | ((input: { readonly params: Params }) => readonly Waiver[]);

/** Everything that one definition declared and one pipeline aims at, types erased. */
export interface Definition {
  readonly name: string;
  readonly params: StandardSchema | null;
  readonly matrix: Matrix | undefined;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly sources: Readonly<Record<string, SourceSpec<unknown>>>;
  readonly policies: PolicySpec;
  readonly concurrency: ConcurrencySpec<unknown> | null;
  readonly waivers: WaiverSpec<unknown>;
  readonly requirements: Catalogue | null;
  /** In the order in which they were declared. */
  readonly stages: readonly StageDefinition[];
  readonly goals: readonly StageDefinition[];
}

/** One need of a stage, read. */
export interface NeedDefinition {
  readonly name: string;
  readonly every: boolean;
  /** Null where the value is no stage: a cast, or an import that was not there yet. */
  readonly stage: StageDefinition | null;
}

/** The needs of a stage in the order in which they are written. */
export function needsOf(stage: StageDefinition): readonly NeedDefinition[] {
  return Object.entries(stage.needs).map(([name, need]) => readNeed(name, need));
}

function readNeed(name: string, need: unknown): NeedDefinition {
  if (isObject(need) && "every" in need) return { name, every: true, stage: definitionOf(need.every) };
  return { name, every: false, stage: definitionOf(need) };
}

// The cast is sound because only the language itself has the symbol to write the property with.
function definitionOf(stage: unknown): StageDefinition | null {
  return isObject(stage) && definition in stage ? (stage[definition] as StageDefinition) : null;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Stages that the goals reach, each after all that it needs; and every ring of stages that need each other. */
export interface Reach {
  readonly stages: readonly StageDefinition[];
  readonly rings: readonly (readonly string[])[];
}

/** Follows the needs from the goals, in the order of declaration where needs leave a choice. */
export function reach(written: Definition): Reach {
  const stages: StageDefinition[] = [];
  const rings: string[][] = [];
  const done = new Set<StageDefinition>();
  const visit = (stage: StageDefinition, path: readonly StageDefinition[]): void => {
    const seen = path.indexOf(stage);
    if (seen >= 0) rings.push([...path.slice(seen), stage].map((member) => member.name));
    if (seen >= 0 || done.has(stage)) return;
    for (const need of needsOf(stage)) if (need.stage !== null) visit(need.stage, [...path, stage]);
    done.add(stage);
    stages.push(stage);
  };
  for (const goal of written.goals) visit(goal, []);
  const place = new Map(written.stages.map((stage, index) => [stage, index]));
  // Because a stage can only need what was declared before it, the order of declaration is a topological one, and it
  // is the order in which the author thinks. A ring was made by a cast and gets no plan.
  stages.sort((left, right) => (place.get(left) ?? -1) - (place.get(right) ?? -1));
  return { stages, rings };
}

/**
 * The goals of a partial run: it ends at its certificate, so approvals and what waits for one are left out. What only
 * an approved run needs is not reached any more.
 */
export function goalsBeforeApproval(written: Definition): readonly StageDefinition[] {
  const late = lateStages(written);
  const early = (stage: StageDefinition | null) => stage !== null && !late.has(stage);
  const approvals = [...late].filter((stage) => stage.kind === "approval");
  const before = approvals.flatMap((stage) => needsOf(stage).flatMap((need) => need.stage ?? []));
  return [...new Set([...written.goals, ...before])].filter(early);
}

/** Approvals, and the stages that wait for one, directly or not. */
function lateStages(written: Definition): ReadonlySet<StageDefinition> {
  const late = new Set<StageDefinition>();
  // Because a stage can only need what was declared before it, one pass in that order sees all.
  for (const stage of written.stages) {
    const waits = needsOf(stage).some((need) => need.stage !== null && late.has(need.stage));
    if (stage.kind === "approval" || waits) late.add(stage);
  }
  return late;
}
