import { describe, expect, it } from "vitest";
import { define, type Keep, plan, printPlan } from "../../../pipelines/dsl/index.ts";

function held(stage: Keep | undefined, pipelineWide?: Keep) {
  const { once, pipeline } = define("held", pipelineWide === undefined ? {} : { policies: { keep: pipelineWide } });
  const own = stage === undefined ? {} : { keep: stage };
  return pipeline([once("servers", { ...own, run: async () => {}, undo: async () => {} })]);
}

const hour = 3_600_000;

describe("keep", () => {
  it.each<[string, Keep | undefined, Keep | undefined, object]>([
    ["nothing", undefined, undefined, { keep: { value: "never", from: "default" } }],
    ["never", "never", "on-failure", { keep: { value: "never", from: "stage" } }],
    [
      "on-failure",
      "on-failure",
      undefined,
      { keep: { value: "on-failure", from: "stage" }, keepFor: { value: 4 * hour, from: "default" } },
    ],
    [
      "a time of the stage",
      { on: "failure", for: "30m" },
      "never",
      { keep: { value: "on-failure", from: "stage" }, keepFor: { value: hour / 2, from: "stage" } },
    ],
    [
      "a time of the pipeline",
      undefined,
      { on: "failure", for: "2d" },
      { keep: { value: "on-failure", from: "pipeline" }, keepFor: { value: 48 * hour, from: "pipeline" } },
    ],
  ])("that says %s is in the plan of the stage and of its undo", async (_what, stage, pipelineWide, policies) => {
    const made = await plan(held(stage, pipelineWide));
    const seen = made.nodes.map(({ policies: { keep, keepFor } }) =>
      keepFor === undefined ? { keep } : { keep, keepFor },
    );
    expect(seen).toEqual([policies, policies]);
  });

  it("is printed with its time", async () => {
    expect(printPlan(await plan(held({ on: "failure", for: "90m" })))).toContain("on-failure for 90m (stage)");
  });

  it.each<[unknown, RegExp]>([
    [{ on: "failure", for: "soon" }, /"soon" is not a positive number/],
    [{ on: "failure" }, /is not a positive number/],
    [{ on: "success", for: "2h" }, /says no time at which machines are kept/],
    ["always", /"always" says no time/],
  ])("of %j is refused with all other mistakes", async (keep, words) => {
    await expect(plan(held(keep as never))).rejects.toThrow(words);
  });
});
