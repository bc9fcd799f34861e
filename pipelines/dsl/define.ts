import { canonicalJson } from "./canonical-json.ts";
import type { AxisOf, Narrow, WhereOf } from "./cell.ts";
import type { ConcurrencySpec } from "./concurrency.ts";
import type { Definition, SourceSpec, WaiverSpec } from "./definition.ts";
import { FailureError } from "./failure.ts";
import type { Matrix } from "./matrix.ts";
import type { Approval, Pipeline, StageBody } from "./pipeline.ts";
import { planOf } from "./plan.ts";
import type { Catalogue } from "./requirement.ts";
import type { SecretSource } from "./secret.ts";
import {
  type ApprovalSpec,
  definition,
  type Needs,
  type NoAxes,
  outputFailure,
  type PlanFunction,
  type PolicySpec,
  type Stage,
  type StageCell,
  type StageDefinition,
  type StageSpec,
  type StorableOutput,
} from "./stage.ts";
import type { SchemaOutput, StandardSchema } from "./standard-schema.ts";
import { didYouMean } from "./suggestion.ts";

/** What a definition declares before its stages. Everything may be left out. */
export interface DefinitionSpec<Schema extends StandardSchema, Cell, Sources extends string> {
  /** Decodes the parameters of a run. Default: no parameters. */
  readonly params?: Schema;
  /** The cells. Default: none, every stage runs once. */
  readonly matrix?: Matrix<Cell>;
  /** Secrets by name, read at use with `ctx.secret(name)`. */
  readonly secrets?: Readonly<Record<string, SecretSource>>;
  /** Named sources; `url` and `ref` may depend on the parameters. */
  readonly sources?: { readonly [Name in Sources]: SourceSpec<SchemaOutput<Schema>> };
  /** Policies of every stage that has none of its own. */
  readonly policies?: PolicySpec;
  /** What a run does that finds another one at work. Default: runs work side by side. */
  readonly concurrency?: ConcurrencySpec<SchemaOutput<Schema>>;
  /** Known failures that do not keep the product from being certified. Default: none. */
  readonly waivers?: WaiverSpec<SchemaOutput<Schema>>;
  /** What the product must do: the certificate says which tests prove it. Default: nothing is said. */
  readonly requirements?: Catalogue;
}

/** The words that a definition is written with; they know its parameters, cells and sources. */
export interface Words<Params, Cell, Sources extends string> {
  /** A named function: one node per cell, or per value of the axes of `per`. */
  stage<
    const Where extends WhereOf<Cell> = NoAxes,
    const Per extends readonly (keyof Narrow<Cell, Where> & AxisOf<Cell>)[] | undefined = undefined,
    Wanted extends Needs = NoAxes,
    Out = undefined,
  >(
    name: string,
    spec: StageSpec<Params, Sources, Cell, Where, Per, Wanted, Out> & StorableOutput<Out>,
  ): Stage<StageCell<Cell, Where, Per>, Out>;
  /** A stage with one node. */
  once<Wanted extends Needs = NoAxes, Out = undefined>(
    name: string,
    spec: OnceSpec<Params, Sources, Wanted, Out> & StorableOutput<Out>,
  ): Stage<NoAxes, Out>;
  /** A node that waits for a person. */
  approval<Wanted extends Needs>(name: string, spec: ApprovalSpec<Wanted>): Stage<NoAxes, Approval>;
  /** The pipeline that reaches these stages and all that they need. Its mistakes are told by `plan`, all at once. */
  pipeline(goals: readonly [Stage, ...Stage[]]): Pipeline;
}

/** How a stage with one node is written. */
export type OnceSpec<Params, Sources extends string, Wanted, Out> = Omit<
  StageSpec<Params, Sources, NoAxes, NoAxes, readonly [], Wanted, Out>,
  "per" | "where"
>;

/** Opens a definition. `name` is also the name of the pipeline: small letters, digits and `-`. */
export function define<
  Schema extends StandardSchema = StandardSchema<NoAxes>,
  Cell = NoAxes,
  Sources extends string = never,
