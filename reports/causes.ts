import type { Plan } from "../pipelines/dsl/plan-document.ts";
import type { Cause, FailedTest } from "./certificate-document.ts";
import type { SuiteVerdict } from "./judgement.ts";
import type { TestResult } from "./results.ts";
import { covers, type RunVerdicts, type Verdict, verdicts, worst } from "./verdict.ts";
import { capital, plural } from "./wording.ts";

/** A cause before it has a letter: `key` is what its members share. */
interface Draft extends Omit<Cause, "letter" | "cells"> {
  readonly key: string;
}

/** A failed test before it has a cause. */
export type UncausedTest = Omit<FailedTest, "cause">;

/** Every cause, worst verdict first, with letters from A; and every failed test with the letter of its cause. */
export function causesOf(
  plan: Plan,
  run: RunVerdicts,
  tests: readonly UncausedTest[],
): { readonly causes: readonly Cause[]; readonly failures: readonly FailedTest[] } {
  const groups = Map.groupBy(tests, signature);
  const drafts = [
    ...[...groups].map(([key, members]) => testCause(key, members, plan, run)),
    ...suiteCauses(run.suites, tests),
  ].sort((left, right) => verdicts.indexOf(right.verdict) - verdicts.indexOf(left.verdict));
  const lettered = drafts.map((draft, index) => ({ ...draft, letter: letter(index) }));
  const letters = new Map(lettered.map((cause) => [cause.key, cause.letter]));
  return {
    causes: lettered.map(({ key: _, ...cause }) => ({ ...cause, cells: cellsOf(cause.nodes, plan) })),
    failures: tests.map((test) => ({ ...test, cause: letters.get(signature(test)) ?? "" })),
  };
}

/** The cells that the evidence of these nodes counts for, in the order of the plan. */
export function cellsOf(nodes: readonly string[], plan: Plan): readonly string[] {
  const own = plan.nodes.filter((node) => nodes.includes(node.id));
  return plan.cells.filter((cell) => own.some((node) => covers(node, cell.values))).map((cell) => cell.id);
}

const empty =
  /^(expected|got|compared|using|to|be|truthy|falsey|true|false|nil|none|not|is|equal|eql|assertionerror|#|\W)*$/;

/**
 * What failures of one cause have in common: the suite and the message without its numbers, addresses and times. A
 * message of nothing but the words of an assertion is shared only by the same test.
 */
function signature(test: UncausedTest): string {
  const text = (test.message || test.details).slice(0, 2_000).toLowerCase();
  const plain = text
    .replace(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+(\.\d+)*/g, "#")
    .replace(/\s+/g, " ")
    .trim();
  const words = plain.replace(/[^a-z#]+/g, "");
  const own = empty.test(words) || empty.test(plain) ? [test.class, test.name] : [];
  return JSON.stringify([test.suite, plain.slice(0, 400), ...own]);
}

function testCause(key: string, members: readonly UncausedTest[], plan: Plan, run: RunVerdicts): Draft {
  const nodes = [...new Set(members.map((test) => test.node))];
  const names = new Set(members.map((test) => JSON.stringify([test.class, test.name])));
  const [first] = members;
  const one = first === undefined ? "" : testWords(first);
  return {
    key,
    verdict: worst(
      members.map((test) => verdictOf(test, run.suites)),
      "failed",
    ),
    blame: "product",
    title: names.size === 1 ? `“${clipped(one, 140)}” fails` : `${plural(names.size, "test")} fail: ${oneLine(first)}`,
    detail: "",
    next: "",
    nodes,
    passedIn: passedIn(names, nodes, plan, run),
    tests: members.map((test) => test.anchor),
  };
}

/** Because the module path of a Python class says where a test is, not what it is about. */
function testWords({ framework, class: group, name }: UncausedTest): string {
  const short = framework === "unittest" ? group.slice(group.lastIndexOf(".") + 1) : group;
  return `${short} ${name}`.trim();
}

function verdictOf(test: UncausedTest, suites: readonly SuiteVerdict[]): Verdict {
  const suite = suites.find((one) => one.node === test.node && one.suite === test.suite);
  if (test.counted) return suite?.verdict === "inconclusive" ? "inconclusive" : "failed";
  return suite?.verdict === "failed" ? "failed" : "passed-with-retries";
}

function passedIn(
  names: ReadonlySet<string>,
  nodes: readonly string[],
  plan: Plan,
  run: RunVerdicts,
): readonly string[] {
  const named = (test: TestResult) => names.has(JSON.stringify([test.class, test.name]));
  const green = run.suites.filter((suite) => {
    const same = suite.result?.tests.filter(named) ?? [];
    return !nodes.includes(suite.node) && same.length >= names.size && same.every((test) => test.status === "passed");
  });
  return cellsOf(
    green.map((suite) => suite.node),
    plan,
  );
}

/** Causes of suites that are not green for another reason than their tests: one for each reason that is shared. */
function suiteCauses(suites: readonly SuiteVerdict[], tests: readonly UncausedTest[]): readonly Draft[] {
  const open = suites.filter((suite) => {
    if (suite.verdict === "passed" || suite.verdict === "not-applicable") return false;
    const own = tests.some((test) => test.node === suite.node && test.suite === suite.suite);
    return suite.verdict === "inconclusive" || suite.verdict === "not-run" || !own;
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
    passedIn: [],
    tests: [],
  };
}

function letter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letter(Math.floor(index / 26) - 1) + last;
}

/** The first lines of a message that say something, as one line. */
function oneLine(test: UncausedTest | undefined): string {
  const lines = (test?.message ?? "").split("\n").map((line) => line.trim());
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
