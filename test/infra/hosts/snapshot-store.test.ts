import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  keepWithin,
  listSnapshots,
  makeSnapshot,
  removeSnapshot,
  type SnapshotRecord,
  useSnapshot,
} from "../../../infra/hosts/snapshot-store.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "snapshots-"));
  writeFileSync(join(home, "disk.raw"), "");
});
afterEach(() => rmSync(home, { recursive: true }));

const keyOf = (letter: string) => letter.repeat(64);

const recordOf = (letter: string): SnapshotRecord => ({
  ...{ v: 1, key: keyOf(letter), os: "debian-12", imageDigest: "d", imageDisk: join(home, "disk.raw") },
  ...{ memoryMiB: 1, cores: 1, acceleration: "tcg", madeAt: "2026-11-24T00:00:00Z" },
});

async function make(letter: string, change: Partial<SnapshotRecord> = {}): Promise<string> {
  const record = { ...recordOf(letter), ...change };
  await makeSnapshot(home, record, async (files) => {
    writeFileSync(files.memory, Buffer.alloc(10_000, letter));
    writeFileSync(files.disk, "disk");
    writeFileSync(files.console, "console");
  });
  return record.key;
}

/** Dates the last use of a snapshot. */
function date(letter: string, time: string): void {
  utimesSync(join(home, "snapshots", keyOf(letter).slice(0, 16), "snapshot.json"), new Date(time), new Date(time));
}

test("a snapshot is found by its key, and its use is noted", async () => {
  const key = await make("a");
  date("a", "2026-01-01T00:00:00Z");
  const found = await useSnapshot(home, key);
  expect(readFileSync(found?.memory ?? "", "latin1")).toBe("a".repeat(10_000));
  const [listed] = await listSnapshots(home);
  expect(listed?.lastUse.getTime()).toBeGreaterThan(Date.now() - 60_000);
  expect(listed?.bytes).toBeGreaterThan(10_000);
  expect(await useSnapshot(home, keyOf("b"))).toBeUndefined();
});

test("a making that fails leaves nothing", async () => {
  const broken = makeSnapshot(home, recordOf("a"), async (files) => {
    writeFileSync(files.memory, "half");
    throw new Error("No space left on device");
  });
  await expect(broken).rejects.toThrow("No space left");
  expect(readdirSync(join(home, "snapshots"))).toEqual([]);
});

test("what a killed process left half made does not count, and goes with the next making", async () => {
  const { pid } = spawnSync("true");
  const left = join(home, "snapshots", `.${pid}-1-00000000`);
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, "memory"), "half");
  expect(await listSnapshots(home)).toEqual([]);
  await make("a");
  expect(existsSync(left)).toBe(false);
  expect(await listSnapshots(home)).toHaveLength(1);
});

test("a snapshot without one of its files, or with a damaged record, is none", async () => {
  const key = await make("a");
  rmSync((await useSnapshot(home, key))?.memory ?? "");
  expect(await useSnapshot(home, key)).toBeUndefined();
  expect(await useSnapshot(home, await make("a"))).toBeDefined();
  writeFileSync(join(home, "snapshots", key.slice(0, 16), "snapshot.json"), '{"v":1,');
  expect(await useSnapshot(home, key)).toBeUndefined();
});

test("a snapshot whose image is gone is not used, and is the first to be removed", async () => {
  const key = await make("a", { imageDisk: join(home, "gone.raw") });
  expect(await useSnapshot(home, key)).toBeUndefined();
  expect((await keepWithin(home, 2 ** 40)).map((one) => one.record.key)).toEqual([key]);
});

test("those used longest ago go until the rest fits; one that is spared stays", async () => {
  for (const [letter, time] of [
    ["a", "2026-01-03"],
    ["b", "2026-01-01"],
    ["c", "2026-01-02"],
  ] as const) {
    await make(letter);
    date(letter, `${time}T00:00:00Z`);
  }
  const each = (await listSnapshots(home))[0]?.bytes ?? 0;
  expect((await keepWithin(home, 2 * each)).map((one) => one.record.key)).toEqual([keyOf("b")]);
  expect((await listSnapshots(home)).map((one) => one.record.key)).toEqual([keyOf("a"), keyOf("c")]);
  await keepWithin(home, 0, keyOf("c"));
  expect((await listSnapshots(home)).map((one) => one.record.key)).toEqual([keyOf("c")]);
});

test("removing is done once; removing again is success", async () => {
  const key = await make("a");
  await removeSnapshot(home, key);
  await removeSnapshot(home, key);
  expect(readdirSync(join(home, "snapshots"))).toEqual([]);
});

test("nothing is saved where the disk would be too full for servers afterwards", async () => {
  await expect(make("a", { memoryMiB: 10 ** 9 })).rejects.toThrow(/the disk has less than \d+ GiB free/);
  expect(readdirSync(join(home, "snapshots"))).toEqual([]);
});
