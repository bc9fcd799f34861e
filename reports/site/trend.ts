import type { Verdict } from "../verdict.ts";
import type { RunSummary } from "./summary.ts";

/** Runs that a chart shows: the newest. */
export const runsInChart = 60;

/** Size of a chart in its own units; it scales to the width of the page. */
export const chartSize = { width: 900, height: 96 } as const;

/** One bar of a chart: a run, in parts from the bottom up. */
export interface ChartBar {
  readonly href: string;
  /** Said by a pointer and by a screen reader. */
  readonly words: string;
  readonly parts: readonly {
    readonly kind: string;
    readonly x: string;
    readonly y: string;
    readonly width: string;
    readonly height: string;
  }[];
}

/** A chart of the newest runs, oldest on the left. */
export interface ChartView {
  readonly title: string;
  readonly bars: readonly ChartBar[];
  /** A line that all is compared with; empty for none. */
  readonly mark: { readonly y: string; readonly words: string } | null;
}

/** A part of a bar before it has a place. */
interface Part {
  readonly kind: string;
  readonly value: number;
}

const order: readonly Verdict[] = ["passed", "passed-with-retries", "not-run", "inconclusive", "failed"];

/** Cells by verdict, run by run. */
export function verdictChart(runs: readonly RunSummary[], of: ChartWords): ChartView {
  const partsOf = ({ cells }: RunSummary) =>
    order.map((kind) => ({ kind, value: cells.filter(({ verdict }) => verdict === kind).length }));
  return chart("Cells by verdict, run by run", runs, { ...of, partsOf, reference: null });
}

/** Minutes until servers were ready to be tested on, run by run; null where no run had servers. */
export function readinessChart(
  runs: readonly RunSummary[],
  of: ChartWords & { readonly originalMs: number },
): ChartView | null {
  const ready = runs.filter(({ readiness }) => readiness !== null);
  if (ready.length === 0) return null;
  const partsOf = ({ readiness }: RunSummary) => [
    { kind: "provision", value: readiness?.provisionMs ?? 0 },
    { kind: "configure", value: readiness?.configureMs ?? 0 },
  ];
  const reference = { value: of.originalMs, words: "12 min: the original, 6 to provision and 6 to configure" };
  return chart("Time to ready: provisioned and configured, run by run", ready, { ...of, partsOf, reference });
}

interface ChartWords {
  href(run: RunSummary): string;
  words(run: RunSummary): string;
}

interface ChartShape extends ChartWords {
  partsOf(run: RunSummary): readonly Part[];
  readonly reference: { readonly value: number; readonly words: string } | null;
}

function chart(title: string, all: readonly RunSummary[], shape: ChartShape): ChartView {
  const runs = all.slice(-runsInChart);
  const sums = runs.map((run) => shape.partsOf(run).reduce((sum, { value }) => sum + value, 0));
  const top = Math.max(1, ...sums, shape.reference?.value ?? 0);
  const scale = (value: number) => (value / top) * (chartSize.height - 14);
  const step = chartSize.width / Math.max(runs.length, 20);
  return {
    title,
    bars: runs.map((run, index) => {
      let y: number = chartSize.height;
      const parts = shape.partsOf(run).flatMap(({ kind, value }) => {
        if (value === 0) return [];
        y -= scale(value);
        const place = { x: rounded(index * step), y: rounded(y), width: rounded(step * 0.72) };
        return [{ kind, ...place, height: rounded(Math.max(scale(value) - 0.8, 0.8)) }];
      });
      return { href: shape.href(run), words: shape.words(run), parts };
    }),
    mark:
      shape.reference === null
        ? null
        : { y: rounded(chartSize.height - scale(shape.reference.value)), words: shape.reference.words },
  };
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
