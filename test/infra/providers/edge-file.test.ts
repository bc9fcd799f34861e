import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readEdgeFile } from "../../../infra/providers/edge-file.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-edge-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(content: unknown) {
  const path = join(folder, "edge.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return readEdgeFile(path);
}

test("one cluster, with what it need not say", () => {
  expect(read({ provider: "local-edge" })).toEqual([
    {
      provider: "local-edge",
      places: [{ request: { provider: "local-edge", count: 1, os: "debian-12", settings: {} } }],
    },
  ]);
});

test("neighbours at one provider are places of one rung, in the words by which failures tell them apart", () => {
  const aws = (region: string) => ({ provider: "aws", settings: { region, instanceType: "m8i.xlarge" } });
  const rungs = read([aws("eu-central-1"), aws("eu-west-1"), { provider: "local-edge", mostDollarsPerHour: 2 }]);
  expect(rungs.map(({ provider, places }) => [provider, places.map(({ region, type }) => [region, type])])).toEqual([
    [
      "aws",
      [
        ["eu-central-1", "m8i.xlarge"],
        ["eu-west-1", "m8i.xlarge"],
      ],
    ],
    ["local-edge", [[undefined, undefined]]],
  ]);
  expect(rungs[1]?.places[0]?.request.mostDollarsPerHour).toBe(2);
});

test.each([
  ["{", /JSON/],
  [[], /Too small|Invalid/],
  [{ provider: "aws", count: 0 }, /count|Invalid/],
  [{ provider: "aws", hosts: 1 }, /hosts|Invalid/],
])("%j is refused as a file", (content, words) => {
  expect(() => read(content)).toThrow(words);
});
