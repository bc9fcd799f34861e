import type { Plan, PlanNeed, PlanNode } from "../../dsl/plan-document.ts";

/** A plan with what the scheduler asks again and again worked out once. */
export interface PlanGraph {
  readonly plan: Plan;
  readonly nodes: ReadonlyMap<string, GraphNode>;
}

export interface GraphNode {
  readonly plan: PlanNode;
  /** Nodes that must have settled before this one can be decided. */
  readonly waitsFor: readonly string[];
  /** Waits, directly or not, for a person's approval. */
  readonly late: boolean;
  /** Works on something that is held, so it goes before nodes that would hold more. */
  readonly onHeld: boolean;
  /** Holders that this holder's users also wait for: they go first, so that no two halves wait for each other's room. */
  readonly holdersFirst: readonly string[];
  /** For a holder, the nodes that need it: where none of them can run any more, nothing is acquired. */
  readonly heldFor: readonly string[];
  /** For a holder, its undo node. */
  readonly undo: string | null;
}

/** Works a frozen plan out for the scheduler. Throws a TypeError where the plan names a node that it does not hold. */
export function planGraph(plan: Plan): PlanGraph {
  const byId = new Map(plan.nodes.map((node) => [node.id, node]));
  const waits = new Map(plan.nodes.map((node) => [node.id, waitsFor(node)]));
  for (const [id, ids] of waits) {
    const missing = ids.find((each) => !byId.has(each));
    if (missing !== undefined)
      throw new TypeError(`the plan's node ${id} waits for ${missing}, which it does not hold`);
  }
  const ancestors = closures(plan.nodes, (node) => waits.get(node.id) ?? []);
  const upstream = closures(plan.nodes, (node) => Object.values(node.needs).flatMap(neededNodes));
  const undos = new Map(plan.nodes.flatMap(({ id, undoOf }) => (undoOf === null ? [] : [[undoOf, id] as const])));
  const holders = new Set(undos.keys());
  const first = holderOrder(plan, holders, upstream);
  const users = usersOf(plan);
  const nodes = plan.nodes.map((node): [string, GraphNode] => [
    node.id,
    {
      plan: node,
      waitsFor: waits.get(node.id) ?? [],
      late: [...(ancestors.get(node.id) ?? [])].some((each) => byId.get(each)?.kind === "approval"),
      onHeld: [...(upstream.get(node.id) ?? [])].some((each) => holders.has(each)),
      holdersFirst: first.get(node.id) ?? [],
      heldFor: holders.has(node.id) ? (users.get(node.id) ?? []) : [],
      undo: undos.get(node.id) ?? null,
    },
  ]);
  return { plan, nodes: new Map(nodes) };
}

/** The nodes that need each node, undos left out. */
function usersOf(plan: Plan): Map<string, string[]> {
  const users = new Map(plan.nodes.map(({ id }): [string, string[]] => [id, []]));
  for (const { id, kind, needs } of plan.nodes) {
    if (kind === "undo") continue;
    for (const needed of Object.values(needs).flatMap(neededNodes)) users.get(needed)?.push(id);
  }
  return users;
}

/** The nodes behind one need, whatever its kind. */
export function neededNodes(need: PlanNeed): readonly string[] {
  if (need.kind === "every") return need.nodes;
  return need.node === null ? [] : [need.node];
}

function waitsFor(node: PlanNode): readonly string[] {
  if (node.kind === "undo") return [...new Set([...node.after, ...(node.undoOf === null ? [] : [node.undoOf])])];
  return [...new Set(Object.values(node.needs).flatMap(neededNodes))];
}

/** All nodes reached from each node by its edges; the plan is in topological order, undo edges included. */
function closures(nodes: readonly PlanNode[], edges: (node: PlanNode) => readonly string[]): Map<string, Set<string>> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Map<string, Set<string>>();
  const reach = (node: PlanNode): Set<string> => {
    const known = found.get(node.id);
    if (known !== undefined) return known;
    const all = new Set<string>();
    found.set(node.id, all);
    for (const id of edges(node)) {
      const next = byId.get(id);
      all.add(id);
      if (next !== undefined) for (const each of reach(next)) all.add(each);
    }
    return all;
  };
  for (const node of nodes) reach(node);
  return found;
}

function holderOrder(
  plan: Plan,
  holders: ReadonlySet<string>,
  upstream: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, readonly string[]> {
  const first = new Map([...holders].map((holder) => [holder, new Set<string>()]));
  for (const node of plan.nodes) {
    if (node.kind !== "run") continue;
    const direct = Object.values(node.needs).flatMap(neededNodes);
    const behind = [...(upstream.get(node.id) ?? [])].filter((id) => holders.has(id));
    for (const holder of direct.filter((id) => holders.has(id))) {
      for (const other of behind) {
        // Because a holder that itself needs this one comes later anyway, and two that are used together only go in plan order.
        if (other === holder || direct.includes(other) || upstream.get(other)?.has(holder)) continue;
        first.get(holder)?.add(other);
      }
    }
  }
  return new Map([...first].map(([holder, others]) => [holder, [...others]]));
}
