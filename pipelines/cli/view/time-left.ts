import { nodesOfNeed } from "../../dsl/nodes.ts";
import type { Plan, PlanNode } from "../../dsl/plan-document.ts";
import type { Progress } from "./progress.ts";

/** How long each node of one past run took, in milliseconds from when all it waits for had settled; passed ones only. */
export type PastDurations = ReadonlyMap<string, number>;

/** What is known of the time left: milliseconds, or why there is no figure. */
export type TimeLeft =
  | { readonly state: "known"; readonly milliseconds: number }
  /** All that is at work takes longer than it usually did, and nothing comes after it. */
  | { readonly state: "overdue" }
  /** Nothing was learnt from past runs about some node that must still run. */
  | { readonly state: "unknown" }
  /** Only a person's decision is missing, or nothing. */
  | { readonly state: "nothing-left" };

/** When nodes started and ended, for {@link durationsOf}. */
export interface Times {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly nodes: ReadonlyMap<string, { readonly endedAt: number; readonly passed: boolean }>;
}

/**
 * How long the nodes of a past run took. Waiting for room is part of it, because the next run on the same machine will
 * wait as well.
 */
export function durationsOf(plan: Pick<Plan, "nodes">, times: Times): PastDurations {
  const durations = new Map<string, number>();
  for (const node of plan.nodes) {
    const own = times.nodes.get(node.id);
    if (own?.passed !== true) continue;
    const before = waitsFor(node).map((id) => times.nodes.get(id)?.endedAt ?? times.startedAt);
    durations.set(node.id, Math.max(0, own.endedAt - Math.max(times.startedAt, ...before)));
  }
  return durations;
}

/** The median per node over past runs. */
export function usualDurations(past: readonly PastDurations[]): PastDurations {
  const all = new Map<string, number[]>();
  for (const run of past) for (const [node, ms] of run) all.set(node, [...(all.get(node) ?? []), ms]);
  return new Map([...all].map(([node, values]) => [node, median(values)]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/**
 * The time until everything that waits for no approval has settled: the longest way through the nodes that are left,
 * each as long as it usually was. A node that never ran before counts as others of its stage did.
 */
export function timeLeft(plan: Pick<Plan, "nodes">, progress: Progress, usual: PastDurations, now: number): TimeLeft {
  const stages = stageMedians(plan, usual);
  const settledAt = new Map<string, number>();
  const late = new Set<string>();
  let last = 0;
  let left = 0;
  for (const node of plan.nodes) {
    const state = progress.nodes.get(node.id);
    const before = waitsFor(node);
    if (node.kind === "approval" || before.some((id) => late.has(id))) {
      late.add(node.id);
      continue;
    }
    if (state === undefined || state.endedAt !== null) continue;
    left += 1;
    const took = usual.get(node.id) ?? stages.get(`${node.stage} ${node.kind}`) ?? (node.kind === "undo" ? 0 : null);
    if (took === null) return { state: "unknown" };
    const end = settles(took, before, { progress, settledAt, now });
    settledAt.set(node.id, end);
    last = Math.max(last, end);
  }
  if (left === 0) return { state: "nothing-left" };
  return last === 0 ? { state: "overdue" } : { state: "known", milliseconds: last };
}

/** Milliseconds from now until a node has settled, counted from when the last that it waits for settles or settled. */
function settles(took: number, before: readonly string[], when: When): number {
  const { progress, settledAt, now } = when;
  const ahead = Math.max(0, ...before.map((id) => settledAt.get(id) ?? 0));
  if (ahead > 0) return ahead + took;
  const ready = before.map((id) => progress.nodes.get(id)?.endedAt ?? 0);
  return Math.max(0, Math.max(progress.startedAt ?? now, ...ready) + took - now);
}

interface When {
  readonly progress: Progress;
  /** Milliseconds from now at which nodes that are left will have settled. */
  readonly settledAt: ReadonlyMap<string, number>;
  readonly now: number;
}

function stageMedians({ nodes }: Pick<Plan, "nodes">, usual: PastDurations): ReadonlyMap<string, number> {
  const groups = Map.groupBy(nodes, ({ stage, kind }) => `${stage} ${kind}`);
  return new Map(
    [...groups].flatMap(([name, own]) => {
      const known = own.flatMap((node) => usual.get(node.id) ?? []);
      return known.length === 0 ? [] : [[name, median(known)] as const];
    }),
  );
}

function waitsFor(node: PlanNode): readonly string[] {
  return node.kind === "undo" ? node.after : Object.values(node.needs).flatMap(nodesOfNeed);
}

/** The time left as people read it: `about 3 min left`. Minutes are rounded, because the estimate is no better. */
export function timeLeftWords(left: TimeLeft): string {
  switch (left.state) {
    case "unknown":
      return "time left not known yet";
    case "overdue":
      return "longer than usual";
    case "nothing-left":
      return "";
    case "known":
      return aboutLeft(left.milliseconds);
  }
}

function aboutLeft(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (milliseconds < 50_000) return milliseconds < 20_000 ? "a few seconds left" : "less than a minute left";
  if (minutes < 60) return `about ${Math.max(1, minutes)} min left`;
  const rest = Math.round((minutes % 60) / 5) * 5;
  const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0);
  return `about ${hours} h${rest % 60 === 0 ? "" : ` ${rest} min`} left`;
}
