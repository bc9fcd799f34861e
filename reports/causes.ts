import type { Plan } from "../pipelines/dsl/plan-document.ts";
import { separatingAxis } from "./cause-axes.ts";
import { causeSignature, whatWentWrong } from "./cause-signature.ts";
import { cellIndex } from "./cell-index.ts";
import type { Cause, FailedTest } from "./certificate-document.ts";
import type { SuiteVerdict } from "./judgement.ts";
import { type PassedIndex, passedIndex, testKey } from "./passed-index.ts";
import { type RunVerdicts, type Verdict, verdicts, worst } from "./verdict.ts";
import { capital, plural } from "./wording.ts";

/** A cause before it has a letter: `key` is what its members share. */
interface Draft extends Omit<Cause, "letter" | "cells" | "passedIn" | "only"> {
  readonly key: string;
  /** Nodes that ran the same tests and passed them all. */
  readonly passedBy: readonly string[];
}

/** A failed test before it has a cause. */
export type UncausedTest = Omit<FailedTest, "cause">;

/** Causes of failed tests at most; what is seen less often than these shares one cause per suite. */
export const testCausesAtMost = 600;

/** Every cause, worst verdict first, with letters from A; and every failed test with the letter of its cause. */
export function causesOf(
  plan: Plan,
  run: RunVerdicts,
  tests: readonly UncausedTest[],
): { readonly causes: readonly Cause[]; readonly failures: readonly FailedTest[] } {
  const keys = causeKeys(tests);
  const groups = Map.groupBy(tests, (test) => keys.get(test) ?? "");
  const suites = new Map(run.suites.map((suite) => [suiteKey(suite), suite]));
  const passed = passedIndex(run.suites, tests);
  const drafts = [
    ...[...groups].map(([key, members]) => testCause(key, members, { suites, passed })),
    ...suiteCauses(run.suites, tests),
  ].sort((left, right) => verdicts.indexOf(right.verdict) - verdicts.indexOf(left.verdict));
  const letters = new Map(drafts.map(({ key }, index) => [key, letter(index)]));
  const index = cellIndex(plan);
  const cells = new Map(plan.cells.map(({ id, values }) => [id, values]));
  return {
    causes: drafts.map(({ key, passedBy, ...draft }) => {
      const [hit, passedIn] = [index.cellsOf(draft.nodes), index.cellsOf(passedBy)];
      const only = separatingAxis(cells, hit, passedIn);
      return { ...draft, letter: letters.get(key) ?? "", cells: hit, passedIn, ...(only === null ? {} : { only }) };
    }),
    failures: tests.map((test) => ({ ...test, cause: letters.get(keys.get(test) ?? "") ?? "" })),
  };
}

/** The cells that the evidence of these nodes counts for, in the order of the plan. */
export function cellsOf(nodes: readonly string[], plan: Plan): readonly string[] {
  return cellIndex(plan).cellsOf(nodes);
}

function suiteKey({ node, suite }: { readonly node: string; readonly suite: string }): string {
  return JSON.stringify([node, suite]);
}

/** The key of each test's cause. Because nobody reads thousands of letters, the rarest causes share one. */
function causeKeys(tests: readonly UncausedTest[]): ReadonlyMap<UncausedTest, string> {
  const keys = new Map(tests.map((test) => [test, causeSignature(test)]));
  const counts = new Map<string, number>();
  for (const key of keys.values()) counts.set(key, (counts.get(key) ?? 0) + 1);
  if (counts.size <= testCausesAtMost) return keys;
  const kept = [...counts].sort(([, left], [, right]) => right - left).slice(0, testCausesAtMost);
  const own = new Set(kept.map(([key]) => key));
  return new Map([...keys].map(([test, key]) => [test, own.has(key) ? key : `${test.suite} others`]));
}

interface Found {
  readonly suites: ReadonlyMap<string, SuiteVerdict>;
  readonly passed: PassedIndex;
}

