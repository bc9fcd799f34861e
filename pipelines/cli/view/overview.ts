import type { Plan, PlanNode } from "../../dsl/plan-document.ts";
import { paint, states } from "./paint.ts";
import type { NodeProgress, Progress } from "./progress.ts";
import { tallyLine, tallyOf } from "./tally.ts";
import { clip, padded, widthOf } from "./terminal-text.ts";

/** What of a plan its overview is drawn from, worked out once. */
export interface Chart {
  /** Stages in plan order with the ids of their nodes; an undo stands as a stage of its own. */
  readonly stages: ReadonlyMap<string, readonly string[]>;
  /** Null where the plan has less than two cells. */
  readonly matrix: ChartMatrix | null;
}

interface ChartMatrix {
  /** The stages whose nodes stand in a field, in this order. */
  readonly stages: readonly string[];
  readonly columns: readonly string[];
  /** A field holds one node id per stage, an empty one where the stage has no node there; null is a hole. */
  readonly rows: readonly { readonly name: string; readonly fields: readonly (readonly string[] | null)[] }[];
}

/** The chart of a plan: rows of its matrix are the values of the first axis, columns the combinations of the others. */
export function chartOf({ axes, cells, nodes }: Pick<Plan, "axes" | "cells" | "nodes">): Chart {
  const stages = new Map<string, string[]>();
  for (const node of nodes) {
    const name = node.kind === "undo" ? `undo:${node.stage}` : node.stage;
    stages.set(name, [...(stages.get(name) ?? []), node.id]);
  }
  const [first, ...rest] = axes;
  if (cells.length < 2 || first === undefined) return { stages, matrix: null };
  const inField = nodes.filter((node) => node.kind === "run" && Object.keys(node.cell).length > 0);
  const names = [...new Set(inField.map((node) => node.stage))];
  const columnOf = (cell: Plan["cells"][number]) => rest.map((axis) => cell.values[axis.name] ?? "").join("/");
  const columns = [...new Set(cells.map(columnOf))];
  const rows = first.values.map((name) => ({
    name,
    fields: columns.map((column) => {
      const cell = cells.find((one) => one.values[first.name] === name && columnOf(one) === column);
      return cell === undefined ? null : names.map((stage) => nodeFor(inField, stage, cell.values));
    }),
  }));
  return { stages, matrix: { stages: names, columns, rows } };
}

function nodeFor(nodes: readonly PlanNode[], stage: string, values: Plan["cells"][number]["values"]): string {
  const here = (node: PlanNode) => Object.entries(node.cell).every(([axis, value]) => values[axis] === value);
  return nodes.find((node) => node.stage === stage && here(node))?.id ?? "";
}

/** The parts of the overview that fit into so many columns and rows, the matrix before the counts of each stage. */
export function overviewLines(chart: Chart, progress: Progress, room: { columns: number; rows: number }): string[] {
  const lines: string[] = [];
  for (const part of [matrixLines(chart.matrix, progress, room.columns), stageLines(chart, progress, room.columns)]) {
    if (lines.length + part.length <= room.rows) lines.push(...part);
  }
  return lines;
}

/** One line per stage with its nodes counted by state. */
function stageLines({ stages }: Chart, progress: Progress, columns: number): string[] {
  const width = Math.min(Math.max(...[...stages.keys()].map(widthOf)), Math.floor(columns / 3));
  return [...stages].map(([name, ids]) => {
    const nodes = ids.flatMap((id) => progress.nodes.get(id) ?? []);
    return `  ${padded(name, width)}  ${tallyLine(tallyOf(nodes), columns - width - 4)}`;
  });
}

/** One field per cell with one mark per stage, under a line that names the stages; nothing where it is too wide. */
function matrixLines(matrix: ChartMatrix | null, progress: Progress, columns: number): string[] {
  if (matrix === null) return [];
  const name = Math.max(...matrix.rows.map((row) => widthOf(row.name)));
  const marks = matrix.stages.length;
  const room = Math.floor((columns - 2 - name) / matrix.columns.length) - 2;
  const field = Math.min(room, Math.max(marks, ...matrix.columns.map(widthOf)));
  if (field < Math.max(marks, shortestColumn)) return [];
  const fill = " ".repeat(field - marks);
  const drawn = (ids: readonly string[]) => ids.map((id) => markOf(progress.nodes.get(id))).join("") + fill;
  return [
    paint("dim", clip(`  marks of a cell: ${matrix.stages.join(", ")}`, columns)),
    paint(
      "dim",
      `  ${padded("", name)}  ${matrix.columns.map((column) => padded(column, field)).join("  ")}`.trimEnd(),
    ),
    ...matrix.rows.map((row) => {
      const fields = row.fields.map((ids) => (ids === null ? " ".repeat(field) : drawn(ids)));
      return `  ${padded(row.name, name)}  ${fields.join("  ")}`.trimEnd();
    }),
  ];
}

/** Columns that the name of a matrix column needs to be told from others. */
const shortestColumn = 6;

function markOf(node: NodeProgress | undefined): string {
  return node === undefined ? " " : paint(states[node.state].style, states[node.state].mark);
}
