import type { Failure } from "../pipelines/dsl/failure.ts";
import type { Plan, PlanNode } from "../pipelines/dsl/plan-document.ts";
import type { ResultFormat, SuiteExpectation } from "../pipelines/dsl/request.ts";
import { absence } from "./absence.ts";
import { type Baseline, type Baselines, suiteKey } from "./baseline.ts";
import { contradiction, countsOf, evidenceJudgement, touchedEvidence } from "./evidence-judgement.ts";
import { flakyTests } from "./flaky.ts";
import { type JudgedMeasure, type MeasuredSuite, measuredSuite } from "./measured.ts";
import type { AttemptRecord, NodeRecord } from "./record.ts";
import type { SuiteResult, TestResult, TestStatus } from "./results.ts";
import { attemptKey, type Touch } from "./touch.ts";
import { vanishing } from "./vanishing.ts";
import type { Blame, Verdict } from "./verdict.ts";
import type { WaiverBook } from "./waivers.ts";

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
  /** Failed tests of the evidence that counts, with the letter of the waiver that covers each. */
  readonly waived: ReadonlyMap<TestResult, string>;
  /** Tests that ended otherwise in an earlier attempt. */
  readonly flaky: ReadonlySet<TestResult>;
  /** What it was compared with; null where it was never green before. */
  readonly baseline: Baseline | null;
  /** Tests of the baseline that are missing, by name. */
  readonly vanished: readonly string[];
  /** Letter of the waiver that accepts what vanished; null where none does, or nothing has to be accepted. */
  readonly accepted: string | null;
  readonly measures: readonly JudgedMeasure[];
}

/** What a node is judged by. `stopped` when somebody asked for the run to be cancelled. */
export interface JudgedBy {
  readonly plan: Plan;
  readonly records: ReadonlyMap<string, NodeRecord>;
  /** Evidence by {@link suiteKey}, in the order of the record. */
  readonly results: ReadonlyMap<string, readonly SuiteResult[]>;
  readonly stopped: boolean;
  /** The attempts that a person touched, by `attemptKey`. */
  readonly touched: ReadonlyMap<string, Touch>;
  readonly baselines: Baselines;
  readonly waivers: WaiverBook;
  /** Digests of the packages of each attempt, by `attemptKey`. */
  readonly packages: ReadonlyMap<string, string>;
}

/**
 * Judges each suite that a node owes; `cells` are those that the node counts for. A node that did not pass, though all
 * its suites did, is inconclusive, unless it failed by nothing but tests that are waived.
 */
export function judgeNode(node: PlanNode, cells: readonly string[], by: JudgedBy): readonly SuiteVerdict[] {
  const suites = node.suites.map((expected) => judgeSuite({ node, expected, cells }, by));
  const last = by.records.get(node.id)?.last ?? null;
  if (!suites.every(isGreen) || last?.outcome === "passed" || by.plan.alone === true) return suites;
  const waived = suites.some((suite) => suite.waived.size > 0);
  if (waived && last?.outcome === "failed" && last.failure?.reason === "suites-failed") return suites;
  return suites.map((suite) => ({ ...suite, ...unfinished(last, by.stopped) }));
}

/** Whether a verdict certifies. */
export function isGreen({ verdict }: Pick<Judgement, "verdict">): boolean {
  return verdict === "passed" || verdict === "passed-with-retries";
}

interface JudgedSuite {
  readonly node: PlanNode;
  readonly expected: SuiteExpectation;
  readonly cells: readonly string[];
}

