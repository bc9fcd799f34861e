import type { Cause, Certificate, CertifiedCell } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import { capital, counted, duration, grouped, plural, valueWords } from "../wording.ts";
import { verdictWords } from "./mark.ts";

/** The clause of verified platforms. */
export interface MatrixView {
  readonly finding: string;
  readonly legend: readonly { readonly mark: Verdict; readonly count: string; readonly words: string }[];
  readonly corner: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly words: string; readonly cells: readonly MatrixCellView[] }[];
}

/** One field of the matrix. Exactly one verdict; a hole has its reason as the label. */
export interface MatrixCellView {
  readonly anchor: string;
  readonly mark: Verdict;
  readonly column: string;
  readonly label: string;
  readonly took: string;
  readonly second: string;
  readonly letters: readonly string[];
}

/** Rows are the values of the first axis, columns the combinations of the others. */
export function matrixView(certificate: Certificate): MatrixView {
  const { axes, cells, holes, titles } = certificate;
  const [first, ...rest] = axes;
  const columnOf = (values: Readonly<Record<string, string>>) =>
    rest.map((axis) => valueWords(values[axis.name] ?? "", titles)).join(", ");
  const columns = [...new Set([...cells, ...holes].map((cell) => columnOf(cell.values)))];
  return {
    finding: finding(cells),
    legend: legend(certificate),
    corner: axes.map((axis) => axis.name).join(" by "),
    columns: columns.map((column) => column || "Verdict"),
    rows: (first?.values ?? []).map((value) => ({
      words: valueWords(value, titles),
      cells: columns.map((column) => {
        const here = (one: { readonly values: Readonly<Record<string, string>> }) =>
          one.values[first?.name ?? ""] === value && columnOf(one.values) === column;
        const cell = cells.find(here);
        return cell === undefined ? holeView(holes.find(here)?.reason, column) : cellView(cell, column);
      }),
    })),
  };
}

/** A cause in the matrix, as small as it goes: the cells that it takes the green from, and those that are green. */
export interface MiniatureView {
  readonly rows: readonly {
    readonly words: string;
    readonly hit: boolean;
    readonly marks: readonly (Verdict | "dot" | "none")[];
  }[];
}

/** The miniature of a cause, or null where the matrix is too small to need one or too large to be one. */
export function miniatureView(certificate: Certificate, cause: Cause): MiniatureView | null {
  const { columns, rows } = matrixView(certificate);
  if (rows.length * columns.length < 4 || rows.length > 12 || columns.length > 5) return null;
  const hit = new Set(certificate.cells.filter((cell) => cause.cells.includes(cell.id)).map((cell) => cell.anchor));
  return {
    rows: rows.map(({ words, cells }) => ({
      words,
      hit: cells.some((cell) => hit.has(cell.anchor)),
      marks: cells.map(({ anchor, mark }) => {
        if (hit.has(anchor)) return cause.verdict;
        return mark === "passed" || mark === "passed-with-retries" ? "dot" : "none";
      }),
    })),
  };
}

function holeView(reason: string | undefined, column: string): MatrixCellView {
  const label = reason === undefined ? "Not part of the plan." : capital(reason);
  return { anchor: "", mark: "not-applicable", column, label, took: "", second: "", letters: [] };
}

function cellView(cell: CertifiedCell, column: string): MatrixCellView {
  const { passed, failed, error, skipped } = cell.tests;
  const took = cell.tookMs === null || cell.tookMs === 0 ? "" : duration(cell.tookMs);
  const extra = [passed > 0 ? `${grouped(passed)} passed` : "", skipped > 0 ? `${grouped(skipped)} skipped` : ""];
  const words = cell.blame === "selection" ? ["Not run", "not selected"] : labels(cell.verdict, failed + error, extra);
  const [label, ...second] = words;
  return {
    anchor: cell.anchor,
    mark: cell.verdict,
    column,
    label: label ?? "",
    took,
    second: second.filter((text) => text !== "").join(", "),
    letters: cell.causes,
  };
}

function labels(verdict: Verdict, bad: number, [passed = "", skipped = ""]: readonly string[]): readonly string[] {
  if (verdict === "failed") return [`${grouped(bad)} failed`, passed, skipped];
  if (verdict === "passed") return [passed, skipped];
  if (verdict === "passed-with-retries") return [passed, skipped, "with a retry"];
  return [capital(verdictWords[verdict]), passed, skipped];
}

function legend({ cells, holes }: Certificate): MatrixView["legend"] {
  const order: readonly Verdict[] = ["failed", "inconclusive", "not-run", "passed-with-retries", "passed"];
  const counts = order.map((mark) => [mark, cells.filter((cell) => cell.verdict === mark).length] as const);
  const all = [...counts, ["not-applicable", holes.length] as const];
  return all
    .filter(([, count]) => count > 0)
    .map(([mark, count]) => ({ mark, count: String(count), words: verdictWords[mark] }));
}

function finding(cells: readonly CertifiedCell[]): string {
  const retried = cells.filter((cell) => cell.verdict === "passed-with-retries").length;
  const green = cells.filter((cell) => cell.verdict === "passed").length + retried;
  const rest = cells.length - green;
  const retries = retried === 0 ? "" : `, ${counted(retried)} of them with ${retried === 1 ? "a retry" : "retries"}`;
  if (cells.length === 0) return "The plan has no cells.";
  if (rest === 0 && cells.length === 1)
    return `The one cell of the plan passed${retried === 0 ? "" : ", with a retry"}.`;
  if (rest === 0) return `All ${counted(cells.length)} cells passed${retries}.`;
  if (green === 0) return `None of ${plural(cells.length, "cell")} has a passing result.`;
  const passed = `${capital(counted(green))} of ${counted(cells.length)} cells passed${retries}.`;
  return `${passed} ${capital(counted(rest))} ${rest === 1 ? "has" : "have"} no passing result.`;
}
