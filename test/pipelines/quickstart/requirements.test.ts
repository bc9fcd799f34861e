import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarioIds } from "../../../pipelines/dsl/requirement-mistakes.ts";
import requirements from "../../../pipelines/quickstart/requirements.json" with { type: "json" };
import quickstart from "../../../pipelines/quickstart.ts";

const product = join(import.meta.dirname, "../../../pipelines/quickstart/edgeprobe");

describe("the requirements of edgeprobe", () => {
  it("stand in the plan of the quickstart", async () => {
    const { requirements: planned } = await quickstart.plan({});
    expect(planned).toEqual(requirements);
  });

  it("have a test for each scenario, and every id in a test has its scenario", () => {
    const texts = readdirSync(product, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(rb|py|go|java)$/.test(name))
      .map((name) => readFileSync(join(product, name), "utf8"));
    const named = new Set(texts.flatMap((text) => text.match(new RegExp(requirements.pattern, "gu")) ?? []));
    expect([...named].sort()).toEqual([...scenarioIds(requirements)].sort());
  });
});
