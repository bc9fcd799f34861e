import type { Event, EventBody, RunOrigin } from "../dsl/event.ts";
import type { Json } from "../dsl/json.ts";
import type { Pipeline } from "../dsl/pipeline.ts";
import type { Plan } from "../dsl/plan-document.ts";
import type { Keep, Seal } from "./interpreter.ts";
import type { Lane } from "./lane.ts";
import type { EventPlace } from "./live-run.ts";
import type { RunOutcome } from "./scheduler/run-state.ts";
import type { ReadOptions } from "./store/event-reader.ts";
import type { PastRun } from "./store/past-runs.ts";
import type { RunChoice, RunSummary } from "./store/run-list.ts";
import type { DecisionSpec } from "./store/run-messages.ts";
import type { RunRemovals } from "./store/run-removal.ts";
import type { RunRecord } from "./store/run-store.ts";

export type { RunOutcome } from "./scheduler/run-state.ts";
export type { PastRun } from "./store/past-runs.ts";
export type { RunChoice, RunKind, RunSummary } from "./store/run-list.ts";
export type { DecisionSpec } from "./store/run-messages.ts";
export type { BegunRemoval, OldRun, Removal, RunRemovals } from "./store/run-removal.ts";
export type { RunRecord } from "./store/run-store.ts";

/** What an engine is opened with. */
export interface EngineOptions {
  /** Where runs and the database of this user live, absolute. */
  readonly home: string;
  /** A Postgres that workers share; absent for one of our own below the home. */
  readonly databaseUrl?: string;
  /** Nodes of one run at once, undos not counted: by default the cores of this machine, 4 at least. Kept for the run. */
  readonly width?: number;
  /** False for an engine that only looks and sends messages: it starts no work. Default true. */
  readonly worker?: boolean;
  /**
   * Writes the certificate. Called once, when every node that waits for no approval has settled, with its undo. Needed
   * by a worker only.
   */
  readonly seal?: Seal;
  /** Sets the time until which something is kept after a failure; absent: it stays as long as its lease says. */
  readonly keep?: Keep;
  /** Runs over every text of every event, after our own scrubber. */
  readonly scrub?: (text: string) => string;
}

/** A run to be started. */
export interface StartSpec {
  /** A name of lower case letters, digits and hyphens; absent for a made-up one. The same name and plan start once. */
  readonly run?: string;
  /** Absolute path of the definition file. */
  readonly definition: string;
  readonly pipeline: Pipeline;
  readonly plan: Plan;
  /** The run whose open cells this one is for. */
  readonly follows?: string;
  /** Called with the run's name before the run exists: what the run must find from its beginning is written then. */
  prepare?(run: string): Promise<void>;
  /** Told by the run's first event. */
  readonly origin?: RunOrigin;
  /** Absent where the run works beside all others. */
  readonly lane?: Lane;
  /** The pipeline that gives back what a replaced run of a dead worker holds; absent: that run is stepped over. */
  giveBack?(replaced: RunRecord): Promise<Pipeline>;
}

/** How waiting for a run ended. */
export interface RunEnd {
  readonly outcome: RunOutcome | "waiting-approval";
  /** Undo nodes that failed: something may still cost money. */
  readonly leaked: number;
}

/** Runs plans durably. Every method that refuses throws an error with a {@link Failure}. */
export interface Engine {
  /** Starts a run and gives its name; waits neither for it nor for its turn. Refused where its lane says so. */
  start(spec: StartSpec): Promise<string>;
  /**
   * Goes on with a run whose worker is gone. Refused where a live worker holds it, where the pipeline plans something
   * else now, and where nothing is left to do. To `give-back` only a cancelled run is taken up, by whatever pipeline.
   */
  resume(run: string, pipeline: Pipeline, purpose?: "go-on" | "give-back"): Promise<void>;
  /** Throws where resume would refuse for good: another protocol, or a pipeline that plans something else now. */
  check(run: string, pipeline: Pipeline): Promise<void>;
  /** Resolves when the run has finished, or only a person's decision is missing. */
  wait(run: string): Promise<RunEnd>;
  /**
   * Sends a cancel, from any process. Running work is aborted; every undo still runs. Said to be for reasons of
   * `infrastructure`, it is no person's and what did not run is blamed on the machines.
   */
  cancel(run: string, reason: string, cause?: "infrastructure"): Promise<void>;
  /** Sends a decision about an open approval, from any process. Refused where the digest is not the sealed one's. */
  decide(run: string, decision: DecisionSpec): Promise<void>;
  record(run: string): Promise<RunRecord | null>;
  /** The chosen runs without their plans, newest first; all of them without a choice. */
  runs(choice?: RunChoice): Promise<readonly RunSummary[]>;
  /** How many runs there are. */
  count(): Promise<number>;
  /** The names of all runs, newest first. */
  names(): Promise<readonly string[]>;
  readonly removals: RunRemovals;
  /** When the latest finished runs of a pipeline and their nodes started and ended; newest first, at most so many. */
  past(pipeline: string, atMost: number): Promise<readonly PastRun[]>;
  /** Ids of undo nodes whose holder started and that have not given everything back. */
  owed(run: string): Promise<readonly string[]>;
  /** What the nodes of a run gave that passed, by node id; nothing of a run that was reduced or removed. */
  outputs(run: string): Promise<ReadonlyMap<string, Json>>;
  /** The stored events in order; with `follow` until the run has finished. */
  events(run: string, options?: ReadOptions): AsyncIterable<Event>;
  /** Appends one event to a run, also a finished one; of the whole run, or of the place that is given. */
  append(run: string, body: EventBody, place?: EventPlace): Promise<void>;
  /** Lets go of everything. A run that has not finished can be resumed. The last user of our own database stops it. */
  close(): Promise<void>;
}
