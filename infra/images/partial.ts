import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { isAlive, ownIdentity } from "../hosts/process-table.ts";
import { readRecord, writeRecord } from "../hosts/record-file.ts";
import { type Build, removeTree } from "./build.ts";

const builderRecord = z.object({ pid: z.number(), startTime: z.string(), since: z.string() });

/** What builds work in: nothing below it is ever an image, and what no living process owns is rubbish. */
function partialFolder(home: string): string {
  return join(home, "images", "partial");
}

/**
 * Runs a build in an empty folder of its own, which is gone afterwards unless the work renamed it. First removes what
 * builds that were killed left behind. The caller holds the lock of what it builds.
 */
export async function inPartialFolder<Result>(
  key: string,
  at: { readonly home: string; readonly signal: AbortSignal },
  work: (build: Build) => Promise<Result>,
): Promise<Result> {
  const { home, signal } = at;
  await removeLeftBuilds(home, signal);
  const { pid, startTime } = ownIdentity();
  const folder = join(partialFolder(home), `${key}.${pid}.${startTime}.${randomBytes(4).toString("hex")}`);
  const logPath = join(home, "images", "logs", `${key}.log`);
  await mkdir(dirname(logPath), { recursive: true });
  await rm(logPath, { force: true });
  return announced(home, key, async () => {
    try {
      await mkdir(folder, { recursive: true });
      return await work({ folder, logPath, signal });
    } finally {
      await removeTree(folder, AbortSignal.timeout(60_000));
    }
  });
}

/** Runs work while others can see that this process builds what has that key. */
export async function announced<Result>(home: string, key: string, work: () => Promise<Result>): Promise<Result> {
  const builder = builderPath(home, key);
  await writeRecord(builder, { ...ownIdentity(), since: new Date().toISOString() });
  try {
    return await work();
  } finally {
    await rm(builder, { force: true });
  }
}

/** Who builds what has that key, in words; undefined where nobody is seen to. */
export async function builderOf(home: string, key: string): Promise<string | undefined> {
  const record = await readRecord(builderPath(home, key), builderRecord);
  if (record === undefined || !isAlive(record)) return undefined;
  return `process ${record.pid}, since ${record.since.slice(11, 19)} UTC`;
}

/** Removes folders of builds whose process is gone. */
export async function removeLeftBuilds(home: string, signal: AbortSignal): Promise<void> {
  for (const { path } of await leftBuilds(home)) await removeTree(path, signal);
}

/** Folders and records of builds whose process is gone: the folder's own name says which process made it. */
export async function leftBuilds(home: string): Promise<readonly { readonly path: string }[]> {
  const names = await readdir(partialFolder(home)).catch(() => []);
  const left: { readonly path: string }[] = [];
  // Because a record that is just being written has its temporary name for a moment, and is left alone.
  for (const name of names.filter((one) => !one.endsWith(".tmp"))) {
    const [startTime = "", pid] = name.split(".").slice(0, -1).reverse();
    const alive = name.endsWith(".json")
      ? (await builderOf(home, name.slice(0, -".json".length))) !== undefined
      : isAlive({ pid: Number(pid), startTime });
    if (!alive) left.push({ path: join(partialFolder(home), name) });
  }
  return left;
}

/** Makes a finished file or folder appear at its place at once, and for good: also after a power cut. */
export async function publish(from: string, to: string, files: readonly string[] = [from]): Promise<void> {
  for (const file of files) await flush(file);
  if (!files.includes(from)) await flush(from);
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  await flush(dirname(to));
}

function builderPath(home: string, key: string): string {
  return join(partialFolder(home), `${key}.json`);
}

async function flush(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
