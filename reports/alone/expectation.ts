import { fieldsOf, parsed } from "../formats/json-text.ts";

/** What must be there, as a file for `edgecert report --expect` says it. */
export interface Expectation {
  readonly product: string | null;
  /** Names of the axes, one per level of folders; null where the file names none. */
  readonly axes: readonly string[] | null;
  /** Every cell, by its path below the folder of results, with the names of the suites that it owes: at least one. */
  readonly cells: readonly { readonly cell: string; readonly suites: readonly string[] }[];
  /** Cells that are not to exist, with the reason. */
  readonly holes: readonly { readonly cell: string; readonly reason: string }[];
  /** Patterns of paths that are no evidence, such as `coverage-*.xml`; a star stands for anything but `/`, two for any folders. */
  readonly ignore: readonly string[];
}

/** A mistake of the file: a short line, the offending value, and what to write instead. */
export interface ExpectationProblem {
  readonly title: string;
  readonly detail: string;
  readonly next: string;
}

const example =
  '{ "suites": ["system"], "cells": { "debian-12/kvm-ssh": [], "debian-13/kvm-ssh": ["system", "library"] } }';
const known = ["product", "axes", "suites", "cells", "holes", "ignore"];

/**
 * Reads what is expected:
 *
 *     { "product": "edgeprobe 1.4",
 *       "axes": ["os", "environment"],
 *       "suites": ["library", "system"],
 *       "cells": { "debian-12/kvm-ssh": [], "debian-13/kvm-ssh": ["library"] },
 *       "holes": { "debian-13/lxd-ssh": "not in the support matrix" },
 *       "ignore": ["debian-12/kvm-ssh/coverage.xml"] }
 *
 * `cells` is a must; a cell with an empty list owes `suites`. Gives every mistake at once where there is one.
 */
export function readExpectation(
  text: string,
): { readonly expectation: Expectation } | { readonly problems: readonly ExpectationProblem[] } {
  const read = parsed(text);
  const fields = "complaint" in read ? null : fieldsOf(read.value);
  if (fields === null) {
    const detail = "complaint" in read ? read.complaint : "It holds no JSON object.";
    return { problems: [{ title: "It is no list of expected cells", detail, next: `Write, for example: ${example}` }] };
  }
  const problems: ExpectationProblem[] = [];
  const say = (title: string, value: unknown, next: string) =>
    problems.push({ title, detail: JSON.stringify(value) ?? "nothing", next });
  for (const name of fields.keys()) if (!known.includes(name)) say("Unknown word", name, `Use: ${known.join(", ")}.`);
  const names = (value: unknown, where: string): readonly string[] => {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "")) return value;
    say(`${where} is no list of names`, value, 'Write a list of texts, such as ["library", "system"].');
    return [];
  };
  const common = names(fields.get("suites"), "suites");
  const cells = [...(entriesOf(fields.get("cells")) ?? [])].map(([cell, own]) => {
    const suites = names(own, `The list of ${JSON.stringify(cell)}`);
    return { cell: pathOf(cell, say), suites: suites.length === 0 ? common : suites };
  });
  if (cells.length === 0) say("cells names no cell", fields.get("cells"), `Write, for example: ${example}`);
  for (const { cell, suites } of cells)
    if (suites.length === 0) say("A cell owes no suite", cell, 'Name its suites, or those of all cells in "suites".');
  const holes = [...(entriesOf(fields.get("holes") ?? {}) ?? [])].map(([cell, reason]) => {
    if (typeof reason !== "string" || reason === "")
      say(`The hole ${cell} has no reason`, reason, "Say why it is not tested.");
    return { cell: pathOf(cell, say), reason: String(reason) };
  });
  const twice = [...cells, ...holes].map(({ cell }) => cell).filter((cell, index, all) => all.indexOf(cell) !== index);
  for (const cell of twice) say("A cell stands there twice", cell, "Name it once, as a cell or as a hole.");
  const axes = fields.get("axes") === undefined ? null : names(fields.get("axes"), "axes");
  if (axes !== null) checkAxes(axes, [...cells, ...holes], say);
  const product = fields.get("product") ?? null;
  if (product !== null && typeof product !== "string") say("product is no name", product, "Write a text.");
  if (problems.length > 0) return { problems };
  const ignore = names(fields.get("ignore"), "ignore");
  return { expectation: { product: product === null ? null : String(product), axes, cells, holes, ignore } };
}

type Say = (title: string, value: unknown, next: string) => void;

/** Because a list of cells without suites of their own is the common case, a plain list will do. */
function entriesOf(value: unknown): Iterable<readonly [string, unknown]> | null {
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.map((one) => [one, []]);
  return fieldsOf(value);
}

function pathOf(cell: string, say: Say): string {
  const path = cell.replace(/\/$/, "");
  const wrong = path.startsWith("/") || path.split("/").some((part) => part === "" || part === "..");
  if (wrong) say("No path below the folder of results", cell, 'Write it relative to that folder: "debian-12/kvm-ssh".');
  return path.replace(/^\.\//, "");
}

function checkAxes(axes: readonly string[], cells: readonly { readonly cell: string }[], say: Say): void {
  if (axes.length === 0 || new Set(axes).size < axes.length)
    say("axes names no axis, or one twice", axes, "Name each once.");
  const odd = cells.filter(({ cell }) => cell.split("/").length !== axes.length).map(({ cell }) => cell);
  if (odd.length > 0)
    say(`Cells have not ${axes.length} parts, one for each axis`, odd, "Name one axis per level of folders.");
}
