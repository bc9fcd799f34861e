import { type GraphNode, neededNodes, type PlanGraph } from "./plan-graph.ts";
import type { NodeState } from "./run-state.ts";

/** What is attempted again together after what a holder gave was lost. */
export interface Group {
  /** The holders whose budget pays: those that the node which saw the loss works on, or the node itself. */
  readonly lost: readonly string[];
  /** All nodes of the group, holders and users, in the order of the plan. */
  readonly members: ReadonlySet<string>;
}

/**
 * The group of a node that saw a loss: the holders it works on, all their users that ran, and so on, because evidence
 * may never come from machines that an earlier attempt used. Null where nothing that is held was lost.
 *
 *     servers (lost) ---> prepare ---> results        group of results: servers, prepare, results
 *     storage ----------------------------^                             and storage
 */
export function groupOf(graph: PlanGraph, states: ReadonlyMap<string, NodeState>, seenBy: string): Group | null {
  const node = graph.nodes.get(seenBy);
  if (node === undefined || node.plan.kind !== "run") return null;
  const lost = holdersOf(graph, states, node);
  if (node.undo !== null) lost.push(seenBy);
  if (lost.length === 0) return null;
  const found = new Set([seenBy]);
  for (const id of found) {
    const member = graph.nodes.get(id);
    if (member === undefined) continue;
    for (const other of [...holdersOf(graph, states, member), ...usersOf(graph, states, member)]) found.add(other);
  }
  return { lost, members: new Set([...graph.nodes.keys()].filter((id) => found.has(id))) };
}

/** Holders that a node works on and that gave something. */
function holdersOf(graph: PlanGraph, states: ReadonlyMap<string, NodeState>, { plan }: GraphNode): string[] {
  const needed = new Set(Object.values(plan.needs).flatMap(neededNodes));
  return [...needed].filter((id) => graph.nodes.get(id)?.undo != null && states.get(id) === "passed");
}

const touched: ReadonlySet<NodeState | undefined> = new Set(["running", "passed", "failed"]);

/** Users of a holder that ran, whatever came of it. */
function usersOf(graph: PlanGraph, states: ReadonlyMap<string, NodeState>, { heldFor }: GraphNode): readonly string[] {
  return heldFor.filter((id) => graph.nodes.get(id)?.plan.kind === "run" && touched.has(states.get(id)));
}
