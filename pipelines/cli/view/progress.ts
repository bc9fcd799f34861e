import type { ClusterEvent } from "../../dsl/cluster-event.ts";
import type { Event, Leftover, Outcome } from "../../dsl/event.ts";
import type { Failure } from "../../dsl/failure.ts";

/** Where one node stands, as far as the stream was read. */
export interface NodeProgress {
  readonly id: string;
  state: "pending" | "waiting" | "running" | "retrying" | Outcome;
  attempt: number;
  /** Milliseconds since the epoch; null before the first attempt. */
  startedAt: number | null;
  endedAt: number | null;
  /** The latest line of output or note. */
  last: string;
  /** The latest lines of output, oldest first, for a failure. */
  readonly tail: string[];
  failure: Failure | null;
  reason: string;
  /** Until when (UTC, ISO 8601) what the node would give back is kept; null where nothing is. */
  keptUntil: string | null;
}

/** A run as its stream tells it. Views read it; only {@link advance} writes it. */
export interface Progress {
  run: string;
  readonly nodes: Map<string, NodeProgress>;
  startedAt: number | null;
  endedAt: number | null;
  cancelled: string | null;
  verdict: string | null;
  digest: string | null;
  leftovers: readonly Leftover[] | null;
  outcome: string | null;
  leaked: number;
  lastSeq: number;
}

type ClusterStepData = Extract<ClusterEvent, { type: "cluster.step" }>["data"];

const tailLines = 15;

/** Nothing seen yet of a run with these nodes, in plan order. */
export function beginProgress(run: string, nodes: readonly string[]): Progress {
  return {
    run,
    nodes: new Map(nodes.map((id) => [id, pending(id)])),
    startedAt: null,
    endedAt: null,
    cancelled: null,
    verdict: null,
    digest: null,
    leftovers: null,
    outcome: null,
    leaked: 0,
    lastSeq: 0,
  };
}

function pending(id: string): NodeProgress {
  return {
    id,
    state: "pending",
    attempt: 0,
    startedAt: null,
    endedAt: null,
    last: "",
    tail: [],
    failure: null,
    reason: "",
    keptUntil: null,
  };
}

/** Takes in the next event of the stream. */
export function advance(progress: Progress, event: Event): void {
  progress.lastSeq = event.seq;
  const at = Date.parse(event.at);
  if (event.node === undefined) {
    advanceRun(progress, event, at);
    return;
  }
  const node = progress.nodes.get(event.node);
  if (node !== undefined) advanceNode(node, event, at);
  if (event.type === "node.leaked") progress.leaked += 1;
}

function advanceRun(progress: Progress, event: Event, at: number): void {
  switch (event.type) {
    case "run.started":
      progress.startedAt ??= at;
      return;
    case "cancel.requested":
      progress.cancelled = event.data.reason;
      return;
    case "run.sealed":
      progress.verdict = event.data.verdict;
      progress.digest = event.data.digest;
      progress.leftovers = event.data.leftovers;
      return;
    case "run.finished":
      progress.outcome = event.data.outcome;
      progress.leaked = event.data.leaked;
      progress.endedAt = at;
      return;
  }
}

function advanceNode(node: NodeProgress, event: Event, at: number): void {
  switch (event.type) {
    case "node.waiting":
      Object.assign(node, { state: "waiting", reason: event.data.reason });
      return;
    case "node.started":
      node.attempt = event.attempt ?? node.attempt + 1;
      Object.assign(node, { state: "running", startedAt: node.startedAt ?? at, endedAt: null, failure: null });
      return;
    case "node.retrying":
      Object.assign(node, { state: "retrying", failure: event.data.failure, reason: event.data.failure.title });
      return;
    case "node.passed":
      settle(node, "passed", at, "");
      return;
    case "node.failed":
      node.failure = event.data.failure;
      settle(node, "failed", at, event.data.failure.title);
      return;
    case "node.leaked":
      node.failure = event.data.failure;
      settle(node, "leaked", at, event.data.failure.title);
      return;
    case "node.cancelled":
      settle(node, "cancelled", at, event.data.reason);
      return;
    case "node.skipped":
      settle(node, "skipped", at, event.data.reason);
      node.keptUntil = event.data.keptUntil ?? null;
      return;
    case "approval.waiting":
      Object.assign(node, { state: "waiting", reason: "waiting for a decision" });
      return;
    case "log":
      node.last = event.data.line;
      node.tail.push(event.data.line);
      if (node.tail.length > tailLines) node.tail.shift();
      return;
    case "note":
      node.last = event.data.text;
      return;
    case "cluster.step":
      node.last = stepWords(event.data);
      return;
    case "suite.started":
      node.last = `suite ${event.data.suite}`;
      return;
  }
}

/** Such as `12 of 14: create aws Instance edge-1`. */
function stepWords({ resource, name, operation, state, done, known }: ClusterStepData): string {
  const what = `${resource.split(":")[0]} ${resource.slice(resource.lastIndexOf(":") + 1)} ${name}`;
  return `${done} of ${known}: ${operation} ${operation === "answer" ? name : what}${state === "failed" ? " failed" : ""}`;
}

function settle(node: NodeProgress, state: Outcome, at: number, reason: string): void {
  Object.assign(node, { state, endedAt: at, reason, last: "" });
}
