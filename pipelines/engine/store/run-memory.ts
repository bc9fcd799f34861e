import type { Outcome } from "../../dsl/event.ts";
import type { Json } from "../../dsl/json.ts";
import type { RunOutcome } from "../scheduler/run-state.ts";

/** How a node settled, and in which of its rounds. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly round: number;
  /** It failed because what a holder gave does not serve any more. */
  readonly lost?: true;
  readonly output?: Json;
}

/** What a person decided about an approval. */
export interface StoredDecision {
  readonly decision: "approved" | "rejected";
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** What the database already knows of a run when a worker starts to hold it. */
export interface RunMemory {
  readonly takeovers: number;
  readonly settled: ReadonlyMap<string, Settlement>;
  readonly attempts: ReadonlyMap<string, number>;
  /** How often each node was sent back to waiting; absent for 0. */
  readonly rounds: ReadonlyMap<string, number>;
  /** The verdict of the sealed certificate; null before the seal. */
  readonly sealed: string | null;
  /** How the run finished before; null for a run that has not. */
  readonly outcome: RunOutcome | null;
  /** Approvals that were opened, with the time they expire at. */
  readonly opened: ReadonlyMap<string, string | null>;
}
