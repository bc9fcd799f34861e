import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { consoleTail } from "../../../infra/hosts/guest.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-console-"));
const path = join(folder, "console");
afterAll(() => rmSync(folder, { recursive: true }));

const numbered = (word: string, count: number) => Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);

describe("what a console said", () => {
  it("ends with its last lines, without what a terminal would obey", async () => {
    writeFileSync(path, [...numbered("line", 40), "\u001b[31mred\u001b[0m\u0007", ""].join("\r\n"));
    expect((await consoleTail(path)).split("\n")).toEqual([...numbered("line", 40).slice(-14), "red"]);
  });

  it("shows a panic with what led to it, however long its trace is", async () => {
    const panic = "[ 3.9] Kernel panic - not syncing: Attempted to kill init!";
    writeFileSync(path, [...numbered("before", 40), panic, ...numbered("trace", 60)].join("\n"));
    const shown = (await consoleTail(path)).split("\n");
    expect(shown).toEqual([...numbered("before", 40).slice(-5), panic, ...numbered("trace", 9)]);
  });

  it("shows a panic at the very end in as many lines as any tail", async () => {
    writeFileSync(path, [...numbered("before", 40), "Kernel panic - not syncing: x"].join("\n"));
    expect((await consoleTail(path)).split("\n")).toHaveLength(15);
  });

  it("is empty where there is none", async () => {
    expect(await consoleTail(join(folder, "none"))).toBe("");
  });
});