>(name: string, spec: DefinitionSpec<Schema, Cell, Sources> = {}): Words<SchemaOutput<Schema>, Cell, Sources> {
  const declared: StageDefinition[] = [];
  const declare = <C, Out>(stage: StageDefinition): Stage<C, Out> => {
    declared.push(stage);
    return { name: stage.name, [definition]: stage };
  };
  return {
    stage: (stage, own) => declare(runStage(stage, own)),
    once: (stage, own) => declare(runStage(stage, { ...own, per: [] })),
    approval: (stage, own) => declare(approvalStage(stage, own)),
    pipeline: (goals) =>
      pipelineOf({
        name,
        params: spec.params ?? null,
        matrix: spec.matrix,
        secrets: spec.secrets ?? {},
        sources: erased<Definition["sources"]>(spec.sources ?? {}),
        policies: spec.policies ?? {},
        concurrency: erased<Definition["concurrency"]>(spec.concurrency ?? null),
        waivers: erased<Definition["waivers"]>(spec.waivers ?? []),
        requirements: spec.requirements ?? null,
        stages: declared,
        goals: goals.map((goal) => goal[definition]),
      }),
  };
}

function pipelineOf(written: Definition): Pipeline {
  return {
    name: written.name,
    secrets: written.secrets,
    plan: (params, options = {}) => planOf(written, params, options),
    body: (name) => {
      const body = written.stages.find((stage) => stage.name === name)?.body;
      if (body) return body;
      throw unknownStage(written, name);
    },
  };
}

function unknownStage(written: Definition, name: string): FailureError {
  const runnable = written.stages.filter((stage) => stage.body !== null).map((stage) => stage.name);
  return new FailureError({
    reason: "unknown-stage",
    class: "configuration",
    title: "The definition has no such stage",
    detail: `${JSON.stringify(name)} is not a stage of ${written.name} with a function to run.`,
    next: didYouMean(name, runnable),
  });
}

/** A stage as it was written, with what this file reads of it. */
interface WrittenStage extends PolicySpec {
  readonly per?: readonly string[] | undefined;
  readonly where?: object;
  readonly needs?: object;
  readonly servers?: unknown;
  readonly cluster?: unknown;
  readonly suites?: unknown;
  readonly run: unknown;
  readonly undo?: unknown;
}

function runStage(name: string, written: WrittenStage): StageDefinition {
  const { per, where = {}, needs = {}, servers, cluster, suites, run, undo, ...policies } = written;
  const nothing: PlanFunction<never> = () => [];
  return {
    name,
    kind: "run",
    per: per ?? null,
    where: erased<StageDefinition["where"]>(where),
    needs: erased<Needs>(needs),
    policies,
    servers: servers === undefined ? nothing : erased<StageDefinition["servers"]>(servers),
    cluster: cluster === undefined ? () => null : erased<StageDefinition["cluster"]>(cluster),
    suites: suites === undefined ? nothing : erased<StageDefinition["suites"]>(suites),
    body: bodyOf(name, erased<StageBody["run"]>(run), undo === undefined ? null : erased<UndoFunction>(undo)),
  };
}

function approvalStage(name: string, written: ApprovalSpec<unknown>): StageDefinition {
  return {
    name,
    kind: "approval",
    per: [],
    where: {},
    needs: erased<Needs>(written.needs ?? {}),
    policies: written.expires === undefined ? {} : { expires: written.expires },
    servers: () => [],
    cluster: () => null,
    suites: () => [],
    body: null,
  };
}

type UndoFunction = NonNullable<StageBody["undo"]>;

function bodyOf(stage: string, run: StageBody["run"], undo: UndoFunction | null): StageBody {
  const checked: StageBody["run"] = async (input, ctx) => {
    const output = await run(input, ctx);
    if (output !== undefined) assertJson(stage, output);
    return output;
  };
  return undo === null ? { run: checked } : { run: checked, undo };
}

function assertJson(stage: string, output: unknown): void {
  try {
    canonicalJson(output);
  } catch (error) {
    throw new FailureError(outputFailure(stage, error instanceof Error ? error.message : String(error)));
  }
}

/**
 * The erased form of what the compiler has checked. The cast is sound because a plan hands a function only the
 * parameters, cell, sources and needs that its type was made from.
 */
function erased<Erased>(typed: unknown): Erased {
  return typed as Erased;
}
