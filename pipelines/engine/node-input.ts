import type { Json } from "../dsl/json.ts";
import type { Settled, StageInput } from "../dsl/pipeline.ts";
import type { PlanNeed, PlanNode } from "../dsl/plan-document.ts";
import type { LiveRun } from "./live-run.ts";

/** What a node's body receives: parameters, cell, sources, and each need under its own name. */
export function nodeInput(live: LiveRun, node: PlanNode): StageInput {
  const { plan } = live.parts.graph;
  const needs = Object.entries(node.needs).map(([name, need]) => [name, needed(live, need)] as const);
  return { ...Object.fromEntries(needs), params: plan.params, cell: node.cell, sources: plan.sources };
}

function needed(live: LiveRun, need: PlanNeed): Json | undefined | readonly Settled[] {
  if (need.kind === "every") return need.nodes.map((id) => settledEntry(live, id));
  return need.node === null ? undefined : live.settled.get(need.node)?.output;
}

function settledEntry(live: LiveRun, id: string): Settled {
  const settlement = live.settled.get(id);
  const cell = live.parts.graph.nodes.get(id)?.plan.cell ?? {};
  // Because the scheduler starts a node only when all of its needs have settled.
  if (settlement === undefined) throw new Error(`${id} has not settled`);
  const { outcome, output } = settlement;
  return { node: id, cell, outcome, ...(output === undefined ? {} : { output }) };
}
