import type { Plan } from "../pipelines/dsl/plan-document.ts";
import { sha256 } from "./canonical-json.ts";
import type { UncausedTest } from "./causes.ts";
import type { SuiteResult, TestResult } from "./results.ts";
import type { RunVerdicts } from "./verdict.ts";

/**
 * Every test that failed or broke, of the attempts that count and of those before them; and every one that passed only
 * after its own framework had tried it again.
 */
export function failedTests(plan: Plan, run: RunVerdicts): readonly UncausedTest[] {
  return run.suites.flatMap((suite) => [
    ...failedIn(suite.result, suite.waived, plan),
    ...suite.earlier.filter((one) => one.attempt !== suite.result?.attempt).flatMap((one) => failedIn(one, null, plan)),
  ]);
}

/** `waived` holds the letters of the evidence that counts; null for evidence that does not. */
function failedIn(
  result: SuiteResult | null,
  waived: ReadonlyMap<TestResult, string> | null,
  plan: Plan,
): readonly UncausedTest[] {
  if (result === null) return [];
  const scope = plan.nodes.find((node) => node.id === result.node)?.cell ?? {};
  const counted = waived !== null;
  return result.tests.flatMap((test) => {
    const status = shownStatus(test);
    if (status === null) return [];
    const { cell, measures: _, ...rest } = test;
    const identity = [cell, test.suite, test.framework, test.class, test.name, test.params, test.occurrence];
    const anchor = `test-${sha256(JSON.stringify([...identity, result.attempt])).slice(0, 12)}`;
    const letter = waived?.get(test);
    const waiver = letter === undefined ? {} : { waiver: letter };
    return [{ ...rest, status, anchor, counted, scope, node: result.node, attempt: result.attempt, ...waiver }];
  });
}

function shownStatus({ status, attempts = [] }: TestResult): UncausedTest["status"] | null {
  if (status === "failed" || status === "error") return status;
  const flaky = status === "passed" && attempts.some((one) => one.status === "failed" || one.status === "error");
  return flaky ? "passed" : null;
}
