import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, statfs, utimes } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { publish } from "../images/partial.ts";
import type { SavedFiles } from "./held-machine.ts";
import { isAlive, ownIdentity } from "./process-table.ts";
import { readRecord, writeRecord } from "./record-file.ts";

const snapshotRecord = z.object({
  v: z.literal(1),
  key: z.string(),
  os: z.string(),
  /** sha256 of the image, and its disk, without which the snapshot is worth nothing. */
  imageDigest: z.string(),
  imageDisk: z.string(),
  memoryMiB: z.number(),
  cores: z.number(),
  acceleration: z.enum(["kvm", "tcg"]),
  madeAt: z.string(),
});

/** What a snapshot was made from: `snapshot.json`, the last file that is written. */
export type SnapshotRecord = z.infer<typeof snapshotRecord>;

/** A saved machine from which servers start. */
export interface Snapshot extends SavedFiles {
  readonly record: SnapshotRecord;
  readonly folder: string;
  /** Bytes that it takes of the disk. */
  readonly bytes: number;
  /** When a server last started from it; else when it was made. */
  readonly lastUse: Date;
}

/** The snapshots of a home together may take so many bytes; those used longest ago go first. */
export const snapshotBudgetBytes = 4 * 2 ** 30;

/** Left free on the disk when a snapshot is made, in bytes: servers need it more. */
const spareBytes = 2 * 2 ** 30;

/** The snapshot of that key, marked as used now; undefined where there is none, or where its image is gone. */
export async function useSnapshot(home: string, key: string): Promise<Snapshot | undefined> {
  const snapshot = await readSnapshot(snapshotFolder(home, key));
  if (snapshot === undefined || !(await exists(snapshot.record.imageDisk))) return undefined;
  const now = new Date();
  await utimes(join(snapshot.folder, "snapshot.json"), now, now).catch(() => {});
  return snapshot;
}

/**
 * Makes a snapshot: `fill` writes its files. It appears when it is whole, and for good; a failed or killed making leaves
 * nothing that counts. Then removes the snapshots used longest ago until all fit. The caller holds {@link snapshotLock}.
 */
export async function makeSnapshot(
  home: string,
  record: SnapshotRecord,
  fill: (files: SavedFiles) => Promise<void>,
): Promise<void> {
  await mkdir(snapshotsFolder(home), { recursive: true, mode: 0o700 });
  await removeLeftSnapshots(home);
  const { bavail, bsize } = await statfs(snapshotsFolder(home));
  const needed = record.memoryMiB * 2 ** 20 + spareBytes;
  if (bavail * bsize < needed) throw new Error(`the disk has less than ${Math.ceil(needed / 2 ** 30)} GiB free`);
  const { pid, startTime } = ownIdentity();
  const partial = join(snapshotsFolder(home), `.${pid}-${startTime}-${randomBytes(4).toString("hex")}`);
  await mkdir(partial, { mode: 0o700 });
  try {
    const files = filesIn(partial);
    await fill(files);
    await writeRecord(join(partial, "snapshot.json"), record);
    const folder = snapshotFolder(home, record.key);
    await removeFolder(folder);
    await publish(partial, folder, [files.memory, files.disk]);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  await keepWithin(home, snapshotBudgetBytes, record.key);
}

/** All snapshots of a home, last used first. Those whose image is gone are among them. */
export async function listSnapshots(home: string): Promise<readonly Snapshot[]> {
  const names = await readdir(snapshotsFolder(home)).catch(() => []);
  const read = names
    .filter((name) => !name.startsWith("."))
    .map((name) => readSnapshot(join(snapshotsFolder(home), name)));
  const found = (await Promise.all(read)).filter((one) => one !== undefined);
  return found.sort((left, right) => right.lastUse.getTime() - left.lastUse.getTime());
}

/**
 * Removes a snapshot; what is gone is success. Safe at any time: servers that run from it keep its files open, and one
 * that is about to start from it boots from its image instead.
 */
export async function removeSnapshot(home: string, key: string): Promise<void> {
  await removeFolder(snapshotFolder(home, key));
}

/** Removes the snapshots used longest ago until the rest takes at most so many bytes; never the one of `spared`. */
export async function keepWithin(home: string, budgetBytes: number, spared?: string): Promise<readonly Snapshot[]> {
  let sum = 0;
  const removed: Snapshot[] = [];
  for (const snapshot of await listSnapshots(home)) {
    sum += snapshot.bytes;
    const gone = !(await exists(snapshot.record.imageDisk));
    if ((sum <= budgetBytes && !gone) || snapshot.record.key === spared) continue;
    sum -= snapshot.bytes;
    await removeSnapshot(home, snapshot.record.key);
    removed.push(snapshot);
  }
  return removed;
}

/** Removes what killed processes left of snapshots that they made or removed. */
export async function removeLeftSnapshots(home: string): Promise<void> {
  const names = await readdir(snapshotsFolder(home)).catch(() => []);
  for (const name of names.filter((one) => one.startsWith("."))) {
    const [pid = "", startTime = ""] = name.slice(1).split("-");
    if (isAlive({ pid: Number(pid), startTime })) continue;
    await rm(join(snapshotsFolder(home), name), { recursive: true, force: true });
  }
}

/** Name of the machine-wide lock under which the snapshot of that key is made. */
export function snapshotLock(home: string, key: string): string {
  return `snapshot ${snapshotFolder(home, key)}`;
}

async function readSnapshot(folder: string): Promise<Snapshot | undefined> {
  const path = join(folder, "snapshot.json");
  const record = await readRecord(path, snapshotRecord);
  if (record === undefined || !folder.endsWith(record.key.slice(0, 16))) return undefined;
  const files = filesIn(folder);
  try {
    const sizes = await Promise.all(Object.values(files).map(async (file) => (await stat(file)).blocks * 512));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return { ...files, record, folder, bytes, lastUse: (await stat(path)).mtime };
  } catch {
    return undefined;
  }
}

/** Moved away first, so that a killed removal leaves nothing that looks whole. */
async function removeFolder(folder: string): Promise<void> {
  const { pid, startTime } = ownIdentity();
  const hidden = join(folder, "..", `.${pid}-${startTime}-${randomBytes(4).toString("hex")}`);
  try {
    await rename(folder, hidden);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  await rm(hidden, { recursive: true, force: true });
}

function filesIn(folder: string): SavedFiles {
  const inFolder = (name: string) => join(folder, name);
  return { memory: inFolder("memory"), disk: inFolder("disk.qcow2"), console: inFolder("console.log") };
}

function snapshotsFolder(home: string): string {
  return join(home, "snapshots");
}

function snapshotFolder(home: string, key: string): string {
  return join(snapshotsFolder(home), key.slice(0, 16));
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
