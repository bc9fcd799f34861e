import { describe, expect, it } from "vitest";
import type { Difference } from "../../reports/difference.ts";
import type { SuiteResult, TestStatus } from "../../reports/results.ts";
import type { SealedCertificate } from "../../reports/seal.ts";
import { judgedRun } from "../fixtures/reports/judged.ts";
import { plan } from "../fixtures/reports/plan.ts";
import { notRun } from "../fixtures/reports/stories.ts";

const cell = "debian-13/kvm-ssh";

/** The system suite of one cell holds exactly these tests. */
function holding(tests: Readonly<Record<string, TestStatus>>): (result: SuiteResult) => SuiteResult {
  return (result) => {
    const [like] = result.tests;
    if (result.cell !== cell || result.suite !== "system" || like === undefined) return result;
    const own = Object.entries(tests).map(([name, status]) => ({ ...like, class: "c", name, status, message: status }));
    const red = own.some(({ status }) => status === "failed" || status === "error");
    return { ...result, exitCode: red ? 1 : 0, tests: own };
  };
}

async function run(
  number: number,
  tests: Readonly<Record<string, TestStatus>>,
  past: readonly SealedCertificate[] = [],
): Promise<SealedCertificate> {
  return judgedRun({ run: `run-${number}`, day: number, past, change: holding(tests) });
}

const lists = ["newlyFailing", "stillFailing", "fixed", "newlySkipped", "removed", "added"] as const;

function namesOf(difference: Difference | null): Readonly<Record<string, readonly string[]>> {
  const filled = lists.flatMap((list) => {
    const names = (difference?.[list] ?? []).map(({ name }) => name);
    return names.length === 0 ? [] : [[list, names] as const];
  });
  return Object.fromEntries(filled);
}

describe("the difference from the previous certificate", () => {
  it.each<[TestStatus | null, TestStatus | null, string | null]>([
    ["passed", "passed", null],
    ["passed", "failed", "newlyFailing"],
    ["passed", "error", "newlyFailing"],
    ["skipped", "failed", "newlyFailing"],
    ["failed", "failed", "stillFailing"],
    ["error", "failed", "stillFailing"],
    ["failed", "passed", "fixed"],
    ["failed", "skipped", "newlySkipped"],
    ["passed", "skipped", "newlySkipped"],
    ["skipped", "skipped", null],
    ["skipped", "passed", null],
    ["passed", null, "removed"],
    ["failed", null, "removed"],
    [null, "passed", "added"],
    [null, "skipped", "added"],
  ])("of a test that was %s and is %s: %s", async (was, is, list) => {
    const of = (status: TestStatus | null): Readonly<Record<string, TestStatus>> => ({
      other: "passed",
      ...(status === null ? {} : { x: status }),
    });
    const { certificate } = await run(2, of(is), [await run(1, of(was))]);
    expect(namesOf(certificate.difference)).toEqual(list === null ? {} : { [list]: ["x"] });
  });

  it("tells a new test that fails as both", async () => {
    const { certificate } = await run(2, { other: "passed", x: "failed" }, [await run(1, { other: "passed" })]);
    expect(namesOf(certificate.difference)).toEqual({ newlyFailing: ["x"], added: ["x"] });
  });

  it("names the earlier certificate, and links what fails", async () => {
    const before = await run(1, { x: "passed" });
    const { certificate } = await run(2, { x: "failed" }, [before]);
    expect(certificate.difference?.previous).toEqual({
      run: "run-1",
      digest: before.digest,
      finishedAt: before.certificate.finishedAt,
      version: "1.2.0",
      verdict: "passed",
    });
    expect(certificate.difference?.newlyFailing[0]).toEqual({
      ...{ cell, suite: "system", class: "c", name: "x", params: null, occurrence: 1 },
      anchor: certificate.failures[0]?.anchor,
    });
    expect(certificate.difference?.cells).toEqual([{ id: cell, before: "passed", now: "failed" }]);
  });

  it("counts how long a test has been failing", async () => {
    const one = await run(1, { x: "passed", y: "failed" });
    const two = await run(2, { x: "failed", y: "failed" }, [one]);
    const three = await run(3, { x: "failed", y: "passed" }, [two, one]);
    const four = await run(4, { x: "failed", y: "failed" }, [three, two, one]);
    const ages = four.certificate.difference?.stillFailing.map(({ name, since, runs }) => [name, since, runs]);
    expect(ages).toEqual([["x", "run-2", 3]]);
    expect(namesOf(four.certificate.difference).newlyFailing).toEqual(["y"]);
    expect(two.certificate.difference?.stillFailing).toMatchObject([{ name: "y", since: "run-1", runs: 2 }]);
  });

  it("says of a cell without evidence only what became of it", async () => {
    const full = await run(1, { x: "failed" });
    const without = await judgedRun({ run: "run-2", past: [full], stories: notRun });
    expect(namesOf(without.certificate.difference)).toEqual({});
    expect(without.certificate.difference?.cells).toEqual([{ id: cell, before: "failed", now: "not-run" }]);
    const again = await run(3, { x: "failed", y: "passed" }, [without, full]);
    expect(namesOf(again.certificate.difference)).toEqual({ newlyFailing: ["x"] });
  });

  it("takes nothing away where a run was limited to some cells", async () => {
    const [left, ...cells] = plan.cells;
    const partial = { chosen: ["x"], cells: left === undefined ? [] : [left], stages: [] };
    const nodes = plan.nodes.filter(({ id }) => !id.endsWith(left?.id ?? ""));
    const { certificate } = await judgedRun({
      run: "run-2",
      past: [await run(1, { x: "passed" })],
      change: holding({ x: "passed" }),
      plan: { cells, partial, nodes },
    });
    expect(certificate.difference).toMatchObject({ removed: [], added: [], newlyFailing: [] });
    expect(certificate.difference?.cells.map(({ id }) => id)).not.toContain(left?.id);
  });

  it("tells the tests of a suite that is expected no more", async () => {
    const nodes = plan.nodes.map((node) => ({ ...node, suites: node.suites.filter(({ name }) => name === "library") }));
    const { certificate } = await judgedRun({
      run: "run-2",
      past: [await judgedRun({ run: "run-1" })],
      plan: { nodes },
    });
    expect(certificate.difference?.removed).toHaveLength(33);
  });

  it("is not told from a certificate of the very same run", async () => {
    expect((await run(1, { x: "passed" }, [await run(1, { x: "failed" })])).certificate.difference).toBeNull();
    expect((await run(1, { x: "passed" })).certificate.difference).toBeNull();
  });

  it("lists all that fails, and a thousand of the others with the number of the rest", async () => {
    const tests = (prefix: string, status: TestStatus) =>
      Object.fromEntries(Array.from({ length: 1_200 }, (_, index) => [`${prefix}${index}`, status] as const));
    const before = await run(1, { ...tests("a", "passed"), ...tests("b", "passed"), ...tests("c", "failed") });
    const { certificate } = await run(
      2,
      { ...tests("b", "failed"), ...tests("c", "passed"), ...tests("d", "passed") },
      [before],
    );
    const { difference } = certificate;
    expect(difference?.newlyFailing).toHaveLength(1_200);
    expect(["removed", "added", "fixed"].map((list) => namesOf(difference)[list]?.length)).toEqual([
      1_000, 1_000, 1_000,
    ]);
    expect(difference?.more).toEqual({ removed: 200, added: 200, fixed: 200 });
  });
});
