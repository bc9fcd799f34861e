import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Living processes of a session other than its leader: Pulumi puts its plugins into groups of their own, which a signal
 * to the group of the leader does not reach, but nobody leaves the session.
 */
export function sessionMembers(leader: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== leader)
    .map(Number)
    .filter((pid) => sessionOf(pid) === leader);
}

/**
 * Ends a session whose leader has ended or is the caller: asks Pulumi to finish what it has begun, and kills what still
 * lives after `patienceMs`. Resolves when nobody of it is left. True where all ended by themselves.
 */
export async function endSession(leader: number, patienceMs: number): Promise<boolean> {
  if (sessionMembers(leader).length === 0) return true;
  // The group of the leader holds Pulumi and not its plugins, which must live on to answer it.
  if (patienceMs > 0) send(-leader, "SIGINT");
  if (await emptied(leader, patienceMs)) return true;
  do {
    for (const pid of sessionMembers(leader)) send(pid, "SIGKILL");
  } while (!(await emptied(leader, 1000)));
  return false;
}

async function emptied(leader: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (sessionMembers(leader).length > 0) {
    if (Date.now() >= deadline) return false;
    await delay(50);
  }
  return true;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Because who is gone needs no signal.
    return;
  }
}

function sessionOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Because the second field is the command name in parentheses, which may hold blanks and parentheses itself.
    const [state, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? undefined : Number(session);
  } catch {
    return undefined;
  }
}
