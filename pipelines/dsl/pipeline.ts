import type { StageContext } from "./context.ts";
import type { Outcome } from "./event.ts";
import type { Json } from "./json.ts";
import type { Plan, PlanSource } from "./plan-document.ts";
import type { ClusterRequest, ServerRequest } from "./request.ts";
import type { SecretSource } from "./secret.ts";

/**
 * What a body receives: `params`, `cell` and `sources` as they stand in the plan, and each need under its own name:
 * `one` is the output, `optional` the output or undefined, `every` a list of {@link Settled}.
 */
export interface StageInput {
  readonly params: Json;
  readonly cell: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, PlanSource>>;
  readonly [need: string]: unknown;
}

/** How one node of an `every` need ended; `output` is there if it passed. */
export interface Settled<Cell = Readonly<Record<string, string>>, Out = Json | undefined> {
  readonly node: string;
  readonly cell: Cell;
  readonly outcome: Outcome;
  readonly output?: Out;
}

/** What an approval gives to the stages that need it: who agreed and when (UTC, ISO 8601). */
export type Approval = { readonly approvedBy: string; readonly at: string };

/** The functions of one stage, with their types erased. `undo` takes the inputs of `run`, never its output. */
export interface StageBody {
  run(input: StageInput, ctx: StageContext): Promise<Json | undefined>;
  undo?(input: StageInput, ctx: StageContext): Promise<void>;
}

/** What a definition exports: enough to plan it and to run its plan. */
export interface Pipeline {
  readonly name: string;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  /** The functions of a stage that the plan names; throws for an unknown stage and for an approval. */
  body(stage: string): StageBody;
  /** Pure: decodes the parameters and lists every node. Throws one PlanError that names all mistakes. */
  plan(params: unknown, options?: PlanOptions): Promise<Plan>;
}

export interface PlanOptions {
  /** Says why no place can ever satisfy what a node asks for, or undefined where some place can. */
  readonly refuse?: (requests: readonly ServerRequest[], node: string) => string | undefined;
  /** Says why a cluster can never be had or may not be, such as its price; undefined where nothing stands against it. */
  readonly refuseCluster?: (request: ClusterRequest, node: string) => string | undefined;
  /** Patterns as {@link selectCells} reads them: the plan holds only the cells that they choose. Absent for all. */
  readonly cells?: readonly string[];
  /**
   * UTC, ISO 8601: an expired waiver is a mistake. Absent where a started run is planned again, as resuming does: its
   * waivers are judged by the time of the run.
   */
  readonly now?: string;
}
