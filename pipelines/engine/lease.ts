import type { PlanNode } from "../dsl/plan-document.ts";
import type { PlanGraph } from "./scheduler/plan-graph.ts";

const hour = 3_600_000;

/**
 * How long what a node holds may stay, in milliseconds: the timeouts of the holder, all its users and its undo, and an
 * hour; 24 hours for each that has none; at least 6 hours, so that a resume after a night's crash is still in time.
 */
export function leaseMs(graph: PlanGraph, holder: string): number {
  const undo = [...graph.nodes.values()].find(({ plan }) => plan.undoOf === holder)?.plan;
  const users = (undo?.after ?? []).flatMap((id) => graph.nodes.get(id)?.plan ?? []);
  const own = graph.nodes.get(holder)?.plan;
  const all: readonly PlanNode[] = [
    ...(own === undefined ? [] : [own]),
    ...users,
    ...(undo === undefined ? [] : [undo]),
  ];
  const total = all.reduce((sum, node) => sum + (node.policies.timeout.value ?? 24 * hour), hour);
  return Math.max(6 * hour, total);
}
