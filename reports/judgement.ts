import type { Failure } from "../pipelines/dsl/failure.ts";
import type { Plan, PlanNode } from "../pipelines/dsl/plan-document.ts";
import type { ResultFormat, SuiteExpectation } from "../pipelines/dsl/request.ts";
import { absence } from "./absence.ts";
import type { AttemptRecord, NodeRecord } from "./record.ts";
import type { SuiteResult, TestStatus } from "./results.ts";
import { attemptKey, type Touch } from "./touch.ts";
import type { Blame, Verdict } from "./verdict.ts";

/** A verdict with its reason: one sentence, empty where it is green. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly blame: Blame;
  readonly reason: string;
  /** The expected failure behind it, where it is not the tests themselves. */
  readonly failure: Failure | null;
}

/** What one expected suite of one node came to. */
export interface SuiteVerdict extends Judgement {
  readonly node: string;
  readonly suite: string;
  readonly format: ResultFormat;
  /** Tests by status; null where there is no evidence of the attempt that counts. */
  readonly counts: Readonly<Record<TestStatus, number>> | null;
  /** The evidence that counts. */
  readonly result: SuiteResult | null;
  /** Evidence of earlier attempts, and earlier evidence of the same one: shown, never counted. */
  readonly earlier: readonly SuiteResult[];
}

/** What a node is judged by. `stopped` when somebody asked for the run to be cancelled. */
export interface JudgedBy {
  readonly plan: Plan;
  readonly records: ReadonlyMap<string, NodeRecord>;
  readonly results: readonly SuiteResult[];
  readonly stopped: boolean;
  /** The attempts that a person touched, by `attemptKey`. */
  readonly touched: ReadonlyMap<string, Touch>;
}

/** Judges each suite that a node owes. A node that did not pass, though all its suites did, is inconclusive. */
export function judgeNode(node: PlanNode, by: JudgedBy): readonly SuiteVerdict[] {
  const suites = node.suites.map((expected) => judgeSuite(node, expected, by));
  const green = suites.every((suite) => suite.verdict === "passed" || suite.verdict === "passed-with-retries");
  const last = by.records.get(node.id)?.last ?? null;
  if (!green || last?.outcome === "passed" || by.plan.alone === true) return suites;
  return suites.map((suite) => ({ ...suite, ...unfinished(last, by.stopped) }));
}

function judgeSuite(node: PlanNode, expected: SuiteExpectation, by: JudgedBy): SuiteVerdict {
  const record = by.records.get(node.id);
  const own = by.results.filter((result) => result.node === node.id && result.suite === expected.name);
  const counted = own.filter((result) => result.attempt === record?.last?.number);
  const result = counted.at(-1) ?? null;
  const earlier = own.filter((one) => one !== result);
  const touch = by.touched.get(attemptKey(node.id, result?.attempt ?? 0));
  const judgement =
    result === null
      ? absence(node, expected, by)
      : touch === undefined
        ? (contradiction(expected, counted) ?? (by.plan.alone === true ? judgeFiles(result) : judgeEvidence(result)))
        : touchedEvidence(result, touch);
  const retried = record?.attempts.slice(0, -1).find(wasTried);
  const changed = earlier.some((one) => one.attempt !== result?.attempt && judgeEvidence(one).verdict === "failed");
  return {
    ...(judgement.verdict === "passed" && (retried !== undefined || changed)
      ? { ...judgement, verdict: "passed-with-retries" as const, failure: retried?.failure ?? null }
      : judgement),
    node: node.id,
    suite: expected.name,
    format: expected.format,
    counts: result === null ? null : countsOf(result),
    result,
    earlier,
  };
}

/**
 * Whether an attempt ended badly by itself. One that only found servers half set up by an interrupted attempt tested
 * nothing: the interruption was of the run, not of product or machines.
 */
function wasTried({ outcome, failure }: AttemptRecord): boolean {
  return (outcome === "retried" || outcome === "failed") && failure?.reason !== "set-up-interrupted";
}

