import { describe, expect, it } from "vitest";
import { historiesOf } from "../../../reports/site/history.ts";
import { type RunSummary, testLine } from "../../../reports/site/summary.ts";

const [boots, sees] = ["boots", "sees"].map((name) =>
  testLine("debian-12/kvm-ssh", "system", { class: "Guest", name }),
);

function run(index: number, given: Partial<RunSummary> & { readonly failing?: RunSummary["failing"] }): RunSummary {
  const at = `2026-11-${String(index + 1).padStart(2, "0")}T02:00:00.000Z`;
  return {
    v: 1,
    digest: "",
    run: `run-${index}`,
    pipeline: "nightly",
    product: "probe",
    verdict: "passed",
    headline: "",
    startedAt: at,
    finishedAt: at,
    cells: [],
    passed: 1,
    failed: 0,
    skipped: 0,
    failing: { tests: [], more: 0 },
    flaky: { tests: [], more: 0 },
    slowest: [],
    readiness: null,
    ...given,
  };
}

const listed = (...tests: readonly (string | undefined)[]) => ({
  tests: tests.filter((test) => test !== undefined),
  more: 0,
});

describe("the history of a pipeline", () => {
  it("knows since when a test fails, without a pass in between", () => {
    const [history] = historiesOf([
      run(0, { failing: listed(boots, sees) }),
      run(1, { failing: listed(sees) }),
      run(2, { failing: listed(boots, sees) }),
      run(3, { failing: listed(boots, sees) }),
    ]);
    expect(history?.failing).toEqual([
      { test: sees, since: "run-0", runs: 4 },
      { test: boots, since: "run-2", runs: 2 },
    ]);
  });

  it("calls flaky what differed in one run, or turned more than twice; not what broke and was mended", () => {
    const turning = [0, 1, 2, 3].map((index) => run(index, { failing: index % 2 === 0 ? listed(boots) : listed() }));
    expect(historiesOf(turning)[0]?.flaky).toEqual([{ test: boots, differed: 0, failed: 2, turns: 3, of: 4 }]);
    const mended = [0, 1, 2, 3].map((index) => run(index, { failing: index === 1 ? listed(boots) : listed() }));
    expect(historiesOf(mended)[0]?.flaky).toEqual([]);
    expect(historiesOf([run(0, { flaky: listed(sees) })])[0]?.flaky).toMatchObject([{ test: sees, differed: 1 }]);
  });

  it("keeps pipelines apart, the one with the newest run first, and compares what was slow", () => {
    const slow = (ms: number) => ({ slowest: [{ test: boots ?? "", ms }] });
    const histories = historiesOf([run(0, slow(900)), run(1, { pipeline: "release" }), run(2, slow(1_200))]);
    expect(histories.map(({ pipeline, runs }) => [pipeline, runs.length])).toEqual([
      ["nightly", 2],
      ["release", 1],
    ]);
    expect(histories[0]?.slowest).toEqual([{ test: boots, ms: 1_200, before: 900 }]);
  });
});
