import { agree, type MatrixReading } from "./matrix.ts";
import type { PlanCell } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";
import { closest, didYouMean } from "./suggestion.ts";

/** The cells that patterns choose, in the order of the matrix, and what is wrong with the patterns. */
export interface Selection {
  readonly cells: readonly PlanCell[];
  readonly problems: readonly Problem[];
}

/**
 * Chooses cells; a cell that one pattern takes is chosen. A pattern is a cell id, such as `debian-12/kvm-ssh`, or terms
 * joined by commas that must all hold, such as `os=debian-*,environment=kvm-ssh`; `*` stands for any letters, `?` for
 * one. A pattern that takes no cell is a problem that names the nearest.
 */
export function selectCells(patterns: readonly string[], matrix: MatrixReading): Selection {
  const readings = patterns.map((pattern) => readPattern(pattern, matrix));
  return {
    cells: matrix.cells.filter((cell) => readings.some(({ cells }) => cells.includes(cell))),
    problems: readings.flatMap(({ problems }) => problems),
  };
}

function readPattern(pattern: string, matrix: MatrixReading): Selection {
  const { cells } = matrix;
  if (!pattern.includes("=")) return byId(pattern, matrix);
  const terms = pattern.split(",").map(readTerm);
  const problems = terms.flatMap((term) => termProblems(term, matrix));
  if (problems.length > 0) return { cells: [], problems };
  const found = cells.filter((cell) => terms.every((term) => takes(term, cell.values)));
  if (found.length > 0) return { cells: found, problems: [] };
  return { cells: [], problems: [together(pattern, terms, matrix)] };
}

function byId(pattern: string, { cells, holes }: MatrixReading): Selection {
  const found = cells.filter((cell) => glob(pattern).test(cell.id));
  if (found.length > 0) return { cells: found, problems: [] };
  const hole = holes.find((one) => one.id === pattern);
  const detail = hole === undefined ? "is not a cell of the matrix" : `is a hole of the matrix: ${hole.reason}`;
  const next = nearest(
    pattern,
    cells.map((cell) => cell.id),
  );
  return { cells: [], problems: [{ title: "Unknown cell", detail: `${JSON.stringify(pattern)} ${detail}.`, next }] };
}

/** `axis=value`, of one pattern; without `=` the axis is everything. */
interface Term {
  readonly text: string;
  readonly axis: string;
  readonly value: string;
}

function readTerm(text: string): Term {
  const [axis = "", ...value] = text.trim().split("=");
  return { text: text.trim(), axis: axis.trim(), value: value.join("=").trim() };
}

/** A cell that lacks the axis is not taken, whatever the value may be. */
function takes({ axis, value }: Pick<Term, "axis" | "value">, values: PlanCell["values"]): boolean {
  const own = values[axis];
  return own !== undefined && glob(value).test(own);
}

function termProblems({ text, axis, value }: Term, { axes, cells }: MatrixReading): Problem[] {
  const title = "No cell is chosen";
  if (axis === "" || value === "")
    return [{ title, detail: `${JSON.stringify(text)} is no axis=value.`, next: "Write it as in os=debian-*." }];
  const known = axes.find((one) => one.name === axis);
  if (known === undefined) {
    const detail = `${JSON.stringify(axis)} is no axis of the matrix.`;
    const names = axes.map((one) => one.name);
    return [{ title, detail, next: didYouMean(axis, names) }];
  }
  if (cells.some((cell) => takes({ axis, value }, cell.values))) return [];
  const detail = `No cell has an ${axis} like ${JSON.stringify(value)}.`;
  return [{ title, detail, next: nearest(value, known.values) }];
}

/** Said where each term takes cells, and no cell is taken by all of them. */
function together(pattern: string, terms: readonly Term[], { cells, holes }: MatrixReading): Problem {
  const wanted = (values: PlanCell["values"]) => terms.filter((term) => takes(term, values)).length;
  const hole = holes.find(
    (one) => wanted(one.values) === terms.length && !cells.some((c) => agree(c.values, one.values)),
  );
  const why = hole === undefined ? "" : ` ${hole.id} is a hole: ${hole.reason}.`;
  const near = [...cells].sort((left, right) => wanted(right.values) - wanted(left.values)).slice(0, 3);
  return {
    title: "No cell is chosen",
    detail: `No cell is all of ${JSON.stringify(pattern)}.${why}`,
    next: `The nearest: ${near.map((cell) => cell.id).join(", ")}. What may be this or that is two options.`,
  };
}

/** Because the letters of a pattern are compared, what `*` stands for is left open. */
function nearest(pattern: string, known: readonly string[]): string {
  const meant = closest(pattern, known) ?? closest(pattern.replaceAll(/[*?]/g, ""), known);
  return meant === undefined ? didYouMean(pattern, known) : `Did you mean ${JSON.stringify(meant)}?`;
}

function glob(pattern: string): RegExp {
  const literal = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
