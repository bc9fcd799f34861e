import { describe, expect, it } from "vitest";
import { type DeclaredMeasure, define, plan, printPlan } from "../../../pipelines/dsl/index.ts";

function measured(...measures: readonly DeclaredMeasure[]) {
  const { once, pipeline } = define("measured", {});
  return pipeline([
    once("results", { suites: () => [{ name: "load", format: "tap", measures }], run: async () => {} }),
  ]);
}

describe("declared measures", () => {
  it("stand in the plan with their limits", async () => {
    const made = await plan(
      measured(
        { name: "requests", unit: "req/s", limit: { kind: "at-least", value: 1_000 } },
        { name: "start", limit: { kind: "regression", fraction: 0.1 } },
      ),
    );
    expect(made.nodes[0]?.suites[0]?.measures).toHaveLength(2);
    expect(printPlan(made)).toMatch(
      /suite load \(tap\)\n +measure requests: at least 1000 req\/s\n +measure start: no more than 10 % behind\n/,
    );
  });

  it.each<[string, DeclaredMeasure, RegExp]>([
    ["without a name", { name: "", limit: { kind: "at-least", value: 1 } }, /a measure is called ""/],
    [
      "with a limit that is no number",
      { name: "x", limit: { kind: "at-most", value: Number.NaN } },
      /the limit of "x" is NaN/,
    ],
    ["that may lose all", { name: "x", limit: { kind: "regression", fraction: 1 } }, /"x" may fall behind by 1\./],
    ["that must grow", { name: "x", limit: { kind: "regression", fraction: -0.1 } }, /fall behind by -0\.1/],
    [
      "of an unknown kind",
      { name: "x", limit: { kind: "about", value: 1 } as never },
      /the limit of "x" is \{"kind":"about"/,
    ],
  ])("are refused %s", async (_what, measure, words) => {
    await expect(plan(measured(measure))).rejects.toThrow(words);
  });
});
