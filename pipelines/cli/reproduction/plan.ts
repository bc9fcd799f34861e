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
  const holders = new Set(nodes.flatMap(({ undoOf }) => undoOf ?? []));
  const tests = nodes.filter(({ kind, suites }) => kind === "run" && suites.length > 0).map(({ id }) => id);
  const [fresh, wanted] = [new Set(tests), new Set(tests)];
  // Because a plan is in topological order, what needs a node stands after it, and what it needs before it.
  for (const node of nodes.toReversed()) if (wanted.has(node.id)) for (const id of needed(node)) wanted.add(id);
  for (let before = 0; before < fresh.size; ) {
    before = fresh.size;
    for (const node of nodes.toReversed()) {
      if (fresh.has(node.id)) for (const id of needed(node)) if (holders.has(id)) fresh.add(id);
    }
    for (const node of nodes) if (wanted.has(node.id) && needed(node).some((id) => fresh.has(id))) fresh.add(node.id);
  }
  const given = new Set(nodes.filter(({ id }) => fresh.has(id)).flatMap(needed));
  return { fresh, recalled: new Set([...given].filter((id) => !fresh.has(id))) };
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
  const undos = new Map(plan.nodes.map(({ id, undoOf }) => [id, undoOf]));
  const givesBack = (id: string) => fresh.has(undos.get(id) ?? "");
  const nodes = plan.nodes.flatMap((node): readonly PlanNode[] => {
    if (recalled.has(node.id)) return [{ ...node, needs: {}, servers: [], suites: [] }];
    if (fresh.has(node.id)) return [again(node, stays, of)];
    if (node.undoOf === null || !fresh.has(node.undoOf)) return [];
    const after = node.after.filter((id) => stays(id) || givesBack(id));
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
