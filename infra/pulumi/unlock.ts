import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InfraError } from "../failure.ts";
import { readRecord, writeRecord } from "../hosts/record-file.ts";
import { stackLocked } from "./failures.ts";
import { fileLocks, removeFileLock } from "./file-state.ts";
import { isDeadLock, locksIn, type StackLock } from "./stack-lock.ts";
import type { StackPlace } from "./stack-place.ts";

/**
 * Breaks the locks on a stack's files that dead processes of this machine left; true where there was one. Throws an
 * InfraError `stack-locked` that names the holder of any other, and then breaks none.
 */
export async function breakDeadLocks(place: StackPlace): Promise<boolean> {
  const locks = (await fileLocks(place)) ?? [];
  refuseLiving(place, locks);
  for (const lock of locks) await removeFileLock(lock);
  return locks.length > 0;
}

const brokenOff = z.object({ since: z.string() });

/**
 * When an operation of this home on the stack began that did not end in order and was not repaired since: read before
 * another one begins, and kept in the work folder, so that a repair that is itself broken off can be taken up.
 */
export async function brokenOffAt({ folder }: StackPlace): Promise<Date | undefined> {
  const path = join(folder, "broken-off.json");
  const known = await readRecord(path, brokenOff);
  if (known !== undefined) return new Date(known.since);
  const begun = await stat(join(folder, "operation.json")).catch(() => undefined);
  if (begun === undefined) return undefined;
  await writeRecord(path, { since: begun.mtime.toISOString() } satisfies z.infer<typeof brokenOff>);
  return begun.mtime;
}

/**
 * Throws as {@link breakDeadLocks} does unless all locks that Pulumi's message names were left by dead processes of this
 * machine. A state that machines share is kept by more than a host's name, which is not unique: an operation of this
 * very home must have been broken off before the lock came.
 */
export function refuseLivingLocks(place: StackPlace, message: string, begun: Date | undefined): void {
  const locks = locksIn(message);
  const [first] = locks;
  const ours = begun !== undefined && first !== undefined && Date.parse(first.since) >= begun.getTime() - 5_000;
  if (!ours) throw new InfraError(stackLocked(place.stack, locks));
  refuseLiving(place, locks);
}

function refuseLiving(place: StackPlace, locks: readonly StackLock[]): void {
  const living = locks.filter((lock) => !isDeadLock(lock));
  if (living.length > 0) throw new InfraError(stackLocked(place.stack, living));
}
