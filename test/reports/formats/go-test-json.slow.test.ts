import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readGoTestJson } from "../../../reports/formats/go-test-json.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";
import { unavailable } from "../../unavailable.ts";

const suites = join(import.meta.dirname, "../../fixtures/results/capture/go");
const hasGo = spawnSync("go", ["version"]).status === 0;

it("reads what the go command of this machine writes", async (context) => {
  if (!hasGo) context.skip(unavailable.go);
  const packages = ["./pass", "./fail", "./panics", "./exits", "./broken", "./skips"];
  const { stdout, status } = spawnSync("go", ["test", "-json", "-count=1", ...packages], {
    cwd: suites,
    encoding: "utf8",
  });
  expect(status).toBe(1);
  const { tests, damaged } = await readGoTestJson(memoryFile(stdout));
  expect(damaged).toBeNull();
  const red = tests.filter(({ status }) => status === "failed" || status === "error").map(({ name }) => name);
  expect(red).toEqual(expect.arrayContaining(["TestFails", "TestChildFails/bad", "TestParentFails", "Example"]));
  expect(red).toEqual(expect.arrayContaining(["TestPanics/deep", "TestExits"]));
  expect(tests.some((test) => test.class.endsWith("/broken") && test.status !== "passed")).toBe(true);
  expect(tests.filter(({ status }) => status === "passed").length).toBeGreaterThan(10);
});
