import type { Outcome } from "../../dsl/event.ts";
import type { PlanGraph } from "./plan-graph.ts";

/**
 * Where a node of a run stands. Every right-hand state is settled.
 *
 *   waiting --needs passed, a slot free--> running ----> passed | failed | cancelled
 *      |                                      |- undo -> passed | leaked --resumed--> waiting
 *      |                                      `- lost, within the holder's budget --> the group waits again (below)
 *      |--a need did not pass, nothing held-------------> skipped
 *      |--cancel (never an undo that is owed)-----------> cancelled
 *      `--approval, once the run is sealed--> open -----> passed | failed | cancelled
 *
 * A node that finds what a holder gave lost sends its whole group back to waiting, in the next round:
 *
 *   user      running | passed | failed --(stale: first it settles)--> waiting --> running ...
 *   undo      waiting --(returning: once no member runs)--> running --> waiting    gives back the old machines
 *   holder    passed --------------------> waiting --once its undo has returned--> running ...
 */
export type NodeState = "waiting" | "running" | "open" | Outcome;

/** What the scheduler is told. The order of facts is recorded; the same facts always give the same decisions. */
export type Fact =
  /** `lost`: it failed because what a holder gave does not serve any more. */
  | { readonly type: "settled"; readonly node: string; readonly outcome: Outcome; readonly lost?: true }
  | { readonly type: "cancel"; readonly reason: string }
  /** A null verdict: nothing could be sealed. */
  | { readonly type: "sealed"; readonly verdict: string | null }
  | { readonly type: "decided"; readonly node: string; readonly decision: "approved" | "rejected" | "expired" }
  /** A new worker holds the run: what leaked is tried again. */
  | { readonly type: "resumed"; readonly takeovers: number };

/** What the scheduler wants done. `round` counts how often a node was sent back to waiting, from 0. */
export type Decision =
  | { readonly type: "start"; readonly node: string; readonly round: number }
  /** `keepMs` of an undo: how long what it gives back is kept. */
  | {
      readonly type: "skip";
      readonly node: string;
      readonly round: number;
      readonly reason: string;
      readonly keepMs?: number;
    }
  | { readonly type: "cancel"; readonly node: string; readonly round: number; readonly reason: string }
  /** What the node came to counts no more: it waits for its next attempt, with its group. */
  | { readonly type: "again"; readonly node: string; readonly round: number; readonly reason: string }
  | { readonly type: "open"; readonly node: string }
  | { readonly type: "seal" }
  | { readonly type: "finish"; readonly outcome: RunOutcome; readonly leaked: number };

/** How a run ends as the engine sees it; the certificate's verdict is another matter. */
export type RunOutcome = "passed" | "failed" | "cancelled" | "rejected";

/** The whole memory of the scheduler. */
export interface SchedulerState {
  readonly nodes: ReadonlyMap<string, NodeState>;
  /** Nodes that ever ran: their undo is owed. */
  readonly started: ReadonlySet<string>;
  readonly rounds: ReadonlyMap<string, number>;
  /** How often each holder lost what it gave. */
  readonly losses: ReadonlyMap<string, number>;
  /** Nodes that still run on what was lost, with the reason for which they are then attempted again. */
  readonly stale: ReadonlyMap<string, string>;
  /** Undo nodes that give the lost machines back before their holder is attempted again, with the reason. */
  readonly returning: ReadonlyMap<string, string>;
  /** How many times another worker took the run over, as far as the scheduler was told. */
  readonly takeovers: number;
  readonly cancelled: string | null;
  readonly rejected: boolean;
  readonly seal: "due" | "asked" | "done";
  readonly verdict: string | null;
  readonly finished: boolean;
}

/** The state before anything ran. */
export function initialState(graph: PlanGraph): SchedulerState {
  return {
    nodes: new Map([...graph.nodes.keys()].map((id) => [id, "waiting"])),
    started: new Set(),
    rounds: new Map(),
    losses: new Map(),
    stale: new Map(),
    returning: new Map(),
    takeovers: 0,
    cancelled: null,
    rejected: false,
    seal: "due",
    verdict: null,
    finished: false,
  };
}

const settledStates: ReadonlySet<NodeState> = new Set(["passed", "failed", "skipped", "cancelled", "leaked"]);

/** Whether a node needs nothing more. */
export function isSettled(state: NodeState | undefined): state is Outcome {
  return state !== undefined && settledStates.has(state);
}

/** The verdicts of a certificate that a person may approve. */
export function isApprovable(verdict: string | null): boolean {
  return verdict !== null && /^passed\b/.test(verdict);
}

/** What a finished run is taken up again with, as plain JSON. */
export interface LeftState {
  readonly settled: readonly (readonly [node: string, outcome: Outcome, round: number])[];
  readonly started: readonly string[];
  readonly verdict: string | null;
  readonly takeovers: number;
  readonly cancelled: string | null;
  readonly rejected: boolean;
}

/** The state of a finished run in which every undo that leaked is to be tried again. */
export function leakedState(graph: PlanGraph, left: LeftState): SchedulerState {
  const leaked = left.settled.filter(([, outcome]) => outcome === "leaked");
  const nodes = left.settled.map(([node, outcome]) => [node, outcome === "leaked" ? "waiting" : outcome] as const);
  return {
    ...initialState(graph),
    nodes: new Map(nodes),
    started: new Set(left.started),
    rounds: new Map(leaked.map(([node, , round]) => [node, round + 1])),
    takeovers: left.takeovers,
    cancelled: left.cancelled,
    rejected: left.rejected,
    seal: "done",
    verdict: left.verdict,
  };
}
