import type { AxisOf, Block, CellOf, ValueOf } from "./cell.ts";
import { isName, isValue } from "./identifier.ts";
import type { PlanAxis, PlanCell, PlanHole } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";
import { didYouMean } from "./suggestion.ts";

declare const cellType: unique symbol;

/** The cells of a product, and the holes that somebody explained. A value that never changes. */
export interface Matrix<Cell = unknown> {
  readonly [cellType]?: Cell;
  readonly blocks: readonly Block[];
  readonly holes: readonly { readonly block: Block; readonly reason: string }[];
  /** The same matrix that also says why some combinations are no cells. A hole takes one value or several per axis. */
  hole(cell: HoleOf<Cell>, reason: string): Matrix<Cell>;
}

/** What `hole` takes: the axes that every cell has, and those that some have. */
export type HoleOf<Cell> = {
  readonly [Axis in keyof Cell & string]: ValueOf<Cell, Axis> | readonly ValueOf<Cell, Axis>[];
} & { readonly [Axis in AxisOf<Cell>]?: ValueOf<Cell, Axis> | readonly ValueOf<Cell, Axis>[] };

/**
 * A matrix written as a sum of products: each block stands for all combinations of its values. Blocks may have
 * different axes where the value of a shared axis tells them apart.
 */
export function cells<const Blocks extends readonly [Block, ...Block[]]>(
  ...blocks: Blocks
): Matrix<CellOf<Blocks[number]>> {
  return matrixOf(blocks, []);
}

function matrixOf<Cell>(blocks: readonly Block[], holes: Matrix["holes"]): Matrix<Cell> {
  return {
    blocks,
    holes,
    hole: (block, reason) => matrixOf(blocks, [...holes, { block: { ...block }, reason }]),
  };
}

/** A matrix written out: what the plan shows, and what is wrong with it. */
export interface MatrixReading {
  readonly axes: readonly PlanAxis[];
  readonly cells: readonly PlanCell[];
  readonly holes: readonly PlanHole[];
  readonly problems: readonly Problem[];
}

/** Expands blocks and holes into cells in the order in which they are written. Without a matrix there are none. */
export function readMatrix(matrix: Matrix | undefined): MatrixReading {
  if (matrix === undefined) return { axes: [], cells: [], holes: [], problems: [] };
  const axes = axesOf(matrix.blocks);
  const read = (block: Block): PlanCell[] => product(block).map((values) => cellOf(values, axes));
  const found = matrix.blocks.flatMap(read);
  const holes = matrix.holes.flatMap(({ block, reason }) => read(block).map((hole) => ({ ...hole, reason })));
  const problems = [
    ...matrix.blocks.flatMap(emptyAxes),
    ...axes.flatMap(badNames),
    ...twins(found),
    ...holes.flatMap((hole) => badHole(hole, axes, found)),
    ...repeated(holes.map((hole) => hole.id)).map((id) => twice("hole", id)),
  ];
  return { axes, cells: found, holes, problems };
}

/** The values of one axis, whether written as one or as several. */
export function listed(values: string | readonly string[]): readonly string[] {
  return typeof values === "string" ? [values] : values;
}

/** A cell with its id: values in the order of the axes. */
export function cellOf(values: Readonly<Record<string, string>>, axes: readonly PlanAxis[]): PlanCell {
  const known = axes.filter((axis) => axis.name in values).map((axis) => axis.name);
  const strange = Object.keys(values).filter((axis) => !known.includes(axis));
  const ordered = [...known, ...strange].map((axis) => [axis, values[axis] ?? ""] as const);
  return { id: ordered.map(([, value]) => value).join("/"), values: Object.fromEntries(ordered) };
}

/** Texts that occur more than once, each named once. */
export function repeated(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text, index) => texts.indexOf(text) !== index))];
}

