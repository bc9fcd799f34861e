import type { EventBody, Outcome } from "../../dsl/event.ts";
import type { Json } from "../../dsl/json.ts";
import type { RunOutcome } from "../scheduler/run-state.ts";

/** One thing for the record of a run: an event, what is known of a node, what is known of the run, stored together. */
export interface RecordEntry {
  readonly event?: StoredEvent;
  readonly node?: NodeEntry;
  readonly run?: RunEntry;
}

/** An event in the form it is stored in: plain, without secrets and control characters. */
export interface StoredEvent {
  readonly at: string;
  readonly node?: string;
  readonly attempt?: number;
  readonly host?: string;
  readonly type: EventBody["type"];
  readonly data: Json;
}

/** What changed about a node; absent fields stay as they are. A larger round forgets outcome and output of the one before. */
export interface NodeEntry {
  readonly node: string;
  readonly attempt?: number;
  readonly round?: number;
  readonly outcome?: Outcome;
  readonly lost?: true;
  /** Wrapped, so that no output, an output of null and an unchanged output differ. */
  readonly output?: { readonly value?: Json };
  readonly opened?: { readonly expiresAt: string | null };
}

/** What changed about the run; absent fields stay as they are. */
export interface RunEntry {
  readonly state?: "queued" | "running" | "waiting-approval" | "finished";
  readonly outcome?: RunOutcome;
  readonly leaked?: number;
  readonly sealed?: { readonly digest: string; readonly verdict: string };
}

/** Where a run's record is written: in order, in small batches, nothing of a batch without the rest. */
export interface Recorder {
  push(entry: RecordEntry): void;
  /** Resolves when everything pushed so far is stored. Rejects where this process no longer holds the run. */
  flushed(): Promise<void>;
}