/** Tests by status. */
export function countsOf(result: SuiteResult): Readonly<Record<TestStatus, number>> {
  const counts = { passed: 0, failed: 0, error: 0, skipped: 0 };
  for (const test of result.tests) counts[test.status] += 1;
  return counts;
}

function contradiction(expected: SuiteExpectation, counted: readonly SuiteResult[]): Judgement | null {
  if (counted.some((one) => one.format !== expected.format)) {
    return inconclusive(`The suite delivered results of the format ${counted.at(-1)?.format}, not ${expected.format}.`);
  }
  if (new Set(counted.map((one) => one.exitCode)).size > 1) {
    const codes = counted.map((one) => one.exitCode ?? "unknown").join(" and ");
    return inconclusive(`One attempt recorded the suite ${counted.length} times, with the exit codes ${codes}.`);
  }
  return null;
}

/** What one piece of evidence proves by itself. */
function judgeEvidence(result: SuiteResult): Judgement {
  const { passed, failed, error } = countsOf(result);
  const bad = failed + error;
  const { exitCode, damaged } = result;
  if (bad > 0 && exitCode === 0) {
    return inconclusive(`${tests(bad)} failed, but the suite ended with exit code 0: one of the two is wrong.`);
  }
  if (bad > 0) return { ...inconclusive(failedReason(bad, passed, damaged)), verdict: "failed", blame: "product" };
  if (damaged !== null) return inconclusive(damaged);
  if (result.tests.length === 0) return inconclusive("The suite delivered results without a single test.");
  if (passed === 0) return inconclusive(`All of its ${tests(result.tests.length)} were skipped: nothing was proved.`);
  if (exitCode === null) return inconclusive("It is not known how the suite ended: its exit code was lost.");
  if (exitCode !== 0) {
    return inconclusive(`All of its tests passed, but the suite ended with exit code ${exitCode}.`);
  }
  return { verdict: "passed", blame: "nobody", reason: "", failure: null };
}

/** Because files alone say nothing about an exit code, they are judged as if it agreed with what they hold. */
function judgeFiles(result: SuiteResult): Judgement {
  const { failed, error } = countsOf(result);
  return judgeEvidence({ ...result, exitCode: failed + error > 0 ? 1 : 0 });
}

/** Because nobody can tell what a person changed on a server, neither a pass nor a failure on it proves anything. */
function touchedEvidence(result: SuiteResult, { by, what, server, node }: Touch): Judgement {
  const { passed, failed, error } = countsOf(result);
  const title = `Touched by ${by}`;
  const done = what === "shell" ? "shell was opened" : "command was run";
  const detail = `A ${done} on ${server} of ${node} before these results were complete.`;
  const next = "Run the cell again and leave its servers alone until it has ended.";
  const failure: Failure = { reason: "touched", class: "fatal", title, detail, next };
  const reason = `${title}: a ${done} on ${server}, so its results do not count (${passed} passed, ${failed + error} failed).`;
  return { ...inconclusive(reason), failure };
}

function failedReason(bad: number, passed: number, damaged: string | null): string {
  const counted = `${tests(bad)} failed, ${passed} passed.`;
  return damaged === null ? counted : `${counted} The results are damaged as well: ${damaged}`;
}

function inconclusive(reason: string): Judgement {
  return { verdict: "inconclusive", blame: "evidence", reason, failure: null };
}

function tests(count: number): string {
  return count === 1 ? "1 test" : `${count} tests`;
}

/** Because a stage that broke after its suites may have lost what would have changed their verdict. */
function unfinished(last: AttemptRecord | null, stopped: boolean): Judgement {
  const failure = last?.failure ?? null;
  const person = last?.outcome === "cancelled" || stopped;
  const why = failure?.title ?? (person ? "the run was cancelled" : "it has not ended");
  return {
    verdict: "inconclusive",
    blame: person ? "person" : failure?.class === "test" ? "evidence" : "infrastructure",
    reason: `All tests passed, but their stage did not: ${why}.`,
    failure,
  };
}
