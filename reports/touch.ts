import type { Event } from "../pipelines/dsl/event.ts";
import type { Plan, PlanNode } from "../pipelines/dsl/plan-document.ts";

/** A person who was let onto a server, as the stream records it. */
export interface Touch {
  /** The node that holds the server, and the attempt that it was acquired in. */
  readonly node: string;
  readonly attempt: number;
  readonly server: string;
  readonly by: string;
  readonly what: "shell" | "command";
  readonly at: string;
  readonly seq: number;
}

/** Every touch of the stream, in order. */
export function touchesOf(events: readonly Event[]): readonly Touch[] {
  return events.flatMap((event) => {
    if (event.type !== "attempt.touched") return [];
    const { node = "", attempt = 1, at, seq } = event;
    return [{ node, attempt, at, seq, ...event.data }];
  });
}

/**
 * The attempts that a person touched, by {@link attemptKey}, each with the first touch:
 *
 *     servers ----> results       a touch of servers before results ended: results is touched
 *     builders ---> packages      a touch of builders before packages ended: packages is touched, and with it
 *                      '--------> results, which installs them; after that it changes nothing
 */
export function touchedAttempts(plan: Plan, events: readonly Event[]): ReadonlyMap<string, Touch> {
  const touches = touchesOf(events);
  const touched = new Map<string, Touch>();
  if (touches.length === 0) return touched;
  const spans = spansOf(events);
  for (const node of plan.nodes.filter((one) => one.kind === "run")) {
    for (const [attempt, span] of spans.get(node.id) ?? []) {
      const own = touches.find((one) => isOf(one, node.id, attempt) && one.seq < span.end);
      const found = own ?? fromNeeds(node, span, { touches, touched, spans });
      if (found !== undefined) touched.set(attemptKey(node.id, attempt), found);
    }
  }
  return touched;
}

/** Names one attempt of one node. */
export function attemptKey(node: string, attempt: number): string {
  return `${node} ${attempt}`;
}

/** Sequence numbers of an attempt's first start, its end, and the moment it passed; infinite where there was none. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly passed: number;
}

interface Known {
  readonly touches: readonly Touch[];
  readonly touched: ReadonlyMap<string, Touch>;
  readonly spans: ReadonlyMap<string, ReadonlyMap<number, Span>>;
}

/** The touch that an attempt inherits from the attempts whose outputs it was given. */
function fromNeeds(node: PlanNode, span: Span, { touches, touched, spans }: Known): Touch | undefined {
  const needed = Object.values(node.needs).flatMap((need) => (need.kind === "every" ? need.nodes : [need.node ?? ""]));
  for (const id of needed) {
    const given = [...(spans.get(id) ?? [])].filter(([, one]) => one.passed < span.start);
    const [attempt] = given.toSorted(([, left], [, right]) => right.passed - left.passed)[0] ?? [];
    if (attempt === undefined) continue;
    const touch = touched.get(attemptKey(id, attempt));
    const during = touches.find((one) => isOf(one, id, attempt) && one.seq < span.end);
    if (touch !== undefined || during !== undefined) return touch ?? during;
  }
  return undefined;
}

function isOf(touch: Touch, node: string, attempt: number): boolean {
  return touch.node === node && touch.attempt === attempt;
}

const endings: ReadonlySet<Event["type"]> = new Set([
  "node.passed",
  "node.failed",
  "node.retrying",
  "node.cancelled",
  "node.skipped",
  "node.leaked",
]);

function spansOf(events: readonly Event[]): Known["spans"] {
  const spans = new Map<string, Map<number, Span>>();
  const never = Number.POSITIVE_INFINITY;
  for (const { node, attempt = 1, type, seq } of events) {
    if (node === undefined) continue;
    const own = spans.get(node) ?? new Map<number, Span>();
    spans.set(node, own);
    const known = own.get(attempt) ?? { start: never, end: never, passed: never };
    // Because a resumed run starts the same attempt again: it began the first time and has not ended.
    if (type === "node.started") own.set(attempt, { ...known, start: Math.min(known.start, seq), end: never });
    else if (endings.has(type)) own.set(attempt, { ...known, end: seq, passed: type === "node.passed" ? seq : never });
  }
  return spans;
}
