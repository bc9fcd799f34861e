import type { Failure } from "../pipelines/dsl/failure.ts";
import type { SuiteExpectation } from "../pipelines/dsl/request.ts";
import type { Judgement } from "./judgement.ts";
import type { SuiteResult, TestStatus } from "./results.ts";
import type { Touch } from "./touch.ts";
import { plural } from "./wording.ts";

/** Tests by status. */
export function countsOf(result: SuiteResult): Readonly<Record<TestStatus, number>> {
  const counts = { passed: 0, failed: 0, error: 0, skipped: 0 };
  for (const test of result.tests) counts[test.status] += 1;
  return counts;
}

/**
 * What one piece of evidence that holds a test proves by itself. So many of its failed tests are waived: they do not
 * count as failed. Nothing makes up for evidence that is damaged, or for an exit code that says something else.
 */
export function evidenceJudgement(result: SuiteResult, waived: number): Judgement {
  const { passed, failed, error } = countsOf(result);
  const all = failed + error;
  const bad = all - waived;
  const { exitCode, damaged } = result;
  if (all > 0 && exitCode === 0) {
    return inconclusive(
      `${plural(all, "test")} failed, but the suite ended with exit code 0: one of the two is wrong.`,
    );
  }
  if (bad > 0) {
    const reason = failedReason({ bad, passed, waived }, damaged);
    return { verdict: "failed", blame: "product", reason, failure: null };
  }
  if (damaged !== null) return inconclusive(damaged);
  const { length } = result.tests;
  if (length > 0 && passed + waived === 0) {
    return inconclusive(`All of its ${plural(length, "test")} were skipped: nothing was proved.`);
  }
  if (exitCode === null) return inconclusive("It is not known how the suite ended: its exit code was lost.");
  if (exitCode !== 0 && !(waived > 0 && saysFailed(result, all))) {
    const but = waived === 0 ? "All of its tests passed" : "All of its tests passed or are waived";
    return inconclusive(`${length === 0 ? "It holds no test" : but}, but the suite ended with exit code ${exitCode}.`);
  }
  return { verdict: "passed", blame: "nobody", reason: "", failure: null };
}

/**
 * Whether an exit code says that tests failed and nothing else: 1 for every framework that is read, and for TAP also how
 * many failed.
 */
function saysFailed({ exitCode, format }: SuiteResult, failed: number): boolean {
  return exitCode === 1 || (format === "tap" && exitCode === Math.min(failed, 254));
}

/** Why the evidence of one attempt contradicts the plan or itself; null where it does not. */
export function contradiction(expected: SuiteExpectation, counted: readonly SuiteResult[]): Judgement | null {
  if (counted.some((one) => one.format !== expected.format)) {
    return inconclusive(`The suite delivered results of the format ${counted.at(-1)?.format}, not ${expected.format}.`);
  }
  if (new Set(counted.map((one) => one.exitCode)).size > 1) {
    const codes = counted.map((one) => one.exitCode ?? "unknown").join(" and ");
    return inconclusive(`One attempt recorded the suite ${counted.length} times, with the exit codes ${codes}.`);
  }
  return null;
}

/** Because nobody can tell what a person changed on a server, neither a pass nor a failure on it proves anything. */
export function touchedEvidence(result: SuiteResult, { by, what, server, node }: Touch): Judgement {
  const { passed, failed, error } = countsOf(result);
  const title = `Touched by ${by}`;
  const done = what === "shell" ? "shell was opened" : "command was run";
  const detail = `A ${done} on ${server} of ${node} before these results were complete.`;
  const next = "Run the cell again and leave its servers alone until it has ended.";
  const failure: Failure = { reason: "touched", class: "fatal", title, detail, next };
  const reason = `${title}: a ${done} on ${server}, so its results do not count (${passed} passed, ${failed + error} failed).`;
  return { ...inconclusive(reason), failure };
}

function failedReason(
  { bad, passed, waived }: { readonly bad: number; readonly passed: number; readonly waived: number },
  damaged: string | null,
): string {
  const counted = `${plural(bad, "test")} failed, ${waived === 0 ? "" : `${waived} waived, `}${passed} passed.`;
  return damaged === null ? counted : `${counted} The results are damaged as well: ${damaged}`;
}

function inconclusive(reason: string): Judgement {
  return { verdict: "inconclusive", blame: "evidence", reason, failure: null };
}
