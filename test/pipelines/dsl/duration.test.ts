import { describe, expect, it } from "vitest";
import { failureOf, parseDuration, printDuration } from "../../../pipelines/dsl/index.ts";

describe("a duration", () => {
  it.each([
    ["1ms", 1],
    ["250ms", 250],
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["2h", 7_200_000],
    ["1.5h", 5_400_000],
    ["0.1s", 100],
    ["7d", 604_800_000],
    ["365d", 31_536_000_000],
  ])("%s is %d ms", (text, value) => {
    expect(parseDuration(text)).toBe(value);
  });

  it.each([
    "",
    "5",
    "h",
    "0h",
    "0.0001ms",
    "-1h",
    "+1h",
    "1 h",
    " 1h",
    "1h ",
    "1h30m",
    "1e3s",
    "Infinityh",
    "1H",
    "1,5h",
    ".5h",
    "1.h",
    "366d",
    "１h",
    "1h\n",
  ])("%j is none", (text) => {
    const thrown = (() => {
      try {
        return parseDuration(text);
      } catch (error) {
        return failureOf(error);
      }
    })();
    expect(thrown).toMatchObject({ reason: "bad-duration", class: "configuration" });
    expect(thrown).toHaveProperty("detail", expect.stringContaining(JSON.stringify(text)));
  });

  it.each([
    [604_800_000, "7d"],
    [5_400_000, "90m"],
    [90_000, "90s"],
    [1500, "1500ms"],
    [0, "0ms"],
  ])("%d ms is printed as %s", (value, text) => {
    expect(printDuration(value)).toBe(text);
  });
});
