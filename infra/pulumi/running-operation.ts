import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { identityOf, isAlive } from "../hosts/process-table.ts";
import { readRecord, writeRecord } from "../hosts/record-file.ts";
import { endSession } from "./process-session.ts";
import type { StackPlace } from "./stack-place.ts";

const record = z.object({
  pid: z.number(),
  startTime: z.string(),
  /** Of the kernel's start: process numbers and times of another one mean nothing. */
  boot: z.string(),
  operation: z.string(),
});

/** The process that works on a stack, of this machine. */
export type RunningOperation = Omit<z.infer<typeof record>, "boot">;

/** Says which process works on a stack from now on, or that none does. */
export async function recordOperation(place: StackPlace, running: RunningOperation | undefined): Promise<void> {
  if (running === undefined) await rm(recordIn(place), { force: true });
  else await writeRecord(recordIn(place), { ...running, boot: bootId() } satisfies z.infer<typeof record>);
}

/** The process that works on a stack, if it lives. */
export async function runningOperation(place: StackPlace): Promise<RunningOperation | undefined> {
  const found = await recorded(place);
  return found !== undefined && isAlive(found) ? found : undefined;
}

/**
 * Ends what works on a stack on this machine, also what a killed process of ours left behind: told to stop first, so that
 * creates under way are recorded, killed after `graceMs`. True where something was ended. The caller holds the lease.
 */
export async function stopRunningOperation(place: StackPlace, graceMs: number): Promise<boolean> {
  const found = await recorded(place);
  if (found === undefined) return false;
  const deadline = Date.now() + graceMs;
  if (isAlive(found)) process.kill(found.pid, "SIGTERM");
  while (isAlive(found) && Date.now() < deadline) await delay(50);
  if (isAlive(found)) process.kill(found.pid, "SIGKILL");
  while (isAlive(found)) await delay(20);
  // Because a number is given to somebody else only when nobody of its session is left.
  if (identityOf(found.pid) === undefined) await endSession(found.pid, Math.max(0, deadline - Date.now()));
  await recordOperation(place, undefined);
  return true;
}

async function recorded(place: StackPlace) {
  const found = await readRecord(recordIn(place), record);
  return found?.boot === bootId() ? found : undefined;
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

function recordIn({ folder }: StackPlace): string {
  return join(folder, "operation.json");
}
