import type { DeclaredMeasure, MeasureLimit } from "../pipelines/dsl/measure-limit.ts";
import type { Baseline } from "./baseline.ts";
import type { CertifiedMeasure } from "./measures.ts";
import type { Measure, SuiteResult } from "./results.ts";
import type { SealedCertificate } from "./seal.ts";
import type { RunVerdicts } from "./verdict.ts";
import { testWords } from "./wording.ts";

/** A measure of a suite with what was declared about it; its past is not known here. */
export type JudgedMeasure = Omit<CertifiedMeasure, "past">;

/** What the measures of a suite came to. */
export interface MeasuredSuite {
  readonly measures: readonly JudgedMeasure[];
  /** Sentences about what was declared and not reported so that it could be compared. */
  readonly unreported: readonly string[];
}

/** Compares what a suite reports with what was declared, fail-closed: each reported value of a name must hold. */
export function measuredSuite(
  result: SuiteResult,
  declared: readonly DeclaredMeasure[],
  baseline: Baseline | null,
): MeasuredSuite {
  const unreported = new Set<string>();
  const reported = reportedBy(result);
  const before = new Map((baseline?.measures ?? []).map((one) => [plainKey(one), one]));
  for (const one of declared) {
    if (!reported.some((measure) => isAbout(one, measure))) unreported.add(missing(one));
  }
  const measures = reported.map((measure): JudgedMeasure => {
    const own = declared.filter((one) => isAbout(one, measure));
    const judged = own.map(({ limit }) => ({ limit, ...against(measure, limit, before.get(plainKey(measure))) }));
    for (const { reason } of judged.filter(({ outcome }) => outcome === "unclear")) unreported.add(reason);
    const shown = judged.find(({ outcome }) => outcome === "missed") ?? judged[0];
    if (shown === undefined || shown.outcome === "unclear")
      return { ...measure, limit: shown?.limit ?? null, outcome: "unlimited", reason: "" };
    return { ...measure, limit: shown.limit, outcome: shown.outcome, reason: shown.reason };
  });
  return { measures, unreported: [...unreported] };
}

/** Certificates back from which a measure is plotted. */
const pastAtMost = 30;

/** The measures of a run with what they were before: the past that the previous certificate tells, and its own values. */
export function certifiedMeasures(run: RunVerdicts, previous: SealedCertificate | null): readonly CertifiedMeasure[] {
  const before = new Map<string, CertifiedMeasure[]>();
  for (const one of previous?.certificate.measures ?? []) {
    const list = before.get(placedKey(one)) ?? [];
    before.set(placedKey(one), list);
    list.push(one);
  }
  const at = previous?.certificate.finishedAt ?? null;
  return run.suites.flatMap(({ measures }) =>
    measures.map((measure) => {
      // Because a benchmark that is repeated reports one name several times: each is the next of its own past.
      const was = before.get(placedKey(measure))?.shift();
      if (was === undefined || previous === null || at === null) return { ...measure, past: was?.past ?? [] };
      const past = [...was.past, { run: previous.certificate.run, at, value: was.value }];
      return { ...measure, past: past.slice(-pastAtMost) };
    }),
  );
}

function placedKey(of: Pick<JudgedMeasure, "node" | "suite" | "test" | "name" | "unit">): string {
  return JSON.stringify([of.node, of.suite, of.test, of.name, of.unit]);
}

function plainKey(of: Pick<JudgedMeasure, "test" | "name">): string {
  return JSON.stringify([of.test, of.name]);
}

type Reported = Omit<JudgedMeasure, "limit" | "outcome" | "reason">;

function reportedBy({ cell, node, suite, measures = [], tests }: SuiteResult): readonly Reported[] {
  const of = (test: string | null, list: readonly Measure[]): readonly Reported[] =>
    list.filter(({ value }) => Number.isFinite(value)).map((one) => ({ ...one, cell, node, suite, test }));
  return [...of(null, measures), ...tests.flatMap((test) => (test.measures ? of(testWords(test), test.measures) : []))];
}

function isAbout(declared: DeclaredMeasure, measure: Reported): boolean {
  const { name, test, unit } = declared;
  return (
    name === measure.name &&
    (test === undefined || test === measure.test) &&
    (unit === undefined || unit === measure.unit)
  );
}

function missing({ name, test, unit }: DeclaredMeasure): string {
  const of = test === undefined ? "" : ` of ${test}`;
  return `The declared measure ${name}${of} was not reported${unit === undefined ? "" : ` in ${unit || "a plain number"}`}.`;
}

interface Compared {
  readonly outcome: CertifiedMeasure["outcome"] | "unclear";
  readonly reason: string;
}

function against(measure: Reported, limit: MeasureLimit, before: CertifiedMeasure | undefined): Compared {
  const { name, value } = measure;
  const now = `${name} was ${quantity(value, measure)}`;
  if (limit.kind !== "regression") {
    const met = limit.kind === "at-least" ? value >= limit.value : value <= limit.value;
    const words = limit.kind === "at-least" ? "at least" : "at most";
    if (met) return { outcome: "met", reason: "" };
    return { outcome: "missed", reason: `${now}; ${words} ${quantity(limit.value, measure)} is declared.` };
  }
  if (measure.better === "neither")
    return { outcome: "unclear", reason: `The measure ${name} does not say whether higher or lower is better.` };
  // Because the first certificate of a measure has nothing to fall behind.
  if (before === undefined) return { outcome: "unlimited", reason: "" };
  if (before.unit !== measure.unit || before.better !== measure.better) {
    const was = `${quantity(before.value, before)} with ${before.better} as better`;
    return { outcome: "unclear", reason: `${now} and cannot be compared with ${was} in the last green certificate.` };
  }
  const slack = Math.abs(before.value) * limit.fraction;
  const met = measure.better === "higher" ? value >= before.value - slack : value <= before.value + slack;
  if (met) return { outcome: "met", reason: "" };
  const was = `${quantity(before.value, measure)} in the last green certificate`;
  return { outcome: "missed", reason: `${now}, ${was}; ${limit.fraction * 100} % of loss is declared.` };
}

function quantity(value: number, { unit }: Pick<Measure, "unit">): string {
  return unit === "" ? String(value) : `${value} ${unit}`;
}
