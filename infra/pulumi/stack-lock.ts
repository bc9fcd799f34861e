import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { identityOf } from "../hosts/process-table.ts";

/** Who holds a stack, as Pulumi writes it into a lock on a `file://` or `s3://` state: no heartbeat, no expiry. */
export interface StackLock {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** UTC, ISO 8601. */
  readonly since: string;
  /** The lock's file, as Pulumi names it. */
  readonly where: string;
}

/** What a lock's holder is compared with. */
export interface Machine {
  readonly host: string;
  readonly user: string;
  /** When the process with this number began, in milliseconds since 1970; undefined where there is none. */
  startOf(pid: number): number | undefined;
}

/**
 * The clock of a lock is that of its writer's wall, a process's is counted from the kernel's start: they were seen to
 * differ by less than a second; the time may have been set meanwhile.
 */
const clockSlackMs = 5_000;

/** The locks that Pulumi names when it refuses to work on a stack; empty for any other message. */
export function locksIn(message: string): readonly StackLock[] {
  const form = /^\s*(\S.*?): created by (.+)@(\S+) \(pid (\d+)\) at (\S+)\s*$/gm;
  const locks = [...message.matchAll(form)].map(([, where = "", user = "", host = "", pid = "", at = ""]) => ({
    user,
    host,
    pid: Number(pid),
    since: new Date(at).toISOString(),
    where,
  }));
  // Because a client of Pulumi repeats what it printed.
  return [...new Map(locks.map((lock) => [lock.where, lock])).values()];
}

/**
 * Whether a lock was left by a process of this machine and user that is no more: none has its number, or one that began
 * only after the lock. Anything else may be alive, and is never broken.
 */
export function isDeadLock(lock: StackLock, machine: Machine = thisMachine): boolean {
  if (lock.host !== machine.host || lock.user !== machine.user) return false;
  const began = machine.startOf(lock.pid);
  return began === undefined || began > Date.parse(lock.since) + clockSlackMs;
}

/** This machine and user. */
export const thisMachine: Machine = {
  host: hostname(),
  user: userInfo().username,
  startOf(pid) {
    const identity = identityOf(pid);
    if (identity === undefined) return undefined;
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? 0);
    // Start times are counted in hundredths of a second on every Linux that Node runs on.
    return (bootSeconds + Number(identity.startTime) / 100) * 1000;
  },
};
