import { describe, expect, it } from "vitest";
import type { Catalogue } from "../../pipelines/dsl/requirement.ts";
import type { Certificate } from "../../reports/certificate-document.ts";
import { scenarioMarks } from "../../reports/requirements/marks.ts";
import type { Property, SuiteResult, TestResult } from "../../reports/results.ts";
import { changing, judgedRun, waiverOf } from "../fixtures/reports/judged.ts";
import { notRun } from "../fixtures/reports/stories.ts";

const cell = "debian-13/kvm-ssh";

const catalogue: Catalogue = {
  name: "edgeprobe",
  pattern: "(?<![A-Za-z0-9])VS[ _]?\\d+(?:[._]\\d+)*",
  components: [
    {
      id: "CPNT1",
      title: "Agent",
      requirements: [
        {
          id: "SR1.1",
          title: "reports capacity",
          scenarios: [
            { id: "VS1.1.1", title: "memory" },
            { id: "VS1.1.2", title: "guests", where: { environment: ["kvm-ssh"] } },
          ],
        },
        { id: "SR1.2", title: "keeps secrets", status: "done", scenarios: [{ id: "VS1.1.1", title: "memory" }] },
        { id: "SR1.3", title: "is asked for", scenarios: [{ id: "VS1.3.1", title: "nobody tests it" }] },
        { id: "SR1.4", title: "is named itself", scenarios: [] },
      ],
    },
  ],
};

describe("what a test says that it proves", () => {
  const marks = scenarioMarks(catalogue);
  const test = (name: string, ...properties: readonly Property[]) => ({ class: "C", name, properties });
  const property = (name: string, value: string): Property => ({ name, value });

  it.each<[string, ReturnType<typeof test>, readonly string[], readonly string[], readonly string[]]>([
    ["nothing", test("sees memory"), [], [], []],
    ["brackets", test("sees memory [VS1.1.1]"), ["VS1.1.1"], [], []],
    ["a name of Python", test("test_VS_1_1_2_guest"), ["VS1.1.2"], [], []],
    ["two ids", test("VS 1.1.1 and VS1.1.2"), ["VS1.1.1", "VS1.1.2"], [], []],
    ["twice the same", test("VS1.1.1", property("scenario", "VS1.1.1")), ["VS1.1.1"], [], []],
    ["an unknown id", test("VS9.9.9"), [], [], ["VS9.9.9"]],
    ["no id inside a word", test("DVS1.1.1 and VSX"), [], [], []],
    ["a longer id", test("VS1.1.12"), [], [], ["VS1.1.12"]],
    ["a property", test("x", property("scenario", "vs1.1.1")), ["VS1.1.1"], [], []],
    [
      "several by comma",
      test("x", property("verifies", "VS1.1.1,VS1.1.2 , SR1.4")),
      ["VS1.1.1", "VS1.1.2"],
      ["SR1.4"],
      [],
    ],
    ["several by space", test("x", property("Verifies", "VS1.1.1 VS1.1.2")), ["VS1.1.1", "VS1.1.2"], [], []],
    ["an id that holds a space", test("x", property("scenario", "VS 1.1.1")), ["VS1.1.1"], [], []],
    ["a requirement", test("x", property("requirement", "SR1.4")), [], ["SR1.4"], []],
    ["another property", test("x", property("owner", "VS1.1.1")), [], [], []],
    ["an empty property", test("x", property("scenario", " , ")), [], [], []],
    ["the class", { ...test("x"), class: "VS1.1.1 memory" }, ["VS1.1.1"], [], []],
  ])("%s", (_what, one, scenarios, requirements, unknown) => {
    expect(marks.of(one)).toEqual({ scenarios, requirements, unknown });
  });

  it("is only read from properties where the catalogue has no pattern", () => {
    const { pattern: _, ...plain } = catalogue;
    expect(scenarioMarks(plain).of(test("VS1.1.1")).scenarios).toEqual([]);
  });
});

/** `reports the memory` proves VS1.1.1 in every cell, `sees a guest` VS1.1.2, `starts` SR1.4 and an unknown scenario. */
function marking(test: TestResult): TestResult {
  const property = (name: string, value: string) => ({ ...test, properties: [{ name, value }] });
  if (test.name.startsWith("reports the memory")) return property("scenario", "VS1.1.1");
  if (test.name.startsWith("sees a guest")) return property("verifies", "VS1.1.2");
  if (test.name.startsWith("starts")) return property("verifies", "SR1.4 VS9.9.9");
  return test;
}

function marked(result: SuiteResult): SuiteResult {
  return { ...result, tests: result.tests.map(marking) };
}

async function covered(more: Parameters<typeof judgedRun>[0] = {}) {
  const change = (result: SuiteResult) => more.change?.(marked(result)) ?? marked(result);
  const { certificate } = await judgedRun({ ...more, change, plan: { ...more.plan, requirements: catalogue } });
  if (certificate.coverage === null) throw new Error("there is no coverage");
  return { certificate, coverage: certificate.coverage };
}

