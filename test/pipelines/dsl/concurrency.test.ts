import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ConcurrencySpec, define, plan, printPlan } from "../../../pipelines/dsl/index.ts";

const params = z.object({ ref: z.string().default("main"), customer: z.string().default("all") });
type Params = z.output<typeof params>;

function nightly(concurrency?: ConcurrencySpec<Params>) {
  const { once, pipeline } = define("nightly", {
    params,
    sources: {
      product: { url: "./product", ref: ({ params }) => params.ref },
      suites: { url: "./suites", ref: "stable" },
      docs: { url: "./docs", ref: "stable" },
    },
    ...(concurrency === undefined ? {} : { concurrency }),
  });
  return pipeline([once("source", { run: async () => {} })]);
}

describe("the concurrency of a plan", () => {
  it("is that of the pipeline and the refs of its sources", async () => {
    const made = await plan(nightly({ mode: "queue" }), { ref: "v2" });
    expect(made.concurrency).toEqual({ lane: "nightly v2 stable", mode: "queue" });
    expect(printPlan(made)).toMatch(/^Concurrency\n {2}nightly v2 stable {2}queue$/m);
  });

  it("is what the definition's key says", async () => {
    const made = await plan(nightly({ mode: "replace", key: ({ params }) => params.customer }), { customer: "acme" });
    expect(made.concurrency).toEqual({ lane: "nightly acme", mode: "replace" });
    expect((await plan(nightly({ mode: "refuse", key: () => "" }))).concurrency?.lane).toBe("nightly");
  });

  it("is not there where the definition says nothing", async () => {
    expect(await plan(nightly())).not.toHaveProperty("concurrency");
  });

  it.each<[string, ConcurrencySpec<Params>, RegExp]>([
    ["a mode that is misspelt", { mode: "que" as never }, /"que" is no mode.*/],
    ["a key that is no text", { mode: "queue", key: () => undefined as never }, /its key is undefined/],
    ["a key of two lines", { mode: "queue", key: () => "a\nb" }, /its key is "a\\nb"/],
    [
      "a key that throws",
      {
        mode: "queue",
        key: () => {
          throw new Error("no such customer");
        },
      },
      /its key threw: no such customer/,
    ],
  ])("refuses %s", async (_what, concurrency, words) => {
    await expect(plan(nightly(concurrency))).rejects.toThrow(words);
  });
});