function testCause(key: string, members: readonly UncausedTest[], { suites, passed }: Found): Draft {
  const nodes = [...new Set(members.map((test) => test.node))];
  const names = new Map(members.map((test) => [testKey(test), test]));
  const [first] = members;
  const one = first === undefined ? "" : testWords(first);
  const several = key.startsWith("[") ? oneLine(first) : "each in a way of its own";
  return {
    key,
    verdict: worst(
      members.map((test) => verdictOf(test, suites.get(suiteKey(test)))),
      "failed",
    ),
    blame: "product",
    title: testTitle(names.size, one, { members, several }),
    detail: "",
    next: "",
    nodes,
    passedBy: passed.nodesThatPassed([...names.keys()], nodes),
    tests: members.map((test) => test.anchor),
  };
}

interface Told {
  readonly members: readonly UncausedTest[];
  /** What several tests have in common. */
  readonly several: string;
}

function testTitle(names: number, one: string, { members, several }: Told): string {
  const flaky = members.every(({ status }) => status === "passed");
  if (names === 1) return `“${clipped(one, 140)}” ${flaky ? "passed only when tried again" : "fails"}`;
  return `${plural(names, "test")} ${flaky ? "passed only when tried again" : "fail"}: ${several}`;
}

/** Because the module path of a Python class says where a test is, not what it is about. */
function testWords({ framework, class: group, name }: UncausedTest): string {
  const short = framework === "unittest" ? group.slice(group.lastIndexOf(".") + 1) : group;
  return `${short} ${name}`.trim();
}

function verdictOf(test: UncausedTest, suite: SuiteVerdict | undefined): Verdict {
  if (test.counted && suite?.verdict === "inconclusive") return "inconclusive";
  if (test.status === "passed") return "passed-with-retries";
  // Because a waived failure takes the green from nothing.
  if (test.waiver !== undefined) return "passed";
  if (test.counted) return "failed";
  return suite?.verdict === "failed" ? "failed" : "passed-with-retries";
}

/** Causes of suites that are not green for another reason than their tests: one for each reason that is shared. */
function suiteCauses(suites: readonly SuiteVerdict[], tests: readonly UncausedTest[]): readonly Draft[] {
  const told = new Set(tests.map(suiteKey));
  const red = new Set(tests.filter(isRed).map(suiteKey));
  const open = suites.filter((suite) => {
    if (suite.verdict === "passed" || suite.verdict === "not-applicable") return false;
    const own = suite.verdict === "failed" ? red : told;
    return suite.verdict === "inconclusive" || suite.verdict === "not-run" || !own.has(suiteKey(suite));
  });
  const groups = Map.groupBy(open, (suite) =>
    JSON.stringify({
      verdict: suite.verdict,
      reason: suite.failure?.reason,
      title: suite.failure?.title ?? suite.reason,
    }),
  );
  return [...groups].map(([key, members]) => suiteCause(key, members));
}

/** Whether a test makes its suite fail: one may also fail by a measure, beside tests that are waived or flaky. */
function isRed({ counted, status, waiver }: UncausedTest): boolean {
  return counted && status !== "passed" && waiver === undefined;
}

function suiteCause(key: string, members: readonly SuiteVerdict[]): Draft {
  const [first] = members;
  const failure = first?.failure ?? null;
  const retried = first?.verdict === "passed-with-retries";
  return {
    key,
    verdict: first?.verdict ?? "not-run",
    blame: retried ? "infrastructure" : (first?.blame ?? "evidence"),
    title: capital((failure?.title ?? first?.reason ?? "").replace(/\.$/, "")),
    detail: [...new Set(members.map((suite) => suite.failure?.detail ?? ""))]
      .filter((text) => text !== "")
      .join("\n\n"),
    next: retried ? "" : (failure?.next ?? ""),
    nodes: [...new Set(members.map((suite) => suite.node))],
    passedBy: [],
    tests: [],
  };
}

function letter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letter(Math.floor(index / 26) - 1) + last;
}

/** The first lines of a message that say something, as one line. */
function oneLine(test: UncausedTest | undefined): string {
  const lines = (test === undefined ? "" : whatWentWrong(test)).split("\n").map((line) => line.trim());
  return clipped(
    lines
      .filter((line) => line !== "")
      .slice(0, 2)
      .join(", "),
    120,
  );
}

function clipped(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : `${text
        .slice(0, limit - 1)
        .trimEnd()
        .toWellFormed()}…`;
}
