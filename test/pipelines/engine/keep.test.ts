import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { memoryRun, noMemory, someFailure } from "./memory-run.ts";
import { sketchPlan } from "./scripted-pipeline.ts";

const home = mkdtempSync(join(tmpdir(), "edgecert-keep-"));
afterAll(() => rmSync(home, { recursive: true }));

const plan = sketchPlan({ servers: { undo: true, keep: "on-failure" }, results: { needs: { servers: "servers" } } });
const results = { run: async () => Promise.reject(Object.assign(new Error("red"), { failure: someFailure("test") })) };
const hours = 3_600_000;

describe("what is kept after a failure", () => {
  it("gets the time at which it goes, which the record and the reason tell", async () => {
    const kept: unknown[] = [];
    const before = Date.now();
    const run = memoryRun(plan, { results }, { home, keep: async (held, until) => void kept.push([held, until]) });
    await run.done;
    const [skipped] = run.events("node.skipped");
    const { keptUntil, reason } = Object(skipped?.data);
    expect(kept).toEqual([[{ run: "memory", node: "servers" }, keptUntil]]);
    expect(Date.parse(keptUntil) - before).toBeGreaterThanOrEqual(4 * hours);
    expect(Date.parse(keptUntil) - before).toBeLessThan(4 * hours + 60_000);
    expect(reason).toMatch(/^kept, because results failed, until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  });

  it("keeps the time that it was told first when the run is taken over", async () => {
    const settled = new Map([
      ["servers", { outcome: "passed", round: 0 }],
      ["results", { outcome: "failed", round: 0 }],
      ["undo:servers", { outcome: "skipped", round: 0 }],
    ] as const);
    const kept: unknown[] = [];
    const memory = { ...noMemory, takeovers: 1, settled, attempts: new Map([["servers", 1]]) };
    const run = memoryRun(plan, { results }, { home, memory, keep: async () => void kept.push(1) });
    await run.done;
    expect(kept).toEqual([]);
    expect(run.events("node.skipped")).toEqual([]);
  });

  it("is said to go with its lease where its place takes no other time", async () => {
    const keep = async () => Promise.reject(new Error("the disk is full"));
    const run = memoryRun(plan, { results }, { home, keep });
    await run.done;
    const [skipped] = run.events("node.skipped");
    expect(skipped?.data).toEqual({ reason: "kept, because results failed, until its lease ends" });
    expect(JSON.stringify(run.events("note"))).toContain("the disk is full");
  });
});
