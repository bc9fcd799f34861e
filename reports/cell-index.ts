import type { Plan } from "../pipelines/dsl/plan-document.ts";

/** Which cells the evidence of a node counts for, looked up without searching the plan again. */
export interface CellIndex {
  /** Ids of the cells that the evidence of these nodes counts for, in the order of the plan. */
  cellsOf(nodes: readonly string[]): readonly string[];
}

/** The index of a plan: a node counts for every cell that has its values on the axes that it runs per. */
export function cellIndex(plan: Plan): CellIndex {
  const byAxes = new Map<string, Map<string, number[]>>();
  const cellsOf = new Map<string, readonly number[]>();
  for (const { id, cell } of plan.nodes) {
    const axes = Object.keys(cell);
    const name = JSON.stringify(axes);
    const known = byAxes.get(name) ?? positions(plan, axes);
    byAxes.set(name, known);
    cellsOf.set(id, known.get(JSON.stringify(axes.map((axis) => cell[axis]))) ?? []);
  }
  return {
    cellsOf(nodes) {
      const found = new Set(nodes.flatMap((node) => cellsOf.get(node) ?? []));
      return [...found].sort((left, right) => left - right).map((index) => plan.cells[index]?.id ?? "");
    },
  };
}

/** Positions of cells in the plan by what they have on some axes. */
function positions(plan: Plan, axes: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  plan.cells.forEach(({ values }, index) => {
    const key = JSON.stringify(axes.map((axis) => values[axis]));
    const known = found.get(key);
    if (known === undefined) found.set(key, [index]);
    else known.push(index);
  });
  return found;
}
