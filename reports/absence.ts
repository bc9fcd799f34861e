import type { Failure } from "../pipelines/dsl/failure.ts";
import type { PlanNeed, PlanNode } from "../pipelines/dsl/plan-document.ts";
import type { SuiteExpectation } from "../pipelines/dsl/request.ts";
import type { JudgedBy, Judgement } from "./judgement.ts";
import type { AttemptRecord } from "./record.ts";
import type { Blame } from "./verdict.ts";

/**
 * Why a suite that the plan expects has no evidence in the attempt that counts. A suite that was started and then
 * stopped answering is inconclusive; one that never got so far, or lost its machine, did not run.
 */
export function absence(node: PlanNode, expected: SuiteExpectation, by: JudgedBy): Judgement {
  if (by.plan.alone === true) {
    return {
      verdict: "not-run",
      blame: "evidence",
      reason: "It is expected, and no file of it was found.",
      failure: null,
    };
  }
  const last = by.records.get(node.id)?.last ?? null;
  const begun = last?.suitesStarted.includes(expected.name) ?? false;
  if (last?.failure != null) return failed(last.failure, begun);
  const origin = brokenNeed(node, by);
  if (origin !== null) return blamed(origin, by);
  if (last?.outcome === "cancelled" || by.stopped) {
    return notRun("The run was cancelled before this suite delivered results.", "person", null);
  }
  if (last?.outcome === "skipped") return notRun(`It was skipped: ${last.reason}.`, "infrastructure", null);
  if (last?.outcome === "passed") {
    const reason = "Its stage passed, yet no results of this suite were recorded.";
    return { verdict: "not-run", blame: "evidence", reason, failure: null };
  }
  const reason = begun ? "The suite was started and has not delivered results." : "It was never started.";
  return notRun(reason, "infrastructure", null);
}

function failed(failure: Failure, begun: boolean): Judgement {
  const silent = failure.class === "test" || /timeout|stall|deadline/.test(failure.reason);
  if (!begun || !silent) return notRun(sentence(failure), blameOf(failure), failure);
  const reason = `The suite was started and delivered no results: ${lowered(sentence(failure))}`;
  return { verdict: "inconclusive", blame: "evidence", reason, failure };
}

function blamed(origin: AttemptRecord, by: JudgedBy): Judgement {
  if (origin.failure !== null) return notRun(sentence(origin.failure), blameOf(origin.failure), origin.failure);
  const person = origin.outcome === "cancelled" || by.stopped;
  const reason = person ? "The run was cancelled before this suite could start." : "What it needs was never made.";
  return notRun(reason, person ? "person" : "infrastructure", null);
}

function notRun(reason: string, blame: Blame, failure: Failure | null): Judgement {
  return { verdict: "not-run", blame, reason, failure };
}

function blameOf(failure: Failure): Blame {
  if (failure.class === "test") return "product";
  return failure.class === "cancelled" ? "person" : "infrastructure";
}

/** The first node that broke among those a node needs, however far up: the cause that all its users share. */
function brokenNeed(node: PlanNode, by: JudgedBy): AttemptRecord | null {
  const above = ancestors(node, by.plan.nodes);
  const broken = by.plan.nodes
    .filter((one) => above.has(one.id))
    .map((one) => by.records.get(one.id)?.last ?? null)
    .filter((last) => last !== null && (last.failure !== null || last.outcome === "cancelled"));
  return broken[0] ?? null;
}

function ancestors(node: PlanNode, nodes: readonly PlanNode[]): ReadonlySet<string> {
  const known = new Map(nodes.map((one) => [one.id, one]));
  const found = new Set<string>();
  const open = Object.values(node.needs).flatMap(neededNodes);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...Object.values(known.get(id)?.needs ?? {}).flatMap(neededNodes));
  }
  return found;
}

function neededNodes(need: PlanNeed): readonly string[] {
  if (need.kind === "every") return need.nodes;
  return need.node === null ? [] : [need.node];
}

function sentence(failure: Failure): string {
  return /[.!?]$/.test(failure.title) ? failure.title : `${failure.title}.`;
}

function lowered(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