function judgeSuite({ node, expected, cells }: JudgedSuite, by: JudgedBy): SuiteVerdict {
  const record = by.records.get(node.id);
  const key = suiteKey(node.id, expected.name);
  const own = by.results.get(key) ?? [];
  const counted = own.filter((result) => result.attempt === record?.last?.number);
  const result = counted.at(-1) ?? null;
  const baseline = by.baselines.get(key) ?? null;
  const about = {
    node: node.id,
    suite: expected.name,
    format: expected.format,
    result,
    earlier: own.filter((one) => one !== result),
    baseline,
  };
  if (result === null) return { ...absence(node, expected, by), ...about, ...nothing };
  const packages = (attempt: number) => by.packages.get(attemptKey(node.id, attempt)) ?? "";
  const flaky = flakyTests(result, own, (attempt) => packages(attempt) === packages(result.attempt));
  const waived = new Map(result.tests.flatMap((test) => waivedTest(test, cells, by.waivers)));
  const touch = by.touched.get(attemptKey(node.id, result.attempt));
  const { vanished, accepted, judgement: lost } = vanishing(result, baseline, { cells, waivers: by.waivers });
  const { measures, unreported } = measuredSuite(result, expected.measures ?? [], baseline);
  const judgement =
    touch !== undefined
      ? touchedEvidence(result, touch)
      : (contradiction(expected, counted) ??
        worse(evidenceJudgement(by.plan.alone === true ? filesOf(result) : result, waived.size), lost, {
          measures,
          unreported,
          damaged: result.damaged,
        }));
  const retried = record?.attempts.slice(0, -1).find(wasTried);
  const again = retried !== undefined || changed(about) || [...flaky].some((test) => test.status === "passed");
  return {
    ...(judgement.verdict === "passed" && again
      ? { ...judgement, verdict: "passed-with-retries" as const, failure: retried?.failure ?? null }
      : judgement),
    ...about,
    counts: countsOf(result),
    ...{ waived, flaky, vanished, accepted, measures },
  };
}

/** Because files alone say nothing about an exit code, they are judged as if it agreed with what they hold. */
function filesOf(result: SuiteResult): SuiteResult {
  const { failed, error } = countsOf(result);
  return { ...result, exitCode: failed + error > 0 ? 1 : 0 };
}

const nothing = {
  counts: null,
  waived: new Map<TestResult, string>(),
  flaky: new Set<TestResult>(),
  vanished: [],
  accepted: null,
  measures: [],
} as const;

/** What the tests came to, then what vanished, then what measures came to: the first that is not green. */
function worse(
  evidence: Judgement,
  lost: Judgement | null,
  { measures, unreported, damaged }: MeasuredSuite & Pick<SuiteResult, "damaged">,
): Judgement {
  // Because what an empty suite ended with only follows from its being empty.
  if (lost?.failure?.reason === "no-test" && evidence.reason !== damaged) return lost;
  if (evidence.verdict !== "passed") return evidence;
  const missed = measures.find(({ outcome }) => outcome === "missed");
  if (missed !== undefined) return { verdict: "failed", blame: "product", reason: missed.reason, failure: null };
  if (lost !== null) return lost;
  const [reason] = unreported;
  return reason === undefined ? evidence : { verdict: "inconclusive", blame: "evidence", reason, failure: null };
}

function waivedTest(
  test: TestResult,
  cells: readonly string[],
  waivers: WaiverBook,
): readonly (readonly [TestResult, string])[] {
  if (test.status !== "failed" && test.status !== "error") return [];
  const letter = waivers.covering(test, cells);
  return letter === null ? [] : [[test, letter]];
}

/** Whether other evidence of the suite says something else than the evidence that counts. */
function changed({ result, earlier }: Pick<SuiteVerdict, "result" | "earlier">): boolean {
  return earlier.some(
    (one) =>
      one.attempt !== result?.attempt && one.tests.some(({ status }) => status === "failed" || status === "error"),
  );
}

/**
 * Whether an attempt ended badly by itself. One that only found servers half set up by an interrupted attempt tested
 * nothing: the interruption was of the run, not of product or machines.
 */
function wasTried({ outcome, failure }: AttemptRecord): boolean {
  return (outcome === "retried" || outcome === "failed") && failure?.reason !== "set-up-interrupted";
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
