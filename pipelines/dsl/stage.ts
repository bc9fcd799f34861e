import type { AxisOf, IsFiner, Narrow, Project, WhereOf } from "./cell.ts";
import type { StageContext } from "./context.ts";
import type { Duration } from "./duration.ts";
import type { Failure, FailureClass } from "./failure.ts";
import type { Keep } from "./keep.ts";
import type { OutputOf } from "./output.ts";
import type { Settled, StageBody } from "./pipeline.ts";
import type { PlanSource } from "./plan-document.ts";
import type { ClusterRequest, ServerRequest, SuiteExpectation } from "./request.ts";

/** Where a stage keeps what planning reads; only the language looks there. */
export const definition: unique symbol = Symbol("definition of a stage");

declare const shape: unique symbol;

/** A stage as a value: what other stages put into their `needs`. `Cell` and `Out` exist for the compiler only. */
export interface Stage<Cell = unknown, Out = unknown> {
  readonly name: string;
  readonly [definition]: StageDefinition;
  readonly [shape]?: { readonly cell: Cell; readonly out: Out };
}

/** A need for all nodes of a stage that agree with the user's cell, settled in whatever way. */
export interface Every<Cell = unknown, Out = unknown> {
  readonly every: Stage<Cell, Out>;
}

/**
 * Turns a need into one settled entry per node of the stage: its cell, its outcome, its output if it passed. A stage
 * with axes of its own receives the nodes that share its values of them.
 */
export function every<Cell, Out>(stage: Stage<Cell, Out>): Every<Cell, Out> {
  return { every: stage };
}

/** What `needs` takes: stages and `every(stage)` by the name that they arrive under. */
export type Needs = { readonly [name: string]: Stage | Every };

/** Names that an input already has: no need may have one of them. */
export const reservedNeeds = ["params", "cell", "sources"] as const;

/** Says in a compiler message why a need is refused. */
export interface RefusedNeed<Why extends string> {
  readonly refused: Why;
}

/** The cells that a stage runs for: narrowed by `where`, with the axes of `per`, or all axes without `per`. */
export type StageCell<Cell, Where, Per> = Per extends readonly (infer Axis)[]
  ? Project<Narrow<Cell, Where>, Axis>
  : Narrow<Cell, Where>;

/** What a stage's functions receive. */
export type Input<Params, Sources extends string, Cell, Wanted> = {
  readonly params: Params;
  readonly cell: Cell;
  readonly sources: { readonly [Name in Sources]: PlanSource };
} & { readonly [Name in keyof Wanted]: NeedOut<Wanted[Name], Cell> };

/** What the functions of the plan receive: no need has run yet. */
export interface PlanInput<Params, Cell> {
  readonly params: Params;
  readonly cell: Cell;
}

type NeedOut<Need, Cell> =
  Need extends Every<infer C, infer Out>
    ? readonly Settled<C, Out>[]
    : Need extends Stage<infer C, infer Out>
      ? [Cell] extends [C]
        ? Out
        : Out | undefined
      : never;

/** Each need that a stage of these cells may have as itself, each other one as a sentence. */
export type CheckedNeeds<Wanted, Cell> = {
  readonly [Name in keyof Wanted]: Name extends (typeof reservedNeeds)[number]
    ? RefusedNeed<"params, cell and sources are names of the input: call the need something else.">
    : Wanted[Name] extends Stage<infer C>
      ? IsFiner<C, Cell> extends true
        ? RefusedNeed<"This need runs once per more axes than the stage: say every(stage), or give the stage these axes.">
        : Wanted[Name]
      : Wanted[Name];
};

/**
 * Which failures are tried again, and how often: 0 to 10 more attempts per class. `lost` belongs to a stage with an
 * undo: how often it and all its users are attempted again together, on fresh machines, after the old ones were lost.
 */
export type RetryBudget = Readonly<
  Partial<Record<Extract<FailureClass, "transient" | "capacity" | "quota" | "lost" | "test">, number>>
>;

