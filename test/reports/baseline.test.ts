import { describe, expect, it } from "vitest";
import type { Event } from "../../pipelines/dsl/event.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { SuiteResult } from "../../reports/results.ts";
import type { SealedCertificate } from "../../reports/seal.ts";
import { systemTests } from "../fixtures/reports/files.ts";
import { changing, judgedRun, suiteOf, waiverOf } from "../fixtures/reports/judged.ts";
import { plan } from "../fixtures/reports/plan.ts";
import { notRun, redAndDamaged } from "../fixtures/reports/stories.ts";

const cell = "debian-12/kvm-ssh";
const fewer = { [cell]: { system: systemTests.slice(2) } };
const names = systemTests.slice(0, 2).map(({ group, name }) => `${group} ${name}`);

async function first(): Promise<SealedCertificate> {
  return judgedRun({ run: "run-1" });
}

describe("tests that vanished", () => {
  it("make their suite inconclusive, with the certificate that had them", async () => {
    const before = await first();
    const { certificate } = await judgedRun({ run: "run-2", day: 1, past: [before], stories: fewer });
    const suite = suiteOf(certificate, cell, "system");
    expect(suite).toMatchObject({
      verdict: "inconclusive",
      blame: "evidence",
      reason: `2 tests vanished since run-1: “${names[0]}” and “${names[1]}”.`,
      baseline: { run: "run-1", digest: before.digest, vanished: 2, missing: names },
    });
    expect(certificate.verdict).toBe("inconclusive");
    const [cause] = certificate.causes;
    expect(cause?.next).toContain('a waiver of the scope {"suite":"system","vanished":2}');
    expect(cause?.detail).toBe(names.join("\n"));
    expect(suiteOf(certificate, cell, "library")).toMatchObject({ verdict: "passed", baseline: { vanished: 0 } });
  });

  it.each<[string, (result: SuiteResult) => SuiteResult, number]>([
    ["a renamed test", changing(cell, "system", (one) => ({ ...one, name: one.name.replace("memory", "RAM") })), 1],
    [
      "a renamed class",
      changing(cell, "library", (one) => ({ ...one, class: one.class.replace("NumaTest", "Numa") })),
      2,
    ],
    ["a renamed parameter", changing(cell, "system", (one) => ({ ...one, params: "x" })), 12],
    ["one repetition less", changing(cell, "system", (one) => (one.occurrence === 2 ? null : one)), 1],
    [
      "nothing but its status",
      changing(cell, "system", (one) => ({ ...one, status: one.name.includes("memory") ? "skipped" : one.status })),
      0,
    ],
    ["a new test", changing(cell, "system", (one) => one), 0],
  ])("are told from %s", async (_what, change, count) => {
    const repeated = (result: SuiteResult): SuiteResult => {
      const [test] = result.tests;
      return test === undefined ? result : { ...result, tests: [...result.tests, { ...test, occurrence: 2 }] };
    };
    const before = await judgedRun({ run: "run-1", change: repeated });
    const { certificate } = await judgedRun({
      run: "run-2",
      past: [before],
      change: (result) => change(repeated(result)),
    });
    const lost = certificate.suites.reduce((sum, suite) => sum + (suite.baseline?.vanished ?? 0), 0);
    expect(lost).toBe(count);
    expect(certificate.verdict).toBe(count === 0 ? "passed" : "inconclusive");
  });

  it("do not hide failed tests", async () => {
    const stories = {
      [cell]: { system: systemTests.slice(2).map((one) => ({ ...one, status: "failed" as const, message: "x" })) },
    };
    const { certificate } = await judgedRun({ run: "run-2", past: [await first()], stories });
    expect(suiteOf(certificate, cell, "system")).toMatchObject({ verdict: "failed", baseline: { vanished: 2 } });
  });

  it("are nobody's complaint where the suite is new, or the cell was left out", async () => {
    const [left] = plan.cells;
    const partial = { partial: { chosen: ["x"], cells: [left ?? { id: "", values: {} }], stages: [] } };
    const nodes = plan.nodes.filter((node) => node.cell.environment !== "kvm-ssh" || node.cell.os !== "debian-12");
    const before = await judgedRun({ run: "run-1", plan: { ...partial, cells: plan.cells.slice(1), nodes } });
    expect(
      suiteOf((await judgedRun({ run: "run-2", past: [before], stories: fewer })).certificate, cell, "system"),
    ).not.toHaveProperty("baseline");
    const here = (one: Event) => one.node === undefined || nodes.some(({ id }) => id === one.node);
    const { certificate } = await judgedRun({
      run: "run-3",
      past: [await first()],
      changeEvents: (events) => events.filter(here).map((one, index) => ({ ...one, seq: index + 1 })),
      plan: { ...partial, cells: plan.cells.slice(1), nodes },
    });
    expect(certificate.suites.map(({ verdict }) => verdict)).toEqual(["passed", "passed", "passed", "passed"]);
  });
});