function axesOf(blocks: readonly Block[]): PlanAxis[] {
  const values = new Map<string, Set<string>>();
  for (const [axis, written] of blocks.flatMap((block) => Object.entries(block))) {
    const seen = values.get(axis) ?? new Set();
    for (const value of listed(written)) seen.add(value);
    values.set(axis, seen);
  }
  return [...values].map(([name, seen]) => ({ name, values: [...seen] }));
}

function product(block: Block): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}];
  for (const [axis, values] of Object.entries(block)) {
    combinations = combinations.flatMap((cell) => listed(values).map((value) => ({ ...cell, [axis]: value })));
  }
  return combinations;
}

function emptyAxes(block: Block): Problem[] {
  return Object.entries(block).flatMap(([axis, values]) =>
    listed(values).length > 0
      ? []
      : [
          {
            title: "A block of the matrix has no cell",
            detail: `its axis ${JSON.stringify(axis)} has an empty list of values.`,
            next: "Give the axis a value, or leave the block out.",
          },
        ],
  );
}

function badNames(axis: PlanAxis): Problem[] {
  const next = "Use small letters and digits with single - between them (values also with .), 40 characters at most.";
  const bad = axis.values.filter((value) => !isValue(value));
  return [
    ...(isName(axis.name) ? [] : [{ title: "Bad name of an axis", detail: `${JSON.stringify(axis.name)}.`, next }]),
    ...bad.map((value) => ({
      title: "Bad value of an axis",
      detail: `${JSON.stringify(value)} of ${JSON.stringify(axis.name)}.`,
      next,
    })),
  ];
}

/** Cells that share an id, and cells that share all values of the axes that both have. */
function twins(found: readonly PlanCell[]): Problem[] {
  const ids = repeated(found.map((cell) => cell.id));
  const alike = found.flatMap((cell, index) =>
    found
      .slice(index + 1)
      .filter((other) => other.id !== cell.id && agree(cell.values, other.values))
      .map((other) => ({
        title: "Two cells cannot be told apart",
        detail: `${cell.id} and ${other.id} have the same value on every axis that both have.`,
        next: "Give both blocks a common axis with different values.",
      })),
  );
  return [...ids.map((id) => twice("cell", id)), ...alike];
}

function twice(what: "cell" | "hole", id: string): Problem {
  return {
    title: `Two ${what}s with one id`,
    detail: `${JSON.stringify(id)} comes from more than one block.`,
    next: "Leave the combination in one block only, or give the values different names.",
  };
}

/** Whether two cells have the same value on every axis that both have. */
export function agree(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  return Object.entries(left).every(([axis, value]) => right[axis] === undefined || right[axis] === value);
}

function badHole(hole: PlanHole, axes: readonly PlanAxis[], found: readonly PlanCell[]): Problem[] {
  const problem = (detail: string, next: string): Problem => ({
    title: "A hole that is none",
    detail: `${JSON.stringify(hole.id)} ${detail}`,
    next,
  });
  const problems = Object.entries(hole.values).flatMap(([name, value]) => {
    const axis = axes.find((candidate) => candidate.name === name);
    if (axis === undefined) return [problem(`has the unknown axis ${JSON.stringify(name)}.`, axisHint(name, axes))];
    if (axis.values.includes(value)) return [];
    const known = didYouMean(value, axis.values);
    return [problem(`has the value ${JSON.stringify(value)}, which no cell has on the axis ${name}.`, known)];
  });
  if (problems.length > 0) return problems;
  if (found.some((cell) => cell.id === hole.id)) {
    return [problem("is a cell.", "Leave the combination out of the blocks, or leave the hole out.")];
  }
  if (found.some((cell) => agree(cell.values, hole.values))) {
    return [
      problem("lacks an axis that tells it apart from the cells.", "Give the hole every axis of its neighbours."),
    ];
  }
  if (hole.reason.trim() === "") return [problem("has no reason.", "Say in a few words why it is not certified.")];
  return [];
}

function axisHint(name: string, axes: readonly PlanAxis[]): string {
  return didYouMean(
    name,
    axes.map((axis) => axis.name),
  );
}
