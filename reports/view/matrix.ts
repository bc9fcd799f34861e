import type { Certificate, CertifiedCell } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import { capital, counted, duration, grouped, listed, plural, valueWords } from "../wording.ts";
import { verdictWords } from "./mark.ts";

/** The clause of verified platforms. */
export interface MatrixView {
  readonly finding: string;
  readonly legend: readonly { readonly mark: Verdict; readonly count: string; readonly words: string }[];
  readonly corner: string;
  /**
   * `table` with a column for every environment; `dense` is the same with one line for each cell; `groups` lists the
   * cells below their system, where there are more columns than a page is wide.
   */
  readonly form: "table" | "dense" | "groups";
  /** The first word of a column stands out: `KVM` of `KVM, SSH storage`. */
  readonly columns: readonly { readonly first: string; readonly rest: string }[];
  readonly rows: readonly MatrixRow[];
}

interface MatrixRow {
  readonly words: string;
  /** Whether another kind of system begins here, such as the first Ubuntu after the Debians. */
  readonly begins: boolean;
  readonly cells: readonly MatrixCellView[];
  /** What is not part of the plan, by reason: said once below the cells of a group. */
  readonly holes: readonly string[];
}

/** One field of the matrix. Exactly one verdict; a hole has its reason as the label. */
export interface MatrixCellView {
  readonly anchor: string;
  readonly id: string;
  readonly mark: Verdict;
  readonly column: string;
  readonly label: string;
  readonly took: string;
  readonly second: string;
  readonly letters: readonly string[];
  /** Columns that it takes: holes of one reason beside each other are one field. */
  readonly span: number;
}

type Values = Readonly<Record<string, string>>;

/** More columns than this do not fit beside each other. */
const columnsInTable = 6;

/** Cells from which on a table shows one line for each. */
const denseFrom = 25;

/** Rows are the values of the first axis, columns the combinations of the others. */
export function matrixView(certificate: Certificate): MatrixView {
  const { axes, cells, holes, titles } = certificate;
  const [first, ...rest] = axes;
  const columnOf = (values: Values) => rest.map((axis) => valueWords(values[axis.name] ?? "", titles)).join(", ");
  const system = (values: Values) => values[first?.name ?? ""] ?? "";
  const key = ({ values }: { readonly values: Values }) => JSON.stringify([system(values), columnOf(values)]);
  const columns = [...new Set([...cells, ...holes].map((cell) => columnOf(cell.values)))];
  const known = new Map(cells.map((cell) => [key(cell), cell]));
  const reasons = new Map(holes.map((hole) => [key(hole), hole.reason]));
  const form = columns.length > columnsInTable ? "groups" : cells.length >= denseFrom ? "dense" : "table";
  const values = first?.values ?? [];
  return {
    finding: finding(cells),
    legend: legend(certificate),
    corner: axes.map((axis) => axis.name).join(" by "),
    form,
    columns: columns.map((column) => {
      const [first = "", ...others] = (column || "Verdict").split(", ");
      return { first, rest: others.join(", ") };
    }),
    rows: values.map((value, index) => {
      const fields = columns.map((column) => {
        const id = JSON.stringify([value, column]);
        const cell = known.get(id);
        return cell === undefined ? holeView(reasons.get(id), column) : cellView(cell, column);
      });
      const before = values[index - 1];
      return {
        words: valueWords(value, titles),
        begins: before !== undefined && family(before) !== family(value),
        cells: form === "groups" ? fields.filter((field) => field.anchor !== "") : merged(fields),
        holes: form === "groups" ? holesBelow(fields) : [],
      };
    }),
  };
}

function family(system: string): string {
  return system.replace(/[-\d.]+$/, "");
}

function merged(fields: readonly MatrixCellView[]): readonly MatrixCellView[] {
  const row: MatrixCellView[] = [];
  for (const field of fields) {
    const last = row.at(-1);
    if (last === undefined || last.anchor !== "" || field.anchor !== "" || last.label !== field.label) {
      row.push(field);
      continue;
    }
    row[row.length - 1] = { ...last, column: `${last.column}; ${field.column}`, span: last.span + 1 };
  }
  return row;
}

function holesBelow(fields: readonly MatrixCellView[]): readonly string[] {
  const byReason = Map.groupBy(
    fields.filter((field) => field.anchor === ""),
    (field) => field.label,
  );
  return [...byReason].map(([reason, own]) => `${listed(own.map((field) => field.column))}: ${reason}`);
}

function holeView(reason: string | undefined, column: string): MatrixCellView {
  const label = reason === undefined ? "Not part of the plan." : capital(reason);
  return { anchor: "", id: "", mark: "not-applicable", column, label, took: "", second: "", letters: [], span: 1 };
}

function cellView(cell: CertifiedCell, column: string): MatrixCellView {
  const { passed, failed, error, skipped } = cell.tests;
  const took = cell.tookMs === null || cell.tookMs === 0 ? "" : tookWords(cell.tookMs);
  const extra = [
    passed > 0 ? `${grouped(passed)} passed` : "",
    skipped > 0 ? `${grouped(skipped)} skipped` : "",
    cell.waived > 0 ? `${grouped(cell.waived)} waived` : "",
  ];
  const bad = Math.max(failed + error - cell.waived, 0);
  const words = cell.blame === "selection" ? ["Not run", "not selected"] : labels(cell.verdict, bad, extra);
  const [label = "", ...second] = words.filter((text, index) => index === 0 || text !== "");
  return {
    anchor: cell.anchor,
    id: cell.id,
    mark: cell.verdict,
    column,
    label: label || capital(verdictWords[cell.verdict]),
    took,
    second: second.join(", "),
    letters: cell.causes,
    span: 1,
  };
}

/** Because seconds say nothing beside so many minutes. */
function tookWords(milliseconds: number): string {
  return duration(milliseconds < 600_000 ? milliseconds : Math.round(milliseconds / 60_000) * 60_000);
}

function labels(verdict: Verdict, bad: number, extra: readonly string[]): readonly string[] {
  if (verdict === "failed") return [bad === 0 ? "Failed" : `${grouped(bad)} failed`, ...extra];
  if (verdict === "passed") return extra;
  if (verdict === "passed-with-retries") return [...extra, "with a retry"];
  return [capital(verdictWords[verdict]), ...extra];
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
  if (rest === 0 && cells.length === 2) return `Both cells passed${retries}.`;
  if (rest === 0) return `All ${counted(cells.length)} cells passed${retries}.`;
  if (green === 0) return `None of ${plural(cells.length, "cell")} has a passing result.`;
  const passed = `${capital(counted(green))} of ${counted(cells.length)} cells passed${retries}.`;
  return `${passed} ${capital(counted(rest))} ${rest === 1 ? "has" : "have"} no passing result.`;
}
