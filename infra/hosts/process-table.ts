import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { decodeTags } from "../tags.ts";

/** A process for sure: a pid is reused, a pid with its start time (clock ticks since boot) is not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** A running process whose command line carries our tags. */
export interface TaggedProcess extends ProcessIdentity {
  readonly tags: ReadonlyMap<string, string>;
}

/** The identity of a living process, or undefined when there is none (a zombie is none). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readProcFile(pid, "stat");
  if (stat === undefined) return undefined;
  // Because the second field is the command name in parentheses, which may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = fields[19];
  if (startTime === undefined || fields[0] === "Z" || fields[0] === "X") return undefined;
  return { pid, startTime };
}

/** This process, for records that must not outlive it. */
export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid) ?? { pid: process.pid, startTime: "0" };
}

/** Whether exactly this process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startTime === identity.startTime;
}

/** All processes of this machine that carry our tags, of every user and every home folder. */
export function taggedProcesses(): readonly TaggedProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const tags = tagsOfProcess(Number(name));
      const identity = tags === undefined ? undefined : identityOf(Number(name));
      return tags === undefined || identity === undefined ? [] : [{ ...identity, tags }];
    });
}

/**
 * Kills a tagged process and resolves when it is gone; what is gone already is success. Start time and tag are read
 * again right before the signal, so that a reused pid is left alone. Throws when it still lives after 10 seconds.
 */
export async function killTagged(target: TaggedProcess): Promise<void> {
  const id = target.tags.get("id");
  if (!isAlive(target) || tagsOfProcess(target.pid)?.get("id") !== id) return;
  try {
    process.kill(target.pid, "SIGKILL");
  } catch (error) {
    if (isAlive(target)) throw error;
  }
  const deadline = Date.now() + 10_000;
  while (isAlive(target)) {
    if (Date.now() > deadline) throw new Error(`process ${target.pid} of server ${id} does not die`);
    await delay(20);
  }
}

function tagsOfProcess(pid: number): ReadonlyMap<string, string> | undefined {
  const words = readProcFile(pid, "cmdline")?.split("\0") ?? [];
  for (const word of words) {
    const at = word.indexOf("value=edgecert:");
    if (at >= 0) return decodeTags(word.slice(at + "value=".length));
  }
  return undefined;
}

function readProcFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return undefined;
  }
}
