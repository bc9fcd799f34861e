import { nodesOfNeed } from "./nodes.ts";
import type { Plan, PlanNode } from "./plan-document.ts";

/** A plan as a Mermaid flow chart: arrows from need to user, dotted ones to the undos that wait. */
export function printMermaid(plan: Plan): string {
  const names = new Map(plan.nodes.map((node, index) => [node.id, `n${index}`]));
  const name = (id: string): string => names.get(id) ?? id;
  const lines = [
    "flowchart LR",
    ...plan.nodes.map((node) => `  ${name(node.id)}${outline(node)}`),
    ...plan.nodes.flatMap((node) => edges(node, name)),
  ];
  return `${lines.join("\n")}\n`;
}

// Because Mermaid reads @ and / as syntax, a label stands in quotes; an id holds no quote of its own.
function outline(node: PlanNode): string {
  if (node.kind === "approval") return `{{"${node.id}"}}`;
  return node.kind === "undo" ? `(["${node.id}"])` : `["${node.id}"]`;
}

function edges(node: PlanNode, name: (id: string) => string): string[] {
  if (node.kind === "undo") return node.after.map((id) => `  ${name(id)} -.-> ${name(node.id)}`);
  const needed = new Set(Object.values(node.needs).flatMap(nodesOfNeed));
  return [...needed].map((id) => `  ${name(id)} --> ${name(node.id)}`);
}
