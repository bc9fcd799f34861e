import type { Event } from "../pipelines/dsl/event.ts";
import type { Plan } from "../pipelines/dsl/plan-document.ts";
import type { SuiteResult, TestResult, TestStatus } from "./results.ts";
import { attemptKey } from "./touch.ts";

/** What makes two results of one suite the same test. */
export function testKey(test: Pick<TestResult, "class" | "name" | "params" | "occurrence">): string {
  return JSON.stringify([test.class, test.name, test.params, test.occurrence]);
}

/**
 * The tests of a suite that ended otherwise in an earlier attempt: of their own framework, or of the stage where that
 * attempt had the same packages installed. Repetitions inside one file are tests of their own: they make none flaky.
 */
export function flakyTests(
  result: SuiteResult,
  earlier: readonly SuiteResult[],
  samePackages: (attempt: number) => boolean,
): ReadonlySet<TestResult> {
  const flaky = new Set(
    result.tests.filter(({ status, attempts }) => attempts?.some((one) => differs(one.status, status))),
  );
  const comparable = earlier.filter(({ attempt }) => attempt !== result.attempt && samePackages(attempt));
  if (comparable.length === 0) return flaky;
  const tests = new Map(result.tests.map((test) => [testKey(test), test]));
  for (const before of comparable.flatMap((one) => one.tests)) {
    const now = tests.get(testKey(before));
    if (now !== undefined && differs(before.status, now.status)) flaky.add(now);
  }
  return flaky;
}

/** Because a skipped test says nothing about the product, it differs from nothing; failed and broken are both red. */
function differs(before: TestStatus, now: TestStatus): boolean {
  if (before === "skipped" || now === "skipped") return false;
  return (before === "passed") !== (now === "passed");
}

/**
 * The digests of the packages that each attempt of each node could use, by {@link attemptKey}: those that the nodes it
 * needs, and those that these need, had built by its start.
 */
export function packagesByAttempt(plan: Plan, events: readonly Event[]): ReadonlyMap<string, string> {
  const needs = new Map(plan.nodes.map((node) => [node.id, needsOf(node)]));
  const built = new Map<string, Map<string, string>>();
  const attempts = new Map<string, string>();
  for (const event of events) {
    const { node = "", attempt = 1 } = event;
    if (event.type === "package.built") {
      const own = built.get(attemptKey(node, attempt)) ?? new Map<string, string>();
      built.set(attemptKey(node, attempt), own.set(event.data.file.path, event.data.file.sha256));
      built.set(node, own);
    }
    if (event.type === "node.started" && !attempts.has(attemptKey(node, attempt))) {
      const digests = above(node, needs).flatMap((id) => [...(built.get(id)?.values() ?? [])]);
      attempts.set(attemptKey(node, attempt), digests.sort().join(" "));
    }
  }
  return attempts;
}

function needsOf({ needs }: Plan["nodes"][number]): readonly string[] {
  return Object.values(needs).flatMap((need) =>
    need.kind === "every" ? need.nodes : need.node === null ? [] : [need.node],
  );
}

function above(node: string, needs: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found = new Set<string>();
  const open = [...(needs.get(node) ?? [])];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(needs.get(id) ?? []));
  }
  return [...found];
}
