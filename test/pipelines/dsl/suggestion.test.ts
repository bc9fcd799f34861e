import { describe, expect, it } from "vitest";
import { closest, didYouMean } from "../../../pipelines/dsl/index.ts";

describe("a suggestion", () => {
  it.each([
    ["debain-12", "debian-12"],
    ["pckages", "packages"],
    ["RESULTS", "results"],
    ["oss", "os"],
    ["xyz", undefined],
    ["", undefined],
  ])("for %j is %j", (word, meant) => {
    expect(closest(word, ["os", "results", "packages", "debian-12", "debian-13"])).toBe(meant);
  });

  it("names what exists where nothing is close", () => {
    expect(didYouMean("region", ["os", "environment"])).toBe("Known: os, environment.");
    expect(didYouMean("region", [])).toBe("There is none to choose from.");
  });
});
