import { planDigest } from "../../dsl/plan.ts";
import type { Plan, PlanNeed, PlanNode, PlanReproduction } from "../../dsl/plan-document.ts";

/**
 * What becomes of the nodes of a cell when it is repeated:
 *
 *     builders --> packages --.        dropped    recalled
 *     source -----------------+-->                                results (a test node)
 *     servers --> prepared ---'        again and kept, and with it whatever works on them
 */
export interface Division {
  /** Nodes whose output is taken from the earlier run. */
  readonly recalled: ReadonlySet<string>;
  /** Nodes that are done again: those with suites, holders of their servers, and what works on these. */
  readonly fresh: ReadonlySet<string>;
}

/** Divides the nodes that the suites of a plan need; all others are dropped. */
export function divided({ nodes }: Pick<Plan, "nodes">): Division {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const tests = nodes.filter(({ kind, suites }) => kind === "run" && suites.length > 0);
  const holders = tests.flatMap(needed).filter((id) => (byId.get(id)?.servers.length ?? 0) > 0);
  const fresh = new Set([...tests.map(({ id }) => id), ...holders]);
  const closure = new Set(fresh);
  // Because a plan is in topological order, what a node needs is looked at after it, and what needs it before.
  for (const node of nodes.toReversed()) if (closure.has(node.id)) for (const id of needed(node)) closure.add(id);
  const serving = new Set(holders);
  for (const node of nodes) {
    const works = closure.has(node.id) && node.servers.length === 0 && needed(node).some((id) => serving.has(id));
    if (works) for (const set of [fresh, serving]) set.add(node.id);
  }
  const wanted = new Set(nodes.filter(({ id }) => fresh.has(id)).flatMap(needed));
  for (const node of nodes) if (fresh.has(node.id)) for (const id of needed(node)) wanted.add(id);
  const recalled = [...wanted].filter((id) => !fresh.has(id) && byId.get(id)?.kind === "run");
  return { recalled: new Set(recalled), fresh };
}

/** Ids of all nodes that a node needs. */
export function needed(node: PlanNode): readonly string[] {
  return Object.values(node.needs).flatMap((need) =>
    need.kind === "every" ? need.nodes : need.node === null ? [] : [need.node],
  );
}

/** The plan of one cell turned into the plan that repeats it: recalled nodes need nothing, servers are kept. */
export function reproductionPlan(plan: Plan, of: PlanReproduction): Plan {
  const { fresh, recalled } = divided(plan);
  const stays = (id: string) => fresh.has(id) || recalled.has(id);
  const nodes = plan.nodes.flatMap((node): readonly PlanNode[] => {
    if (recalled.has(node.id)) return [{ ...node, needs: {}, servers: [], suites: [] }];
    if (fresh.has(node.id)) return [again(node, stays, of)];
    if (node.undoOf === null || !fresh.has(node.undoOf)) return [];
    const after = node.after.filter(
      (id) => stays(id) || plan.nodes.some((one) => one.id === id && fresh.has(one.undoOf ?? "")),
    );
    return [{ ...node, needs: keptNeeds(node, stays), after, policies: keeping(node) }];
  });
  const { digest: _, waivers: __, concurrency: ___, ...rest } = plan;
  const document = { ...rest, nodes, reproduces: of };
  return { ...document, digest: planDigest(document) };
}

function again(node: PlanNode, stays: (id: string) => boolean, of: PlanReproduction): PlanNode {
  const images = of.images[node.id] ?? {};
  const servers = node.servers.map((server) => {
    const imageDigest = server.image === undefined ? images[server.name] : undefined;
    return imageDigest === undefined ? server : { ...server, imageDigest };
  });
  const { limit } = of;
  const suites = node.suites
    .filter(({ name }) => limit === undefined || limit.suite === name)
    .map(({ measures: _, ...suite }) =>
      limit === undefined ? suite : { ...suite, only: { class: limit.class, name: limit.name } },
    );
  const policies = node.servers.length > 0 ? keeping(node) : node.policies;
  return { ...node, needs: keptNeeds(node, stays), servers, suites, policies };
}

function keptNeeds({ needs }: PlanNode, stays: (id: string) => boolean): PlanNode["needs"] {
  const kept = (need: PlanNeed): PlanNeed => {
    if (need.kind === "every") return { ...need, nodes: need.nodes.filter(stays) };
    return need.kind === "optional" && need.node !== null && !stays(need.node) ? { ...need, node: null } : need;
  };
  return Object.fromEntries(Object.entries(needs).map(([name, need]) => [name, kept(need)]));
}

function keeping({ policies }: PlanNode): PlanNode["policies"] {
  return { ...policies, keep: { value: "always", from: "default" } };
}
