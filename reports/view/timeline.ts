import type { Certificate } from "../certificate-document.ts";
import type { NodeTiming, Phase, Span } from "../timings.ts";
import type { Verdict } from "../verdict.ts";
import { capital, cellWords, clock, day, duration } from "../wording.ts";

/** Where the time went: bars over one axis of time, and the same in figures. Positions are percentages with a sign. */
export interface TimelineView {
  readonly finding: string;
  readonly day: string;
  readonly legend: readonly { readonly phase: Phase; readonly words: string; readonly took: string }[];
  readonly ticks: readonly { readonly x: string; readonly label: string }[];
  readonly rows: readonly TimelineRow[];
  readonly nodes: readonly { readonly node: string; readonly phases: string; readonly took: string }[];
}

/** All nodes that worked for one cell, one part of a cell, or the whole run. */
export interface TimelineRow {
  readonly words: string;
  /** Its stages, where it stands for less than a cell. */
  readonly stages: string;
  readonly mark: Verdict | "none";
  readonly took: string;
  readonly bars: readonly {
    readonly phase: Phase;
    readonly x: string;
    readonly width: string;
    readonly title: string;
  }[];
}

const phaseWords: Readonly<Record<Phase, string>> = {
  waiting: "waits for fresh servers",
  boot: "boot",
  build: "build packages",
  prepare: "install and prepare",
  suites: "suites",
  teardown: "give back",
  work: "other work",
};

/** The timings of a certificate, or null where nothing ever started. */
export function timelineView(certificate: Certificate): TimelineView | null {
  const { timings, startedAt, finishedAt } = certificate;
  if (startedAt === null || finishedAt === null || timings.length === 0) return null;
  const from = Date.parse(startedAt);
  const total = Math.max(Date.parse(finishedAt) - from, 1);
  const spans = timings.flatMap((timing) => timing.spans);
  return {
    finding: finding(certificate, total),
    day: `UTC, ${day(startedAt)}.`,
    legend: legend(spans),
    ticks: ticks(from, total),
    rows: rows(certificate, { from, total }),
    nodes: timings.map((timing) => ({
      node: timing.node,
      phases: timing.spans.map((span) => `${phaseWords[span.phase]} ${duration(lasting(span))}`).join(", "),
      took: duration(timing.spans.reduce((sum, span) => sum + lasting(span), 0)),
    })),
  };
}

function lasting(span: Span): number {
  return Date.parse(span.to) - Date.parse(span.from);
}

function legend(spans: readonly Span[]): TimelineView["legend"] {
  const order: readonly Phase[] = ["waiting", "boot", "build", "prepare", "suites", "teardown", "work"];
  return order.flatMap((phase) => {
    const own = spans.filter((span) => span.phase === phase);
    const took = duration(own.reduce((sum, span) => sum + lasting(span), 0));
    return own.length === 0 ? [] : [{ phase, words: phaseWords[phase], took }];
  });
}

interface Axis {
  readonly from: number;
  readonly total: number;
}

function rows(certificate: Certificate, axis: Axis): readonly TimelineRow[] {
  const { timings, titles, cells } = certificate;
  const byValues = new Map(cells.map((cell) => [JSON.stringify(cell.values), cell]));
  const groups = Map.groupBy(timings, (timing) => JSON.stringify(timing.scope));
  return [...groups.values()]
    .toSorted((left, right) => width(left) - width(right))
    .map((own) => {
      const scope = own[0]?.scope ?? {};
      const cell = byValues.get(JSON.stringify(scope));
      const held = own.flatMap((timing) => timing.spans.filter((span) => span.phase !== "waiting"));
      return {
        words: cellWords(scope, titles) || capital(stagesOf(own)),
        stages: cell === undefined && Object.keys(scope).length > 0 ? stagesOf(own) : "",
        mark: cell?.verdict ?? ("none" as const),
        took: duration(until(held)),
        bars: own.flatMap((timing) => timing.spans.map((span) => bar(timing, span, axis))),
      };
    });
}

/** Because the nodes of the whole run come first, those of a part of a cell next, those of cells last. */
function width(timings: readonly NodeTiming[]): number {
  return Object.keys(timings[0]?.scope ?? {}).length;
}

function stagesOf(own: readonly NodeTiming[]): string {
  return own
    .filter((timing) => timing.undoOf === null)
    .map((timing) => timing.stage)
    .join(", ");
}

function until(spans: readonly Span[]): number {
  const starts = spans.map((span) => Date.parse(span.from));
  const ends = spans.map((span) => Date.parse(span.to));
  return spans.length === 0 ? 0 : Math.max(...ends) - Math.min(...starts);
}

function bar(timing: NodeTiming, span: Span, { from, total }: Axis): TimelineRow["bars"][number] {
  const percent = (milliseconds: number) => `${((milliseconds / total) * 100).toFixed(2)}%`;
  const attempt = span.attempt > 1 ? `, attempt ${span.attempt}` : "";
  return {
    phase: span.phase,
    x: percent(Date.parse(span.from) - from),
    // Because what took no time to speak of would not be seen.
    width: percent(Math.max(lasting(span), total / 500)),
    title: `${timing.node}${attempt}: ${phaseWords[span.phase]}, ${clock(span.from, "seconds")}, ${duration(lasting(span))}`,
  };
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];

function ticks(from: number, total: number): TimelineView["ticks"] {
  const step = (steps.find((seconds) => total / (seconds * 1_000) <= 7) ?? 86_400) * 1_000;
  const first = Math.ceil(from / step) * step;
  const count = Math.max(Math.floor((from + total - first) / step) + 1, 0);
  return Array.from({ length: Math.min(count, 40) }, (_, index) => {
    const at = first + index * step;
    const label = clock(new Date(at).toISOString(), step < 60_000 ? "seconds" : "minutes");
    return { x: `${(((at - from) / total) * 100).toFixed(2)}%`, label };
  });
}

function finding(certificate: Certificate, total: number): string {
  const whole = `The run took ${duration(total)}`;
  const byValues = new Map(certificate.cells.map((cell) => [JSON.stringify(cell.values), cell]));
  const ends = certificate.timings.flatMap((timing) => {
    const cell = byValues.get(JSON.stringify(timing.scope));
    return cell === undefined ? [] : timing.spans.map((span) => ({ cell, to: span.to }));
  });
  const last = ends.toSorted((left, right) => right.to.localeCompare(left.to))[0];
  if (last === undefined || certificate.cells.length < 2) return `${whole}.`;
  return `${whole}; ${cellWords(last.cell.values, certificate.titles)} was the last to finish.`;
}
