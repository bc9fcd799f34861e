import { randomUUID } from "node:crypto";
import { readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { FailureError } from "../../dsl/failure.ts";
import { postgresError, postgresFailure } from "./failures.ts";

/** How long another process may take to start or stop the database, in milliseconds. */
const patienceMs = 60_000;

/**
 * Does something while no other process of this machine does it under the same lock. The lock names its process and
 * that process's start, so that one left by a crash is taken over at once, also where its number was given again.
 */
export async function withLockFile<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  const deadline = Date.now() + patienceMs;
  const mine = `${process.pid} ${await startOf(process.pid)} ${randomUUID()}`;
  while (!(await taken(path, mine))) {
    if (Date.now() > deadline) throw new FailureError(postgresFailure.busy(path));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  try {
    return await work();
  } finally {
    if ((await textOf(path)) === mine) await rm(path, { force: true });
  }
}

async function taken(path: string, mine: string): Promise<boolean> {
  try {
    // Because a link is made whole or not at all, and takes no block of a disk that may be full.
    await symlink(mine, path);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "EEXIST") throw postgresError(path, path, error instanceof Error ? error.message : String(error));
  }
  const theirs = await textOf(path);
  if (theirs === null) return false;
  const [pid, start] = theirs.split(" ");
  if (await isSame(Number(pid), start ?? "")) return false;
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => {});
  const moved = await textOf(aside);
  // Because of two that find it stale at once the slower one may have moved the new lock of the other: it goes back.
  if (moved !== null && moved !== theirs) await symlink(moved, path).catch(() => {});
  await rm(aside, { force: true });
  return false;
}

/** What the lock says; null where there is none, and nothing where what is there was never a lock of ours. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EINVAL" ? "" : null;
  }
}

async function isSame(pid: number, start: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  return (await startOf(pid)) === start;
}

/** When a process started, as /proc/<pid>/stat says it (field 22); `-` where there is no /proc. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "-";
}
