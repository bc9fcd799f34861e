import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { hostileFiles } from "../../fixtures/results/hostile.ts";

const program = join(import.meta.dirname, "../../fixtures/results/read-hostile.ts");

/** Because the memory of a process that did other things before says nothing, each file is read in one of its own. */
async function readAlone(
  name: keyof typeof hostileFiles,
): Promise<Readonly<Record<string, unknown>> & { readonly peakMiB: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, name]);
  return JSON.parse(stdout);
}

describe("a reader of JUnit XML", () => {
  it("reads 1 GiB of output in 200 MiB, shows its head and tail, and keeps all of it", async () => {
    const read = await readAlone("output of 1 GiB");
    expect(read).toMatchObject({ damaged: null, tests: 1, status: "failed", head: "first line", tail: "\nlast line" });
    // Because `&amp;` is five bytes and one character.
    expect(read.kept).toEqual([Math.floor(1024 ** 3 / 38) * 34 + "first line\nlast line".length]);
    // Because Node takes 128 MiB of these to begin with, for it strips the types of what it runs.
    expect(read.peakMiB).toBeLessThanOrEqual(200);
  });

  it.each([
    ["200,000 suites inside one another", /more than 64 elements/],
    ["a million attributes", /more than 512 attributes/],
    ["an attribute of 1 GiB", /longer than 1048576 characters/],
    ["a comment of 1 GiB", /longer than 1048576 characters/],
    ["a name of 1 GiB", /longer than 1048576 characters/],
    ["an entity of 1 GiB", /begins no entity/],
    ["1 GiB of nothing", /disallowed character/],
  ] as const)("refuses %s in bounded memory", async (name, damaged) => {
    const read = await readAlone(name);
    expect(read.damaged).toMatch(damaged);
    expect(read.peakMiB).toBeLessThanOrEqual(250);
  });

  it.each([
    ["a million properties", "passed"],
    ["a million failures of one test", "failed"],
  ] as const)("reads %s in bounded memory", async (name, status) => {
    const read = await readAlone(name);
    expect(read).toMatchObject({ damaged: null, tests: 1, status });
    expect(read.peakMiB).toBeLessThanOrEqual(400);
  });
});