describe("the baseline", () => {
  it("is the latest certificate in which the suite was green", async () => {
    const green = await first();
    const bad = await judgedRun({ run: "run-2", stories: { ...notRun, ...redAndDamaged }, past: [green] });
    const third = await judgedRun({ run: "run-3", past: [bad, green], stories: fewer });
    const runs = third.certificate.suites.map(({ node, suite, baseline }) => [node, suite, baseline?.run]);
    expect(runs).toContainEqual([`results@${cell}`, "system", "run-2"]);
    expect(runs).toContainEqual(["results@debian-13/kvm-ssh", "system", "run-1"]);
    expect(runs).toContainEqual(["results@debian-12/microvm-ssh", "system", "run-1"]);
    expect(runs).toContainEqual(["results@debian-12/microvm-ssh", "library", "run-2"]);
  });

  it("is never the certificate that lost the tests", async () => {
    const lost = await judgedRun({ run: "run-2", past: [await first()], stories: fewer });
    const again = await judgedRun({ run: "run-3", past: [lost, await first()], stories: fewer });
    expect(suiteOf(again.certificate, cell, "system")).toMatchObject({
      verdict: "inconclusive",
      baseline: { run: "run-1" },
    });
  });

  it("is never of another pipeline", async () => {
    const other = await judgedRun({ run: "run-1", plan: { pipeline: "another" } });
    const { certificate } = await judgedRun({ run: "run-2", past: [other], stories: fewer });
    expect(certificate.verdict).toBe("passed");
    expect(certificate.difference).toBeNull();
  });

  it("is found where the stage was called otherwise", async () => {
    const nodes = plan.nodes.map((node) => ({
      ...node,
      id: node.id.replace("results@", "tests@"),
      stage: node.stage.replace("results", "tests"),
    }));
    const changeEvents = (
      events: Parameters<NonNullable<NonNullable<Parameters<typeof judgedRun>[0]>["changeEvents"]>>[0],
    ) =>
      events.map((one) => ({
        ...one,
        ...(one.node === undefined ? {} : { node: one.node.replace("results@", "tests@") }),
      }));
    const { certificate } = await judgedRun({
      run: "run-2",
      past: [await first()],
      stories: fewer,
      plan: { nodes },
      changeEvents,
    });
    expect(suiteOf(certificate, cell, "system")).toMatchObject({ verdict: "inconclusive", baseline: { run: "run-1" } });
    expect(certificate.difference?.removed).toHaveLength(2);
    expect(certificate.difference?.added).toEqual([]);
  });
});

describe("accepting what vanished", () => {
  const accepted = (vanished: number, more: object = {}) => ({
    waivers: [waiverOf({ suite: "system", vanished, ...more })],
  });

  it("makes the suite green again, and its certificate the next baseline", async () => {
    const before = await first();
    const second = await judgedRun({ run: "run-2", past: [before], stories: fewer, plan: accepted(2) });
    expect(second.certificate.verdict).toBe("passed");
    expect(suiteOf(second.certificate, cell, "system").baseline).toMatchObject({ vanished: 2, accepted: "W1" });
    expect(second.certificate.waivers).toMatchObject([
      { letter: "W1", tests: [], accepts: [`2 tests of system of results@${cell}`], cells: [cell] },
    ]);
    const third = await judgedRun({ run: "run-3", past: [second, before], stories: fewer });
    expect(suiteOf(third.certificate, cell, "system")).toMatchObject({
      verdict: "passed",
      baseline: { run: "run-2", vanished: 0 },
    });
  });

  it.each<[string, ReturnType<typeof accepted>]>([
    ["fewer than vanished", accepted(1)],
    ["more than vanished", accepted(3)],
    ["those of another cell", accepted(2, { cell: "debian-13/kvm-ssh" })],
    ["those of another suite", { waivers: [waiverOf({ suite: "library", vanished: 2 })] }],
    ["too late", { waivers: [waiverOf({ suite: "system", vanished: 2 }, { expires: "2026-11-01" })] }],
    ["any suite", { waivers: [waiverOf({ vanished: 2 })] }],
  ])("is not done by accepting %s", async (_what, change) => {
    const { certificate } = await judgedRun({ run: "run-2", past: [await first()], stories: fewer, plan: change });
    expect(certificate.verdict).toBe("inconclusive");
    expect(certificate.remarks).toMatchObject([{ what: "Waiver" }]);
  });
});

describe("a suite without a test", () => {
  const none = { [cell]: { system: [] } };

  it.each<[string, boolean, number, RegExp]>([
    ["that never had one", false, 0, /^The suite delivered results without a single test\.$/],
    ["that had some", true, 11, /without a single test; 11 tests vanished since run-1: “.*”, “.*”, “.*” and 8 more\.$/],
  ])("%s is inconclusive until that is accepted", async (_what, had, vanished, reason) => {
    const past = had ? [await first()] : [];
    const open = await judgedRun({ run: "run-2", past, stories: none });
    expect(suiteOf(open.certificate, cell, "system")).toMatchObject({ verdict: "inconclusive" });
    expect(suiteOf(open.certificate, cell, "system").reason).toMatch(reason);
    const plan = { waivers: [waiverOf({ cell, suite: "system", vanished })] };
    const { certificate } = await judgedRun({ run: "run-2", past, stories: none, plan });
    expect(certificate.verdict).toBe("passed");
    expect(certificate.waivers[0]?.accepts).toHaveLength(1);
  });

  it.each<[string, (one: SuiteResult) => SuiteResult]>([
    ["damaged", (one) => ({ ...one, damaged: "It is cut." })],
    ["ended with another exit code", (one) => ({ ...one, exitCode: 5 })],
  ])("is not accepted where it is %s", async (_what, change) => {
    const own = (one: SuiteResult) => (one.tests.length === 0 ? change(one) : one);
    const plan = { waivers: [waiverOf({ cell, suite: "system", vanished: 0 })] };
    expect((await judgedRun({ stories: none, plan, change: own })).certificate.verdict).toBe("inconclusive");
  });
});

const lostServer: Failure = { reason: "x", class: "transient", title: "Lost", detail: "d", next: "n" };

it("is not asked of a suite that has no evidence", async () => {
  const { certificate } = await judgedRun({
    run: "run-2",
    past: [await first()],
    stories: { [cell]: { noServers: lostServer } },
  });
  expect(suiteOf(certificate, cell, "system")).toMatchObject({ verdict: "not-run", blame: "infrastructure" });
});
