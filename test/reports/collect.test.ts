import { appendFile, mkdir, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Event } from "../../pipelines/dsl/event.ts";
import { collectResults, suiteOf } from "../../reports/collect.ts";
import type { SuiteResult } from "../../reports/results.ts";
import { inventedRun } from "../fixtures/reports/run.ts";
import { withRetry } from "../fixtures/reports/stories.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function written(run = inventedRun()): Promise<{ readonly folder: string; readonly events: readonly Event[] }> {
  const folder = await run.write();
  folders.push(folder);
  return { folder, events: run.stream() };
}

const system = "attempts/results-debian-12-kvm-ssh/1/system.json";

async function systemResult(folder: string, events: readonly Event[]): Promise<SuiteResult | undefined> {
  const results = await collectResults(events, folder);
  return results.find((one) => one.suite === "system" && one.cell === "debian-12/kvm-ssh");
}

async function damageOf(folder: string, events: readonly Event[]): Promise<string | null | undefined> {
  return (await systemResult(folder, events))?.damaged;
}

describe("collectResults", () => {
  it("reads the results of every suite that finished", async () => {
    const { folder, events } = await written();
    const results = await collectResults(events, folder);
    expect(results.map((one) => one.tests.length).sort()).toEqual([11, 11, 11, 12, 12, 12]);
    expect(results.every((one) => one.damaged === null)).toBe(true);
    expect(await systemResult(folder, events)).toMatchObject({
      node: "results@debian-12/kvm-ssh",
      cell: "debian-12/kvm-ssh",
      framework: "rspec",
      attempt: 1,
    });
  });

  it("keeps the attempt of each result", async () => {
    const { folder, events } = await written(inventedRun(withRetry));
    const results = await collectResults(events, folder);
    expect(results.filter((one) => one.cell === "debian-12/microvm-ssh").map((one) => one.attempt)).toEqual([2, 2]);
  });

  it("calls a file damaged that is not the one which was recorded", async () => {
    const { folder, events } = await written();
    await appendFile(join(folder, system), " ");
    expect(await damageOf(folder, events)).toMatch(/is not the one that was recorded: its sha256 differs/);
    expect((await systemResult(folder, events))?.tests).toEqual([]);
  });

  it("calls a file damaged that is gone", async () => {
    const { folder, events } = await written();
    await unlink(join(folder, system));
    expect(await damageOf(folder, events)).toMatch(/cannot be read: ENOENT/);
  });

  it("reads nothing outside of the run's folder, also not by a link", async () => {
    const { folder, events } = await written();
    const outside = `${folder}-outside`;
    folders.push(outside);
    await mkdir(outside);
    await writeFile(join(outside, "system.json"), "{}");
    await unlink(join(folder, system));
    await symlink(join(outside, "system.json"), join(folder, system));
    expect(await damageOf(folder, events)).toMatch(/lies outside the run's folder/);
  });

  it("calls a suite damaged that delivered no file", async () => {
    const { folder, events } = await written();
    const without = events.map((event) =>
      event.type === "suite.finished" ? { ...event, data: { ...event.data, results: [] } } : event,
    );
    expect(await damageOf(folder, without)).toBe("No result file was delivered.");
  });

  it("calls a file damaged that is of another format", async () => {
    const { folder, events } = await written();
    const other = events.map(
      (event): Event =>
        event.type === "suite.finished" ? { ...event, data: { ...event.data, format: "tap" } } : event,
    );
    expect(await damageOf(folder, other)).toBe("The file holds no TAP.");
  });
});

describe("suiteOf", () => {
  const one = (path: string, damaged: string | null, remarks: readonly string[] = []) => ({
    path,
    results: { framework: "junit", tests: [], damaged, remarks },
  });

  it("names the file of each damage and remark where a suite has several", () => {
    const suite = suiteOf([one("a.xml", null, ["Odd."]), one("b.xml", "Cut."), one("c.xml", "Empty.")], "junit-xml");
    expect(suite.damaged).toBe("b.xml: Cut.");
    expect(suite.remarks).toEqual(["c.xml: Empty.", "a.xml: Odd."]);
  });
});
