import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { testHome } from "./certify-process.ts";

const root = join(import.meta.dirname, "..");
const lines = readFileSync(join(root, "README.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("npx edgecert "));

describe("the README's commands", () => {
  it("are there to be run", () => expect(lines.length).toBeGreaterThan(4));

  it.each(lines)("%s", (line) => {
    const done = spawnSync("npx", ["--no", ...line.split(" ").slice(1)], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, EDGECERT_HOME: testHome },
    });
    expect({ status: done.status, err: done.stderr }).toMatchObject({ status: 0 });
    expect(done.stdout.trim()).not.toBe("");
  });
});
