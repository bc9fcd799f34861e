import { expect, test } from "vitest";
import { catalogRows } from "../../../pipelines/cli/catalog.ts";
import { UsageError } from "../../../pipelines/cli/exit.ts";

test("a query is a table with one line a machine, prices with their date, and the nearest place", () => {
  const { lines, json } = catalogRows(undefined, {
    provider: "aws",
    near: "Madrid",
    minMemory: 64 * 2 ** 30,
    maxPrice: 3,
  });
  expect(lines[0]).toMatch(/^PROVIDER +NAME .*PER HOUR +NEAREST$/);
  expect(lines[1]).toContain("eu-south-2, Zaragoza");
  expect(lines.at(-1)).toMatch(/^\d+ machines\. Prices: .*2026-01-19/);
  expect(json).toHaveLength(lines.length - 3);
});

test("one machine is told in full, also one that was withdrawn", () => {
  const { lines } = catalogRows("i3.metal", {});
  expect(lines).toContain("state      withdrawn");
  expect(lines).toContain("original   offered by the system of 2020");
});

test.each([
  ["c5.metl", {}, "c5.metal"],
  [undefined, { near: "Madird" }, "Madrid"],
  [undefined, { near: "91,0" }, "latitude"],
  [undefined, { location: "Frankfrt" }, "Frankfurt"],
  [undefined, { location: "nowhere-at-all", provider: "scaleway" }, "fr-par-1"],
] as const)("%j with %j is refused, and %s is proposed", (name, words, proposed) => {
  const act = () => catalogRows(name, words);
  expect(act).toThrow(UsageError);
  expect(failure(act).next).toContain(proposed);
});

test("what nothing satisfies is said", () => {
  expect(catalogRows(undefined, { minCores: 100_000 })).toEqual({
    lines: ["No machine of the catalogue has all that: leave out or lower one of the options."],
    json: [],
  });
});

function failure(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error.failure;
  }
  throw new Error("nothing was refused");
}
