import type { Definition } from "./definition.ts";
import { needsOf } from "./definition.ts";
import { nodeId } from "./identifier.ts";
import { agree, cellOf, listed } from "./matrix.ts";
import type { PlanAxis, PlanCell, PlanNeed, PlanNode } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";
import { policiesOf, undoPoliciesOf } from "./policies.ts";
import type { StageDefinition } from "./stage.ts";

/** One node of a stage before anything is known of its needs. */
export interface StageNode {
  readonly id: string;
  readonly cell: Readonly<Record<string, string>>;
}

/** What planning knows of the cells: without a matrix there is the one cell that has no axes. */
export interface Grid {
  readonly axes: readonly PlanAxis[];
  readonly cells: readonly PlanCell[];
}

/** The nodes of a stage: one per cell that `where` takes, or per distinct value of the axes of `per`. */
export function nodesOf(stage: StageDefinition, grid: Grid): StageNode[] {
  const cells = stage.per?.length === 0 ? [{ id: "", values: {} }] : grid.cells;
  const nodes = new Map<string, StageNode>();
  for (const cell of cells.filter((candidate) => takes(stage, candidate))) {
    const kept = Object.entries(cell.values).filter(([axis]) => stage.per === null || stage.per.includes(axis));
    const { values } = cellOf(Object.fromEntries(kept), grid.axes);
    const id = nodeId(stage.name, Object.values(values));
    if (!nodes.has(id)) nodes.set(id, { id, cell: values });
  }
  return [...nodes.values()];
}

function takes(stage: StageDefinition, cell: PlanCell): boolean {
  return Object.entries(stage.where).every(([axis, values]) => listed(values).includes(cell.values[axis] ?? ""));
}

/** What one node receives for one need, or why that cannot be told. */
export function resolveNeed(user: StageNode, every: boolean, offered: readonly StageNode[]): PlanNeed | string {
  const agreeing = offered.filter((node) => agree(node.cell, user.cell));
  if (every) return { kind: "every", nodes: agreeing.map((node) => node.id) };
  const finer = agreeing.find((node) => Object.keys(node.cell).some((axis) => user.cell[axis] === undefined));
  if (finer !== undefined) return `${user.id} could receive ${agreeing.map((node) => node.id).join(" or ")}`;
  const [only] = agreeing;
  return only === undefined ? { kind: "optional", node: null } : { kind: "one", node: only.id };
}

/** What a node asks for and owes: read from the definition before the nodes are put together. */
export type Demands = ReadonlyMap<string, Pick<PlanNode, "servers" | "cluster" | "suites">>;

/**
 * All nodes in topological order, each undo as early as it can run.
 *
 *     builders ---> packages ---> results        undo:builders waits for builders and packages,
 *                                                not for results: what packages gave is a file.
 *
 * An undo waits for its holder, for the holder's direct users, and for the undo of each user that holds something
 * itself. So a stage that works on machines names their holder in its needs.
 */
export function assemble(
  written: Definition,
  stages: readonly StageDefinition[],
  grid: Grid,
  demands: Demands,
): { readonly nodes: readonly PlanNode[]; readonly problems: readonly Problem[] } {
  const offered = new Map(stages.map((stage) => [stage, nodesOf(stage, grid)]));
  const problems: Problem[] = [];
  const runs = stages.flatMap((stage) =>
    (offered.get(stage) ?? []).map((node) => {
      const needs: Record<string, PlanNeed> = {};
      for (const need of needsOf(stage)) {
        const found = resolveNeed(node, need.every, need.stage === null ? [] : (offered.get(need.stage) ?? []));
        if (typeof found === "string") problems.push(finerNeed(stage.name, need.name, found));
        else needs[need.name] = found;
      }
      return { stage, node: runNode(written, stage, node, needs, demands) };
    }),
  );
  return { nodes: withUndos(written, runs), problems };
}

function runNode(
  written: Definition,
  stage: StageDefinition,
  node: StageNode,
  needs: PlanNode["needs"],
  demands: Demands,
): PlanNode {
  const { cluster, servers = [], suites = [] } = demands.get(node.id) ?? {};
  return {
    id: node.id,
    stage: stage.name,
    kind: stage.kind,
    cell: node.cell,
    needs,
    after: [],
    policies: policiesOf(stage, written.policies),
    undoOf: null,
    suites,
    servers,
    ...(cluster === undefined ? {} : { cluster }),
  };
}

interface Run {
  readonly stage: StageDefinition;
  readonly node: PlanNode;
}

function withUndos(written: Definition, runs: readonly Run[]): PlanNode[] {
  const users = new Map<string, string[]>();
  for (const { node } of runs) {
    for (const id of new Set(Object.values(node.needs).flatMap(nodesOfNeed))) {
      users.set(id, [...(users.get(id) ?? []), node.id]);
    }
  }
  const holders = new Set(runs.filter(({ stage }) => stage.body?.undo !== undefined).map(({ node }) => node.id));
  const ordered: PlanNode[] = [];
  const waiting = new Map<string, Set<string>>();
  const undos = new Map<string, PlanNode>();
  for (const { stage, node } of runs.filter((run) => holders.has(run.node.id))) {
    const undo = undoNode(written, stage, node, users.get(node.id) ?? [], holders);
    undos.set(undo.id, undo);
    waiting.set(undo.id, new Set(undo.after));
  }
  const settle = (node: PlanNode): void => {
    ordered.push(node);
    for (const [id, left] of waiting) {
      if (!left.delete(node.id) || left.size > 0) continue;
      waiting.delete(id);
      const undo = undos.get(id);
      if (undo !== undefined) settle(undo);
    }
  };
  for (const { node } of runs) settle(node);
  return ordered;
}

function undoNode(
  written: Definition,
  stage: StageDefinition,
  node: PlanNode,
  users: readonly string[],
  holders: ReadonlySet<string>,
): PlanNode {
  const { cluster, ...held } = node;
  return {
    ...held,
    id: `undo:${node.id}`,
    kind: "undo",
    after: [node.id, ...users, ...users.filter((id) => holders.has(id)).map((id) => `undo:${id}`)],
    policies: undoPoliciesOf(stage, written.policies, cluster === undefined ? "anything else" : "a cluster"),
    undoOf: node.id,
    suites: [],
    servers: [],
  };
}

/** The ids of the nodes that a need may receive something from. */
export function nodesOfNeed(need: PlanNeed): readonly string[] {
  if (need.kind === "every") return need.nodes;
  return need.node === null ? [] : [need.node];
}

function finerNeed(stage: string, need: string, why: string): Problem {
  return {
    title: `The need ${need} of ${stage} runs once per more axes than ${stage}`,
    detail: `${why}.`,
    next: `Write every(${need}), or give ${stage} these axes.`,
  };
}
