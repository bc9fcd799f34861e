import { describe, expect, it } from "vitest";
import type { Event } from "../../pipelines/dsl/event.ts";
import type { SuiteResult, TestResult, TestStatus } from "../../reports/results.ts";
import { systemTests } from "../fixtures/reports/files.ts";
import { changing, judgedRun, suiteOf } from "../fixtures/reports/judged.ts";

const cell = "debian-12/kvm-ssh";
const memory = "reports the memory of its node";

function tried(...before: readonly TestStatus[]): (test: TestResult) => TestResult {
  const attempts = before.map((status) => ({
    status,
    durationMs: 4,
    message: `${status} once`,
    details: "",
    stdout: "",
  }));
  return (test) => (test.name === memory ? { ...test, attempts } : test);
}

describe("a test that its framework tried again", () => {
  it.each<[string, readonly TestStatus[], boolean]>([
    ["failed before", ["failed"], true],
    ["broke before", ["failed", "error"], true],
    ["only passed before", ["passed"], false],
    ["was skipped before", ["skipped"], false],
  ])("is flaky where it %s: %j %s", async (_what, before, flaky) => {
    const { certificate } = await judgedRun({ change: changing(cell, "system", tried(...before)) });
    const verdict = flaky ? "passed-with-retries" : "passed";
    expect(suiteOf(certificate, cell, "system").verdict).toBe(verdict);
    const marked = suiteOf(certificate, cell, "system").tests.filter((test) => test.flaky === true);
    expect(marked.map((test) => test.name)).toEqual(flaky ? [memory] : []);
    expect(certificate.failures.map(({ status, name, counted }) => [status, name, counted])).toEqual(
      flaky ? [["passed", memory, true]] : [],
    );
    expect(certificate.failures[0]?.attempts?.length ?? 0).toBe(flaky ? before.length : 0);
    expect(certificate.causes.map((cause) => [cause.verdict, cause.title])).toEqual(
      flaky ? [["passed-with-retries", expect.stringContaining("passed only when tried again")]] : [],
    );
  });

  it("stays failed where the last attempt failed", async () => {
    const again = tried("passed");
    const change = changing(cell, "system", (test) =>
      test.name === memory ? { ...again(test), status: "failed", message: "too little" } : test,
    );
    const exit = (result: SuiteResult): SuiteResult => {
      const changed = change(result);
      return changed === result ? result : { ...changed, exitCode: 1 };
    };
    const { certificate } = await judgedRun({ change: exit });
    expect(suiteOf(certificate, cell, "system").verdict).toBe("failed");
    expect(suiteOf(certificate, cell, "system").tests.filter((test) => test.flaky)).toHaveLength(1);
  });
});

it("a test that is repeated in one file and fails once is failed, not flaky", async () => {
  const repeated = (result: SuiteResult): SuiteResult => {
    if (result.cell !== cell || result.suite !== "system") return result;
    const [test] = result.tests;
    if (test === undefined) throw new Error("there is no test");
    return { ...result, exitCode: 1, tests: [...result.tests, { ...test, occurrence: 2, status: "failed" }] };
  };
  const { certificate } = await judgedRun({ change: repeated });
  expect(suiteOf(certificate, cell, "system").verdict).toBe("failed");
  expect(suiteOf(certificate, cell, "system").tests.filter((test) => test.flaky)).toEqual([]);
});

describe("a test that differs between attempts of its stage", () => {
  const failedOnce = systemTests.map((test) =>
    test.name === memory ? { ...test, status: "failed" as const, message: "expected: 3\n     got: 2" } : test,
  );
  const stories = { [cell]: { firstAttempt: failedOnce } };

  it("is flaky where the same packages were installed", async () => {
    const { certificate } = await judgedRun({ stories });
    expect(suiteOf(certificate, cell, "system").verdict).toBe("passed-with-retries");
    expect(
      suiteOf(certificate, cell, "system")
        .tests.filter((test) => test.flaky)
        .map(({ name }) => name),
    ).toEqual([memory]);
    expect(certificate.failures.map(({ counted, attempt }) => [counted, attempt])).toEqual([[false, 1]]);
  });

  it("is not flaky where other packages were installed, and is shown", async () => {
    const changeEvents = (events: readonly Event[]): readonly Event[] => {
      const built = events.find((one) => one.type === "package.built");
      const again = events.findIndex(
        (one) => one.type === "node.started" && one.node === `results@${cell}` && one.attempt === 2,
      );
      if (built?.type !== "package.built") throw new Error("no package was built");
      const file = { ...built.data.file, sha256: "0".repeat(64) };
      const rebuilt: Event = { ...built, attempt: 2, data: { ...built.data, file } };
      const passed: Event = { ...rebuilt, type: "node.passed", data: {} };
      return events.toSpliced(again, 0, rebuilt, passed).map((one, index) => ({ ...one, seq: index + 1 }));
    };
    const { certificate } = await judgedRun({ stories, changeEvents });
    expect(suiteOf(certificate, cell, "system").verdict).toBe("passed-with-retries");
    expect(suiteOf(certificate, cell, "system").tests.filter((test) => test.flaky)).toEqual([]);
    expect(certificate.failures.map(({ counted }) => counted)).toEqual([false]);
    expect(certificate.attempts.map(({ node }) => node)).toContain(`results@${cell}`);
  });
});
