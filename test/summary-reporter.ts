import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";
import { isExcused } from "./unavailable.ts";

/** What a test run came to; a skip that nothing excuses is counted as failed. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Counts the tests, names unexcused skips, and writes the tally as JSON where `EDGECERT_TALLY` points. */
export default class SummaryReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const milliseconds = test.diagnostic()?.duration ?? 0;
    if (milliseconds > 5_000) {
      console.log(`  ${test.result().state} ${Math.round(milliseconds / 1000)} s  ${test.fullName}`);
    }
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tally: Tally = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) tally.failed += 1;
      for (const test of module.children.allTests()) count(test, tally);
    }
    const target = process.env.EDGECERT_TALLY;
    if (target !== undefined) writeFileSync(target, JSON.stringify(tally));
  }
}

function count(test: TestCase, tally: Tally): void {
  const result = test.result();
  if (result.state === "passed") tally.passed += 1;
  else if (result.state === "failed") tally.failed += 1;
  else {
    const reason = result.state === "skipped" ? result.note : "it never ran";
    if (process.env.CI === undefined || isExcused(reason)) tally.skipped += 1;
    else {
      tally.failed += 1;
      console.log(`A skip that test/unavailable.ts does not excuse: ${test.fullName} (${reason ?? "no reason given"})`);
    }
  }
}
