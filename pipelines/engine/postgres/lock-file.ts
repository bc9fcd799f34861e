import { randomUUID } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { FailureError } from "../../dsl/failure.ts";
import { postgresFailure } from "./failures.ts";

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
    if ((await readFile(path, "utf8").catch(() => "")) === mine) await rm(path, { force: true });
  }
}

async function taken(path: string, mine: string): Promise<boolean> {
  try {
    await writeFile(path, mine, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const theirs = await readFile(path, "utf8").catch(() => "");
  const [pid, start] = theirs.split(" ");
  const current = theirs === "" ? await isFresh(path) : await isSame(Number(pid), start ?? "");
  if (current) return false;
  // Because two may find it stale at once: only one can rename it away.
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => {});
  await rm(aside, { force: true });
  return false;
}

/** Whether an empty lock is just being written, rather than left by a crash between its making and its text. */
async function isFresh(path: string): Promise<boolean> {
  const made = await stat(path).catch(() => null);
  return made === null || Date.now() - made.mtimeMs < 5000;
}

async function isSame(pid: number, start: string): Promise<boolean> {
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
