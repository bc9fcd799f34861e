import { describe, expect, it } from "vitest";
import type { DeclaredMeasure, MeasureLimit } from "../../pipelines/dsl/measure-limit.ts";
import type { CertifiedMeasure } from "../../reports/measures.ts";
import type { Measure, SuiteResult } from "../../reports/results.ts";
import type { SealedCertificate } from "../../reports/seal.ts";
import { changing, judgedRun, suiteOf, waiverOf } from "../fixtures/reports/judged.ts";
import { plan } from "../fixtures/reports/plan.ts";

const cell = "debian-12/kvm-ssh";

function requests(value: number, more: Partial<Measure> = {}): Measure {
  return { name: "requests", value, unit: "req/s", better: "higher", ...more };
}

function declaring(...measures: readonly DeclaredMeasure[]) {
  const nodes = plan.nodes.map((node) => ({
    ...node,
    suites: node.suites.map((suite) =>
      suite.name === "system" && node.id.endsWith(cell) ? { ...suite, measures } : suite,
    ),
  }));
  return { nodes };
}

function reporting(...measures: readonly Measure[]): (result: SuiteResult) => SuiteResult {
  return (result) => (result.cell === cell && result.suite === "system" ? { ...result, measures } : result);
}

async function measured(
  number: number,
  measure: readonly Measure[],
  declared: readonly DeclaredMeasure[] = [],
  past: readonly SealedCertificate[] = [],
) {
  return judgedRun({
    run: `run-${number}`,
    day: number,
    past,
    change: reporting(...measure),
    plan: declaring(...declared),
  });
}

function suiteVerdict({ certificate }: SealedCertificate) {
  const { verdict, blame, reason } = suiteOf(certificate, cell, "system");
  return { verdict, blame, reason };
}

const limited = (limit: MeasureLimit, more: Partial<DeclaredMeasure> = {}): DeclaredMeasure => ({
  name: "requests",
  limit,
  ...more,
});

describe("a declared limit", () => {
  it.each<[string, readonly Measure[], DeclaredMeasure, string, RegExp]>([
    ["at least, met", [requests(1_000)], limited({ kind: "at-least", value: 1_000 }), "passed", /^$/],
    [
      "at least, missed",
      [requests(999.5)],
      limited({ kind: "at-least", value: 1_000 }),
      "failed",
      /^requests was 999\.5 req\/s; at least 1000 req\/s is declared\.$/,
    ],
    ["at most, met", [requests(5)], limited({ kind: "at-most", value: 5 }), "passed", /^$/],
    [
      "at most, missed",
      [requests(5.1)],
      limited({ kind: "at-most", value: 5 }),
      "failed",
      /at most 5 req\/s is declared/,
    ],
    [
      "not reported",
      [],
      limited({ kind: "at-least", value: 1 }),
      "inconclusive",
      /^The declared measure requests was not reported\.$/,
    ],
    [
      "reported under another name",
      [requests(2, { name: "request" })],
      limited({ kind: "at-least", value: 1 }),
      "inconclusive",
      /was not reported/,
    ],
    [
      "reported in another unit",
      [requests(2, { unit: "req/min" })],
      limited({ kind: "at-least", value: 1 }, { unit: "req/s" }),
      "inconclusive",
      /was not reported in req\/s\.$/,
    ],
    [
      "reported as no number",
      [requests(Number.NaN)],
      limited({ kind: "at-least", value: 1 }),
      "inconclusive",
      /was not reported/,
    ],
    [
      "missed by one of two values",
      [requests(5), requests(0.5)],
      limited({ kind: "at-least", value: 1 }),
      "failed",
      /requests was 0\.5/,
    ],
    [
      "reported by the suite and not by its test",
      [requests(5)],
      limited({ kind: "at-least", value: 1 }, { test: "edgeprobe agent starts and stays up" }),
      "inconclusive",
      /requests of edgeprobe agent starts and stays up was not reported/,
    ],
  ])("%s", async (_what, reported, declared, verdict, reason) => {
    const found = suiteVerdict(await measured(1, reported, [declared]));
    expect(found.verdict).toBe(verdict);
    expect(found.reason).toMatch(reason);
  });

  it("of a test holds for what that test reports", async () => {
    const change = changing(cell, "system", (test) =>
      test.name === "starts and stays up" ? { ...test, measures: [requests(3)] } : test,
    );
    const declared = limited({ kind: "at-least", value: 4 }, { test: "edgeprobe agent starts and stays up" });
    const { certificate } = await judgedRun({ change, plan: declaring(declared) });
    expect(certificate.measures).toMatchObject([
      { test: "edgeprobe agent starts and stays up", value: 3, outcome: "missed", limit: declared.limit, cell },
    ]);
    expect(suiteOf(certificate, cell, "system")).toMatchObject({ verdict: "failed", blame: "product" });
    expect(certificate.causes.map(({ title, verdict }) => [title, verdict])).toEqual([
      ["Requests was 3 req/s; at least 4 req/s is declared", "failed"],
    ]);
  });

  it("is not waived by a waiver of a test", async () => {
    const change = (result: SuiteResult): SuiteResult => {
      const own = reporting(requests(1))(result);
      if (own === result) return result;
      const [first, ...rest] = own.tests;
      return first === undefined ? own : { ...own, exitCode: 1, tests: [{ ...first, status: "failed" }, ...rest] };
    };
    const waivers = [waiverOf({ test: "edgeprobe agent starts and stays up" })];
    const declared = limited({ kind: "at-least", value: 4 });
    const { certificate } = await judgedRun({ change, plan: { ...declaring(declared), waivers } });
    expect(suiteOf(certificate, cell, "system")).toMatchObject({ verdict: "failed", waived: 1 });
    expect(certificate.causes.map(({ verdict }) => verdict)).toEqual(["failed", "passed"]);
  });

  it("does not make up for what the tests came to", async () => {
    const damaged = (result: SuiteResult) => ({ ...reporting(requests(5))(result), damaged: "It is cut." });
    const { certificate } = await judgedRun({
      change: damaged,
      plan: declaring(limited({ kind: "at-least", value: 1 })),
    });
    expect(suiteOf(certificate, cell, "system")).toMatchObject({ verdict: "inconclusive", reason: "It is cut." });
  });
});

