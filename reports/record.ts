import type { Event } from "../pipelines/dsl/event.ts";
import type { Failure } from "../pipelines/dsl/failure.ts";

/**
 * How one attempt of a node stands at the end of the stream. `retried` failed and was to be tried again; `interrupted`
 * has no end of its own, because the run was killed or is still going.
 */
export type AttemptOutcome = "passed" | "failed" | "retried" | "cancelled" | "skipped" | "leaked" | "interrupted";

/** One attempt of a node as its events tell it. */
export interface AttemptRecord {
  readonly number: number;
  readonly outcome: AttemptOutcome;
  /** Why it failed, leaked or is tried again. */
  readonly failure: Failure | null;
  /** Why it was skipped or cancelled; empty otherwise. */
  readonly reason: string;
  /** UTC, ISO 8601. Null where the attempt never started or has not ended. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly suitesStarted: readonly string[];
}

/** All attempts of a node, by number. The last is the one that counts. */
export interface NodeRecord {
  readonly attempts: readonly AttemptRecord[];
  readonly last: AttemptRecord | null;
}

/** What the stream says about each node that appears in it. */
export function recordsOf(events: readonly Event[]): ReadonlyMap<string, NodeRecord> {
  const nodes = new Map<string, Map<number, AttemptRecord>>();
  for (const event of events) {
    if (event.node === undefined) continue;
    const attempts = nodes.get(event.node) ?? new Map<number, AttemptRecord>();
    nodes.set(event.node, attempts);
    const number = event.attempt ?? Math.max(1, ...attempts.keys());
    attempts.set(number, after(attempts.get(number) ?? unstarted(number), event));
  }
  return new Map([...nodes].map(([node, attempts]) => [node, recordOf([...attempts.values()])]));
}

function recordOf(attempts: readonly AttemptRecord[]): NodeRecord {
  const sorted = [...attempts].sort((left, right) => left.number - right.number);
  return { attempts: sorted, last: sorted.at(-1) ?? null };
}

function unstarted(number: number): AttemptRecord {
  return {
    number,
    outcome: "interrupted",
    failure: null,
    reason: "",
    startedAt: null,
    endedAt: null,
    suitesStarted: [],
  };
}

function after(attempt: AttemptRecord, event: Event): AttemptRecord {
  const ended = { ...attempt, endedAt: event.at };
  switch (event.type) {
    case "node.started":
      // Because a resumed run starts the same attempt again: it began the first time and has not ended.
      return { ...unstarted(attempt.number), ...started(attempt, event.at) };
    case "node.passed":
      return { ...ended, outcome: "passed" };
    case "node.failed":
      return { ...ended, outcome: "failed", failure: event.data.failure };
    case "node.retrying":
      return { ...ended, outcome: "retried", failure: event.data.failure };
    case "node.leaked":
      return { ...ended, outcome: "leaked", failure: event.data.failure };
    case "node.cancelled":
      return { ...ended, outcome: "cancelled", reason: event.data.reason };
    case "node.skipped":
      return { ...ended, outcome: "skipped", reason: event.data.reason };
    case "suite.started":
      return { ...attempt, suitesStarted: [...attempt.suitesStarted, event.data.suite] };
    default:
      return attempt;
  }
}

function started(attempt: AttemptRecord, at: string): Pick<AttemptRecord, "startedAt" | "suitesStarted"> {
  return { startedAt: attempt.startedAt ?? at, suitesStarted: attempt.suitesStarted };
}
