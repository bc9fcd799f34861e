import type { Certificate } from "../certificate-document.ts";
import type { CertifiedMeasure } from "../measures.ts";
import { capital, cellWords, counted, plural } from "../wording.ts";

/** Numbers that suites report about themselves. */
export interface MeasuresView {
  readonly finding: string;
  readonly shown: readonly MeasureView[];
  readonly rest: readonly MeasureView[];
  readonly unfold: string;
}

interface MeasureView {
  readonly name: string;
  readonly source: string;
  readonly cell: string;
  readonly value: string;
  readonly change: string;
  readonly limit: string;
  readonly missed: boolean;
  readonly reason: string;
  readonly plot: PlotView | null;
}

/** A line over the past in a box of 120 by 28 units, the present last. */
interface PlotView {
  readonly line: string;
  readonly last: { readonly x: string; readonly y: string };
  /** Height of a fixed limit; empty where there is none. */
  readonly limit: string;
  readonly words: string;
}

/** Measures without a limit that stand open. */
const openMeasures = 24;

/** The measures in view, those that missed their limit first, or null where there are none. */
export function measuresView({ measures, cells, titles }: Certificate): MeasuresView | null {
  if (measures.length === 0) return null;
  const words = new Map(cells.map((cell) => [cell.id, cellWords(cell.values, titles)]));
  const order: readonly CertifiedMeasure["outcome"][] = ["missed", "met", "unlimited"];
  const sorted = measures.toSorted((left, right) => order.indexOf(left.outcome) - order.indexOf(right.outcome));
  const limited = sorted.filter((one) => one.limit !== null).length;
  const views = sorted.map((one) => measureView(one, words.get(one.cell) ?? (one.cell || "Whole run")));
  const open = Math.max(openMeasures, limited);
  return {
    finding: finding(measures, limited),
    shown: views.slice(0, open),
    rest: views.slice(open),
    unfold: plural(views.length - open, "more measure"),
  };
}

function finding(measures: readonly CertifiedMeasure[], limited: number): string {
  const missed = measures.filter((one) => one.outcome === "missed").length;
  if (limited === 0)
    return `${capital(counted(measures.length))} ${measures.length === 1 ? "measure is" : "measures are"} shown; none of them has a limit.`;
  if (missed === 0)
    return `${limited === 1 ? "The one measure" : `All ${counted(limited)} measures`} with a limit kept it.`;
  if (limited === 1) return "The one measure with a limit missed it.";
  return `${capital(counted(missed))} of ${counted(limited)} measures with a limit missed it.`;
}

function measureView(measure: CertifiedMeasure, cell: string): MeasureView {
  const { name, suite, test, value, unit, past, outcome, reason } = measure;
  const before = past.at(-1)?.value;
  return {
    name,
    source: test === null ? suite : `${suite}, ${test}`,
    cell,
    value: withUnit(value, unit),
    change: before === undefined ? "" : changeWords(before, value),
    limit: limitWords(measure),
    missed: outcome === "missed",
    reason,
    plot: plotView(measure),
  };
}

function limitWords({ limit, unit }: CertifiedMeasure): string {
  if (limit === null) return "";
  if (limit.kind === "regression") return `at most ${figure(limit.fraction * 100)} % behind the last`;
  return `${limit.kind.replace("-", " ")} ${withUnit(limit.value, unit)}`;
}

function changeWords(before: number, now: number): string {
  if (before === now) return "as before";
  if (before === 0) return `was ${figure(before)}`;
  const percent = ((now - before) / Math.abs(before)) * 100;
  return `${percent > 0 ? "+" : "−"}${Math.abs(percent).toFixed(1)} %`;
}

/** Four digits that matter, with commas between thousands. */
function figure(value: number): string {
  const digits = Math.abs(value) >= 1_000 ? 0 : undefined;
  return value.toLocaleString(
    "en",
    digits === undefined ? { maximumSignificantDigits: 4 } : { maximumFractionDigits: 0 },
  );
}

function withUnit(value: number, unit: string): string {
  return unit === "" ? figure(value) : `${figure(value)} ${unit}`;
}

function plotView({ name, past, value, limit, unit }: CertifiedMeasure): PlotView | null {
  const values = [...past.slice(-23).map((one) => one.value), value].filter(Number.isFinite);
  if (values.length < 2) return null;
  const bound = limit === null || limit.kind === "regression" ? [] : [limit.value];
  const [low, high] = [Math.min(...values, ...bound), Math.max(...values, ...bound)];
  const y = (one: number) => (high === low ? 14 : 25 - ((one - low) / (high - low)) * 22).toFixed(1);
  const x = (index: number) => (3 + (index / (values.length - 1)) * 114).toFixed(1);
  return {
    line: values.map((one, index) => `${x(index)},${y(one)}`).join(" "),
    last: { x: x(values.length - 1), y: y(value) },
    limit: bound[0] === undefined ? "" : y(bound[0]),
    words: `${name} over ${values.length} certificates, from ${withUnit(values[0] ?? 0, unit)} to ${withUnit(value, unit)}`,
  };
}