describe("a regression", () => {
  const tenth = limited({ kind: "regression", fraction: 0.1 });

  it.each<[string, Measure, Measure, string, RegExp]>([
    ["higher, within", requests(100), requests(90), "passed", /^$/],
    [
      "higher, beyond",
      requests(100),
      requests(89),
      "failed",
      /^requests was 89 req\/s, 100 req\/s in the last green certificate; 10 % of loss is declared\.$/,
    ],
    ["higher, better", requests(100), requests(200), "passed", /^$/],
    ["lower, within", requests(100, { better: "lower" }), requests(110, { better: "lower" }), "passed", /^$/],
    [
      "lower, beyond",
      requests(100, { better: "lower" }),
      requests(111, { better: "lower" }),
      "failed",
      /requests was 111/,
    ],
    ["below zero, beyond", requests(-100), requests(-111), "failed", /requests was -111/],
    [
      "in another unit",
      requests(100),
      requests(99, { unit: "req/min" }),
      "inconclusive",
      /cannot be compared with 100 req\/s/,
    ],
    ["with another direction", requests(100), requests(10, { better: "lower" }), "inconclusive", /cannot be compared/],
    ["without a direction", requests(100), requests(10, { better: "neither" }), "inconclusive", /does not say whether/],
  ])("%s", async (_what, before, now, verdict, reason) => {
    const found = suiteVerdict(await measured(2, [now], [tenth], [await measured(1, [before], [tenth])]));
    expect(found.verdict).toBe(verdict);
    expect(found.reason).toMatch(reason);
  });

  it("has nothing to fall behind the first time", async () => {
    const first = await measured(1, [requests(5)], [tenth]);
    expect(suiteVerdict(first).verdict).toBe("passed");
    expect(first.certificate.measures[0]).toMatchObject({ outcome: "unlimited", limit: tenth.limit, past: [] });
  });

  it("is not forgotten by failing once", async () => {
    const one = await measured(1, [requests(100)], [tenth]);
    const two = await measured(2, [requests(50)], [tenth], [one]);
    const three = await measured(3, [requests(50)], [tenth], [two, one]);
    expect([one, two, three].map((run) => suiteVerdict(run).verdict)).toEqual(["passed", "failed", "failed"]);
  });
});

describe("measures that nothing is declared about", () => {
  it("are only shown, with what they were", async () => {
    const runs: SealedCertificate[] = [];
    for (const number of [1, 2, 3]) runs.unshift(await measured(number, [requests(number)], [], runs));
    const [third] = runs;
    const [shown] = third?.certificate.measures ?? [];
    const at = (index: number) => runs[index]?.certificate.finishedAt;
    expect(shown).toEqual({
      ...requests(3),
      ...{ cell, node: `results@${cell}`, suite: "system", test: null },
      ...{ limit: null, outcome: "unlimited", reason: "" },
      past: [
        { run: "run-1", at: at(2), value: 1 },
        { run: "run-2", at: at(1), value: 2 },
      ],
    } satisfies Record<keyof CertifiedMeasure, unknown>);
  });

  it("of one name, told several times, keep pasts of their own", async () => {
    const one = await measured(1, [requests(1), requests(2)]);
    const two = await measured(2, [requests(3), requests(4)], [], [one]);
    expect(two.certificate.measures.map(({ value, past }) => [value, past.map((before) => before.value)])).toEqual([
      [3, [1]],
      [4, [2]],
    ]);
  });

  it("are remembered for thirty certificates", async () => {
    let past: readonly SealedCertificate[] = [];
    for (let number = 1; number <= 33; number++) past = [await measured(number, [requests(number)], [], past)];
    const values = past[0]?.certificate.measures[0]?.past.map(({ value }) => value);
    expect(values).toEqual(Array.from({ length: 30 }, (_, index) => index + 3));
  });
});
