import type { Event } from "../pipelines/dsl/event.ts";
import type { Plan, PlanNode } from "../pipelines/dsl/plan-document.ts";

/** What a node was doing. `prepare` is everything before the first suite, `work` what has no better word. */
export type Phase = "waiting" | "boot" | "build" | "prepare" | "suites" | "teardown" | "work";

/** A stretch of one phase: UTC, ISO 8601. */
export interface Span {
  readonly phase: Phase;
  readonly from: string;
  readonly to: string;
  readonly attempt: number;
}

/** Where the time of one node went, in order. */
export interface NodeTiming {
  readonly node: string;
  readonly stage: string;
  readonly scope: Readonly<Record<string, string>>;
  readonly undoOf: string | null;
  readonly spans: readonly Span[];
}

/** The phases of every node that started, in the order of the plan. Approvals are not part of it. */
export function timingsOf(plan: Plan, events: readonly Event[]): readonly NodeTiming[] {
  const byNode = Map.groupBy(events, (event) => event.node ?? "");
  return plan.nodes
    .filter((node) => node.kind !== "approval")
    .map((node) => ({
      node: node.id,
      stage: node.stage,
      scope: node.cell,
      undoOf: node.undoOf,
      spans: spansOf(node, byNode.get(node.id) ?? []),
    }))
    .filter((timing) => timing.spans.length > 0);
}

function spansOf(node: PlanNode, events: readonly Event[]): readonly Span[] {
  const byAttempt = Map.groupBy(events, (event) => event.attempt ?? 1);
  return [...byAttempt].flatMap(([attempt, own]) => attemptSpans(node, own).map((span) => ({ ...span, attempt })));
}

type Stretch = Omit<Span, "attempt">;

function attemptSpans(node: PlanNode, events: readonly Event[]): readonly Stretch[] {
  const waiting = events.find((event) => event.type === "node.waiting")?.at;
  const from = events.find((event) => event.type === "node.started")?.at;
  const queue = waiting === undefined ? [] : [{ phase: "waiting" as const, from: waiting, to: from ?? waiting }];
  if (from === undefined) return queue.filter((span) => span.from < span.to);
  const to = events.at(-1)?.at ?? from;
  if (node.kind === "undo") return [...queue, { phase: "teardown", from, to }];
  return [...queue, ...filled(parts(node, events, from), from, to, remainder(node))].filter(
    (span) => span.phase !== "waiting" || span.from < span.to,
  );
}

/** The phases that events name by themselves, in order and without overlap. */
function parts(node: PlanNode, events: readonly Event[], from: string): readonly Stretch[] {
  const requested = events.find((event) => event.type === "server.requested")?.at;
  const ready = events.findLast((event) => event.type === "server.ready")?.at;
  const built = events.findLast((event) => event.type === "package.built")?.at;
  const boot = requested ?? (node.servers.length > 0 && ready !== undefined ? from : undefined);
  return [
    ...(boot === undefined ? [] : [{ phase: "boot" as const, from: boot, to: ready ?? events.at(-1)?.at ?? boot }]),
    ...(built === undefined ? [] : [{ phase: "build" as const, from: ready ?? from, to: built }]),
    ...suiteSpans(events),
  ];
}

function suiteSpans(events: readonly Event[]): readonly Stretch[] {
  const end = events.at(-1)?.at ?? "";
  return events.flatMap((event, index) => {
    if (event.type !== "suite.started") return [];
    const finished = events
      .slice(index)
      .find((later) => later.type === "suite.finished" && later.data.suite === event.data.suite);
    return [{ phase: "suites" as const, from: event.at, to: finished?.at ?? end }];
  });
}

/** Fills what no event names: before the first suite it is preparation, elsewhere plain work. */
function filled(named: readonly Stretch[], from: string, to: string, before: Phase): readonly Stretch[] {
  const spans: Stretch[] = [];
  let at = from;
  for (const span of named) {
    const start = span.from < at ? at : span.from;
    if (at < start)
      spans.push({ phase: span.phase === "suites" && spans.length === 0 ? before : "work", from: at, to: start });
    if (start < span.to) spans.push({ ...span, from: start });
    at = span.to < at ? at : span.to;
  }
  if (at < to) spans.push({ phase: named.length === 0 ? before : "work", from: at, to });
  return spans;
}

function remainder(node: PlanNode): Phase {
  return node.suites.length > 0 ? "prepare" : "work";
}
