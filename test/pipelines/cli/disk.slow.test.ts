import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, open, readdir, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { unavailable } from "../../unavailable.ts";
import { type CommandProcess, command } from "./command-process.ts";

/** A file system of 300 MiB in memory, and a home on it. */
let disk: string;
let home: string;
let mounted = false;
const mebibyte = 2 ** 20;

beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), "edgecert-disk-"));
  mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=300m", "tmpfs", disk]).status === 0;
  if (mounted) await chmod(disk, 0o755);
  home = join(disk, "home");
});

afterEach(async () => {
  await rm(join(disk, "fill"), { force: true });
});

afterAll(async () => {
  if (mounted) spawnSync("umount", ["--lazy", disk]);
  await rm(disk, { recursive: true, force: true });
});

/** Fills the disk until only so much is free. */
async function leave(bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  const file = await open(join(disk, "fill"), "a");
  const block = Buffer.alloc(mebibyte, 1);
  try {
    for (let left = bavail * bsize - bytes; left > 0; left -= block.length) {
      await file.write(block, 0, Math.min(left, block.length));
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  } finally {
    await file.close();
  }
}

/** Waits until a run prints an event that holds the words. */
function said(process: CommandProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    createInterface({ input: process.child.stdout ?? globalThis.process.stdin }).on("line", (line) => {
      if (line.includes(words)) resolve();
    });
    process.ended.then(({ err }) => reject(new Error(`it ended before it said ${words}: ${err}`)), reject);
  });
}

it("refuses a run for which there is too little room, before anything is made", async (context) => {
  if (!mounted) context.skip(unavailable.mounts);
  const { code, err } = await command(home, ["run", "pipelines/quickstart.ts"]).ended;
  expect(code).toBe(3);
  expect(err).toMatch(/300 MiB are free, about \d.* GiB needed/);
  expect(err).toContain(home);
  expect(err).toContain("edgecert prune --images");
  expect(existsSync(join(home, "runs"))).toBe(false);
});

it("warns a run whose disk runs low, and cancels it while its undo can still run", async (context) => {
  if (!mounted) context.skip(unavailable.mounts);
  const run = command(home, ["run", "test/fixtures/definitions/held.ts", "--min-free", "30MiB", "--json"]);
  await said(run, "uses what is held");
  const [warned, cancelled] = [said(run, "below 30 MiB this run is cancelled"), said(run, "less than 30 MiB")];
  await leave(80 * mebibyte);
  await warned;
  await leave(10 * mebibyte);
  await cancelled;
  const { code, err, out } = await run.ended;
  expect({ code, err }).toMatchObject({ code: 6, err: expect.stringMatching(/^Left over: {3}0$/m) });
  expect(out).toContain('"cause":"infrastructure"');
  const [name = ""] = (await readdir(join(home, "runs"))).filter((one) => !one.startsWith("."));
  expect(existsSync(join(home, "runs", name, "held.txt"))).toBe(false);
});

it("says in one sentence that the database's disk is full, and goes on when there is room", async (context) => {
  if (!mounted) context.skip(unavailable.mounts);
  const run = command(home, ["run", "test/fixtures/definitions/talks.ts", "--min-free", "1B", "--json"]);
  await said(run, '"type":"log"');
  await leave(0);
  const { code, err } = await run.ended;
  expect({ code, err }).toMatchObject({
    code: 3,
    err: expect.stringMatching(
      /(disk of the run's database is full|no room left for the database)\n.*postgres.*No space left/,
    ),
  });
  const list = await command(home, ["list"]).ended;
  expect(list.code === 0 || list.err.includes("There is no room left for the database")).toBe(true);
  await rm(join(disk, "fill"));
  const cancel = await command(home, ["cancel"]).ended;
  expect({ code: cancel.code, out: cancel.out }).toMatchObject({
    code: 6,
    out: expect.stringMatching(/^Left over: {3}0$/m),
  });
});
