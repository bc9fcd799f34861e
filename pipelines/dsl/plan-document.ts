import type { EventBody } from "./event.ts";
import type { FailureClass } from "./failure.ts";
import type { Json } from "./json.ts";
import type { ClusterRequest, OnlyTest, ServerRequest, SuiteExpectation } from "./request.ts";
import type { Catalogue } from "./requirement.ts";
import type { Waiver } from "./waiver.ts";

/** The nodes and edges that a run will visit: plain JSON, frozen, the input of the engine and of the certificate. */
export interface Plan {
  readonly v: 1;
  /** Present where there was no run: the plan was made of result files, whose processes left no exit code. */
  readonly alone?: true;
  readonly pipeline: string;
  readonly params: Json;
  /** Axis names with their values in order of first appearance. */
  readonly axes: readonly PlanAxis[];
  readonly cells: readonly PlanCell[];
  /** Present where the run was limited to some cells of the matrix: it proves nothing about the others. */
  readonly partial?: PlanPartial;
  /** Present where one cell of an earlier run is only repeated for a person to look at: nothing in the run counts. */
  readonly reproduces?: PlanReproduction;
  readonly holes: readonly PlanHole[];
  /** In topological order. */
  readonly nodes: readonly PlanNode[];
  /** Declared sources by name, with url and ref as the parameters made them. */
  readonly sources: Readonly<Record<string, PlanSource>>;
  /** Present where the definition says what runs of it do to each other. */
  readonly concurrency?: PlanConcurrency;
  /** Failures and losses of tests that a person decided to live with; absent where there is none. */
  readonly waivers?: readonly Waiver[];
  /** What the product must do; absent where the definition does not say it. */
  readonly requirements?: Catalogue;
  /** Names of declared secrets. */
  readonly secrets: readonly string[];
  /** sha256 in hex over the canonical JSON of everything else here. */
  readonly digest: string;
}

/** A source as declared, not yet fetched. `url` is a git URL or a path, relative to the definition's folder. */
export type PlanSource = { readonly name: string; readonly url: string; readonly ref: string };

export interface PlanAxis {
  readonly name: string;
  readonly values: readonly string[];
}

/** A cell: its id joins its values by `/` in axis order, such as `debian-12/kvm-ssh`. */
export interface PlanCell {
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface PlanHole extends PlanCell {
  readonly reason: string;
}

/** Runs of one lane do not work side by side; what a run does that finds another one there. */
export interface PlanConcurrency {
  /** The pipeline's name and what the definition's key says, such as `nightly main`. */
  readonly lane: string;
  readonly mode: "queue" | "replace" | "refuse";
}

/** What a partial plan leaves out. */
export interface PlanPartial {
  /** The patterns that chose the cells, as they were given. */
  readonly chosen: readonly string[];
  /** Cells of the matrix that were not chosen. */
  readonly cells: readonly PlanCell[];
  /** Approvals and stages that only matter after one: a partial certificate cannot be approved. */
  readonly stages: readonly string[];
}

/** A cell of an earlier run. */
export interface Reproduction {
  readonly run: string;
  readonly cell: string;
  /** `class name` of the one test that its suites are limited to. */
  readonly test?: string;
}

/** What a repeated cell takes from the earlier run instead of making it again, by node id. */
export interface PlanReproduction extends Reproduction {
  readonly recalled: Readonly<Record<string, RecalledNode>>;
  /** sha256 of what images were made from, by the node that holds the servers and their names. */
  readonly images: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Present with `test`: only this suite is run, and of it only this test. */
  readonly limit?: TestLimit;
}

/** The one test that a repeated cell runs. */
export interface TestLimit extends OnlyTest {
  readonly suite: string;
}

/** What a node of the earlier run gave, and what it told about sources and packages. */
export interface RecalledNode {
  readonly output: Json;
  readonly told: readonly EventBody[];
}

export interface PlanNode {
  /** `stage@cell`, `stage` for a once stage, or `undo:` before the id of the node that it undoes. */
  readonly id: string;
  readonly stage: string;
  readonly kind: "run" | "undo" | "approval";
  /** The values of the axes that the stage runs per. */
  readonly cell: Readonly<Record<string, string>>;
  /** Need name -> what it receives. */
  readonly needs: Readonly<Record<string, PlanNeed>>;
  /**
   * Node ids that must have settled before an undo starts, whatever their outcome: its holder, the nodes whose needs
   * contain the holder, and the undos of those. Empty for what is no undo.
   */
  readonly after: readonly string[];
  readonly policies: PlanPolicies;
  readonly undoOf: string | null;
  readonly suites: readonly SuiteExpectation[];
  /** What the node asks for; empty for an undo, which asks for nothing. */
  readonly servers: readonly ServerRequest[];
  /** The cluster that the node asks for; absent where it asks for none. */
  readonly cluster?: ClusterRequest;
}

/** `one` must have passed; `optional` is absent where the need covers fewer cells; `every` gives settled entries. */
export type PlanNeed =
  | { readonly kind: "one"; readonly node: string }
  | { readonly kind: "optional"; readonly node: string | null }
  | { readonly kind: "every"; readonly nodes: readonly string[] };

/** Effective policies, each with the place that it came from. Durations in milliseconds, null for none. */
export interface PlanPolicies {
  readonly timeout: Sourced<number | null>;
  readonly stall: Sourced<number | null>;
  readonly retry: Sourced<Readonly<Partial<Record<FailureClass, number>>>>;
  /** How often a holder and its users are attempted again as one group after what it gave was lost; 0 for all others. */
  readonly lost: Sourced<number>;
  /**
   * What happens to held machines when a user of them failed: `on-failure` leaves them until they expire. `always` leaves
   * them whenever a user of them came to its end: only a repeated cell has it.
   */
  readonly keep: Sourced<"never" | "on-failure" | "always">;
  /** How long they are kept; absent where nothing is. */
  readonly keepFor?: Sourced<number>;
  /** For approvals: how long to wait. */
  readonly expires: Sourced<number | null>;
}

export interface Sourced<Value> {
  readonly value: Value;
  readonly from: "stage" | "pipeline" | "default";
}