/** Policies as they are written. Each stage may have its own; `define` may have others for all stages. */
export interface PolicySpec {
  /** How long one attempt may take. Default `1h`. */
  readonly timeout?: Duration;
  /** How long an attempt may stay silent. Default: as long as it likes. */
  readonly stall?: Duration;
  /** Default `{ transient: 1 }`, and `lost: 1` for a stage with an undo, also where other classes are named. */
  readonly retry?: RetryBudget;
  /** `on-failure` keeps machines of which a user failed for four hours, or `for` so long. Needs an undo. Default `never`. */
  readonly keep?: Keep;
}

/** How a stage is written. `Per` and `Where` decide its cells, `Wanted` what it receives, `run` what it gives. */
export interface StageSpec<Params, Sources extends string, Cell, Where, Per, Wanted, Out> extends PolicySpec {
  /** Axes: one node per distinct value of these. Default: all axes, one node per cell. */
  readonly per?: Per;
  /** Only cells with these values. Default: all cells. */
  readonly where?: Where & WhereOf<Cell> & { readonly [Axis in Exclude<keyof Where, AxisOf<Cell>>]: never };
  readonly needs?: Wanted & CheckedNeeds<Wanted, StageCell<Cell, Where, Per>>;
  /** Servers that a node asks for: part of the plan. Needs an undo. */
  readonly servers?: (input: PlanInput<Params, StageCell<Cell, Where, Per>>) => readonly ServerRequest[];
  /** Cluster that a node asks for, null for none: part of the plan. Needs an undo. */
  readonly cluster?: (input: PlanInput<Params, StageCell<Cell, Where, Per>>) => ClusterRequest | null;
  /** Suites whose evidence a node owes: part of the plan. */
  readonly suites?: (input: PlanInput<Params, StageCell<Cell, Where, Per>>) => readonly SuiteExpectation[];
  /** Safe to repeat. Its output is plain JSON; ends with `ctx.fail` where a failure was to be expected. */
  readonly run: (input: Input<Params, Sources, StageCell<Cell, Where, Per>, Wanted>, ctx: StageContext) => Promise<Out>;
  /** Gives back what `run` may have acquired, from the same inputs: the output may never have been there. */
  readonly undo?: (
    input: Input<Params, Sources, StageCell<Cell, Where, Per>, Wanted>,
    ctx: StageContext,
  ) => Promise<void>;
}

/**
 * Stands beside a spec: nothing where the output is plain JSON, otherwise a `run` that does not fit. Apart from the spec
 * so that the compiler infers `Out` from the function alone, and `{ retries: 0 }` is a number, not the literal 0.
 */
export type StorableOutput<Out> = [Out] extends [OutputOf<Out>]
  ? unknown
  : { readonly run: (...input: never) => Promise<OutputOf<Out>> };

/** How an approval is written. */
export interface ApprovalSpec<Wanted> {
  readonly needs: Wanted & CheckedNeeds<Wanted, NoAxes>;
  /** How long it waits. Default: for ever. */
  readonly expires?: Duration;
}

/** The cell of what runs once. */
export type NoAxes = Readonly<Record<never, never>>;

/** A stage with its types erased: what planning and running read. */
export interface StageDefinition {
  readonly name: string;
  readonly kind: "run" | "approval";
  /** Null for all axes. */
  readonly per: readonly string[] | null;
  readonly where: Readonly<Record<string, string | readonly string[]>>;
  readonly needs: Needs;
  readonly policies: PolicySpec & { readonly expires?: Duration };
  readonly servers: PlanFunction<ServerRequest>;
  readonly cluster: (input: PlanInput<unknown, Readonly<Record<string, string>>>) => ClusterRequest | null;
  readonly suites: PlanFunction<SuiteExpectation>;
  /** Null for an approval. */
  readonly body: StageBody | null;
}

/** Asks a definition about one node. */
export type PlanFunction<Item> = (input: PlanInput<unknown, Readonly<Record<string, string>>>) => readonly Item[];

/** Said by a body whose output is not JSON although it compiled. */
export function outputFailure(stage: string, why: string): Failure {
  return {
    reason: "output-not-json",
    class: "configuration",
    title: `The output of ${stage} cannot be stored`,
    detail: why.replace("the value", "the output"),
    next: "Return plain JSON from run: strings, finite numbers, booleans, null, arrays and objects.",
  };
}
