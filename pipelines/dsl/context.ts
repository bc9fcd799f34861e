import type { EventBody } from "./event.ts";
import type { Failure } from "./failure.ts";
import type { ClusterRequest, ServerRequest, SuiteExpectation } from "./request.ts";
import type { Secret } from "./secret.ts";

/**
 * Who holds a machine, and until when. `node` is the node that acquires, also inside its undo, so that the two agree.
 * The token grows with every attempt and takeover: whoever shows an older one is refused.
 */
export interface Owner {
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  readonly token: number;
  /** UTC, ISO 8601: after this a sweep may destroy what the owner holds. */
  readonly expiresAt: string;
}

/** Handed to every stage function. The only way for a stage to speak to the run. */
export interface StageContext {
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  readonly owner: Owner;
  /** Aborted on timeout, stall and cancel. An undo gets a fresh one. */
  readonly signal: AbortSignal;
  /** The run's folder, absolute: packages, results and logs go below it. */
  readonly folder: string;
  /** Folder of this attempt inside the run's folder, absolute and existing. */
  readonly attemptFolder: string;
  /** Where images, keys and ledgers of this machine live, absolute. */
  readonly home: string;
  /** Folder of the definition file, absolute: relative sources start here. */
  readonly definitionFolder: string;
  /** The plan's server requests of this node; for an undo those of the node it undoes. */
  readonly servers: readonly ServerRequest[];
  /** The plan's request of this node for a cluster, absent for none; for an undo that of the node it undoes. */
  readonly cluster?: ClusterRequest;
  /** The suites whose evidence this node owes. */
  readonly suites: readonly SuiteExpectation[];
  /** Reads a declared secret at use. */
  secret(name: string): Promise<Secret>;
  /** Appends to the run's stream. Output of any kind also feeds the stall watch. */
  emit(body: EventBody, host?: string): void;
  log(line: string, options?: { readonly host?: string; readonly stream?: "stdout" | "stderr" }): void;
  note(text: string): void;
  /** Ends the stage with an expected failure. */
  fail(failure: Failure, cause?: unknown): never;
}
