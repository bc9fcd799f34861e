import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readJunitXml } from "../../../reports/formats/junit-xml.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/results");
const read = (name: string) => readJunitXml(memoryFile(readFileSync(join(fixtures, name)), name));

async function statuses(name: string): Promise<Readonly<Record<string, string>>> {
  const { tests, damaged } = await read(name);
  expect(damaged).toBeNull();
  return Object.fromEntries(tests.map((test) => [test.name, test.status]));
}

describe("what Maven Surefire writes", () => {
  it("tells every outcome, with its output and the properties in it", async () => {
    expect(await statuses("surefire/outcomes/TEST-example.OutcomesTest.xml")).toEqual({
      passes: "passed",
      fails: "failed",
      breaks: "error",
      skipped: "skipped",
      "parametrised(int)[1]": "passed",
      "parametrised(int)[2]": "failed",
    });
    const { tests, properties } = await read("surefire/outcomes/TEST-example.OutcomesTest.xml");
    const test = (name: string) => tests.find((one) => one.name === name);
    expect(test("passes")?.properties).toEqual([{ name: "requirement", value: "SR-12" }]);
    expect(test("skipped")?.message).toBe("not on this machine");
    expect(test("fails")).toMatchObject({
      class: "example.OutcomesTest",
      message: 'expected: <one "1"> but was: <two <2>>',
    });
    expect(test("fails")?.stdout).toContain("before the failure <&> ]]>");
    expect(properties?.map((one) => one.name)).not.toContain("user.home");
    expect(properties).toContainEqual({ name: "java.version", value: "17.0.15" });
  });

  it("tells the attempts of what it repeated, though its totals are of the last run only", async () => {
    const { tests, damaged, remarks } = await read("surefire/reruns/TEST-example.FlakyTest.xml");
    expect(damaged).toBeNull();
    expect(remarks).toEqual(["The suite example.FlakyTest says that it has 1 tests: 3 are there."]);
    const rows = tests.map((test) => [
      test.name,
      test.status,
      test.attempts?.map((one) => `${one.status}: ${one.message}`),
    ]);
    expect(Object.fromEntries(rows.map(([name, ...rest]) => [name, rest]))).toEqual({
      passesAtTheSecondAttempt: ["passed", ["failed: too early ==> expected: <true> but was: <false>"]],
      breaksAtTheFirstAttempt: ["passed", ["error: not yet"]],
      neverPasses: ["failed", ["failed: never", "failed: never"]],
    });
    expect(tests[0]?.attempts?.[0]).toMatchObject({
      stdout: "attempt 1",
      details: expect.stringContaining("FlakyTest.java:14"),
    });
  });

  it("tells a broken set-up of a class as a test without a name", async () => {
    const { tests, damaged } = await read("surefire/set-up/TEST-example.SetUpTest.xml");
    expect(damaged).toBeNull();
    expect(tests).toMatchObject([{ class: "example.SetUpTest", name: "(the class itself)", status: "error" }]);
  });

  it("is nothing where its process ended early or was killed: only the plan knows what is missing", () => {
    for (const run of ["crash", "hang"]) expect(existsSync(join(fixtures, "surefire", run, "none.txt"))).toBe(true);
  });
});

describe("what pytest writes", () => {
  it.each(["pytest/outcomes.xml", "pytest/outcomes-xunit1.xml"])("tells every outcome in %s", async (name) => {
    expect(await statuses(name)).toEqual({
      test_passes: "passed",
      test_fails: "failed",
      test_breaks: "failed",
      test_skipped: "skipped",
      test_expected_failure: "skipped",
      test_unexpected_success: "failed",
      "test_parametrised[1]": "passed",
      "test_parametrised[a-b[c]]": "failed",
      test_passes_then_teardown_breaks: "error",
      test_fails_then_teardown_breaks: "error",
      test_setup_breaks: "error",
      test_subtests: "failed",
    });
  });

  it("tells all sub-tests, tear-downs, reasons, properties, measures and attachments", async () => {
    const { tests } = await read("pytest/outcomes.xml");
    const test = (name: string) => tests.find((one) => one.name === name);
    expect(tests).toHaveLength(12);
    expect(test("test_subtests")?.message).toBe("assert (1 % 2) == 0\nassert (3 % 2) == 0\ncontains 2 failed subtests");
    expect(test("test_fails_then_teardown_breaks")?.message).toBe(
      'AssertionError: the call\nassert False\nfailed on teardown with "OSError: could not clean up"',
    );
    expect(test("test_expected_failure")?.message).toBe("expected failure: known bug");
    expect(test("test_passes")).toMatchObject({
      properties: [{ name: "requirement", value: "SR-12" }],
      measures: [{ name: "throughput", value: 1250.5, unit: "req/s", better: "higher" }],
      attachments: [{ path: "screens/first.png" }],
    });
  });

  it("tells the line of a test, which it counts from 0", async () => {
    const { tests } = await read("pytest/outcomes-xunit1.xml");
    const source = readFileSync(join(fixtures, "capture/pytest/test_outcomes.py"), "utf8").split("\n");
    const test = tests.find((one) => one.name === "test_fails");
    expect(source[(test?.location?.line ?? 0) - 1]).toBe("def test_fails():");
  });

  it("tells what could not be collected as an error", async () => {
    expect(await statuses("pytest/uncollectable.xml")).toEqual({ test_uncollectable: "error" });
  });
});