function scenarioOf({ coverage }: { readonly coverage: NonNullable<Certificate["coverage"]> }, id: string) {
  const found = coverage.scenarios.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no scenario ${id}`);
  return found;
}

describe("coverage", () => {
  it("goes both ways, with gaps and orphans", async () => {
    const { coverage } = await covered();
    expect(coverage.catalogue.name).toBe("edgeprobe");
    expect(coverage.requirements.map(({ id, verdict, scenarios }) => [id, verdict, scenarios])).toEqual([
      ["SR1.1", "passed", ["VS1.1.1", "VS1.1.2"]],
      ["SR1.2", "passed", ["VS1.1.1"]],
      ["SR1.3", "not-run", ["VS1.3.1"]],
      ["SR1.4", "passed", []],
    ]);
    expect(coverage.requirements[1]).toMatchObject({ component: "CPNT1", status: "done" });
    expect(scenarioOf({ coverage }, "VS1.1.1")).toMatchObject({ requirements: ["SR1.1", "SR1.2"], failures: [] });
    expect(scenarioOf({ coverage }, "VS1.1.1").cells.map(({ verdict, tests }) => [verdict, tests])).toEqual([
      ["passed", 1],
      ["passed", 1],
      ["passed", 1],
    ]);
    expect(scenarioOf({ coverage }, "VS1.3.1")).toMatchObject({ verdict: "not-run", cells: [] });
    expect(coverage.orphans).toEqual([
      { scenario: "VS9.9.9", suite: "system", test: "edgeprobe agent starts and stays up" },
    ]);
    expect(coverage.unassigned).toBe(12 + 11 - 3);
  });

  it("is not there without a catalogue", async () => {
    expect((await judgedRun()).certificate.coverage).toBeNull();
  });

  type Case = [string, Parameters<typeof judgedRun>[0], string, number];
  const system = (result: SuiteResult, change: (result: SuiteResult) => SuiteResult) =>
    result.cell === cell && result.suite === "system" ? change(result) : result;
  const memory = (change: (test: TestResult) => TestResult | null) =>
    changing(cell, "system", (test) => (test.name.startsWith("reports the memory") ? change(test) : test));
  const failing = (result: SuiteResult) => ({
    ...memory((test) => ({ ...test, status: "failed" }))(result),
    exitCode: 1,
  });

  it.each<Case>([
    ["its test failed", { change: (one) => system(one, failing) }, "failed", 1],
    [
      "its test failed and is waived",
      { change: (one) => system(one, failing), plan: { waivers: [waiverOf({ scenario: "VS1.1.1" })] } },
      "passed",
      1,
    ],
    ["its test was skipped", { change: memory((test) => ({ ...test, status: "skipped" })) }, "not-run", 1],
    [
      "another test of the suite failed",
      {
        change: (one) =>
          system(one, (own) => ({
            ...own,
            exitCode: 1,
            tests: own.tests.map((test) => (test.name.startsWith("starts") ? { ...test, status: "failed" } : test)),
          })),
      },
      "passed",
      1,
    ],
    [
      "its suite is damaged",
      { change: (one) => system(one, (own) => ({ ...own, damaged: "It is cut." })) },
      "inconclusive",
      1,
    ],
    [
      "its suite was cut before its test",
      { change: (one) => system(memory(() => null)(one), (own) => ({ ...own, damaged: "It is cut." })) },
      "not-run",
      0,
    ],
    ["the cell did not run", { stories: notRun }, "not-run", 0],
    [
      "its test was tried again",
      {
        change: memory((test) => ({
          ...test,
          attempts: [{ status: "failed", durationMs: 1, message: "", details: "", stdout: "" }],
        })),
      },
      "passed-with-retries",
      1,
    ],
  ])("of a scenario in a cell where %s: %s", async (_where, told, verdict, tests) => {
    const found = scenarioOf(await covered(told), "VS1.1.1");
    expect(found.cells.find((one) => one.cell === cell)).toEqual({ cell, verdict, tests });
    expect(found.verdict).toBe(verdict);
  });

  it("names the failures of a scenario", async () => {
    const { coverage, certificate } = await covered({ change: (one) => system(one, failing) });
    expect(scenarioOf({ coverage }, "VS1.1.1").failures).toEqual([certificate.failures[0]?.anchor]);
    expect(coverage.requirements.map(({ verdict }) => verdict)).toEqual(["failed", "failed", "not-run", "passed"]);
  });

  it("waives by a scenario only the tests that name it", async () => {
    const change = (one: SuiteResult) => system(one, failing);
    const other = await covered({ change, plan: { waivers: [waiverOf({ scenario: "VS1.1.2" })] } });
    expect(other.certificate.verdict).toBe("failed");
    const same = await covered({ change, plan: { waivers: [waiverOf({ scenario: "VS1.1.1" })] } });
    expect(same.certificate.verdict).toBe("passed");
  });

  it("asks every cell for a test that the catalogue wants there", async () => {
    const gone = changing(cell, "system", (test) => (test.name.startsWith("sees a guest") ? null : test));
    const found = scenarioOf(await covered({ change: gone }), "VS1.1.2");
    expect(found.cells).toEqual([
      { cell: "debian-12/kvm-ssh", verdict: "passed", tests: 1 },
      { cell, verdict: "not-run", tests: 0 },
      { cell: "debian-12/microvm-ssh", verdict: "passed", tests: 1 },
    ]);
    expect(found.verdict).toBe("not-run");
  });
});
