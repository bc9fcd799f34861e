import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Owner } from "../../pipelines/dsl/context.ts";
import { InfraError } from "../failure.ts";
import { withLock } from "../hosts/lock.ts";
import { writeRecord } from "../hosts/record-file.ts";
import { damagedLedger } from "./failures.ts";
import type { Holder, PoolSeat } from "./places.ts";

const hold = z.object({
  /** Word of the host, see `hostWord`. */
  host: z.string(),
  /** Name in the inventory of the holder. */
  name: z.string(),
  pool: z.string(),
  run: z.string(),
  node: z.string(),
  attempt: z.number(),
  token: z.number(),
  /** UTC, ISO 8601: after this the hold counts no more. */
  expiresAt: z.string(),
  claim: z.string(),
  /** Home folder of the holder: its commands see the run. */
  home: z.string(),
  /** The server that has this room; null for the whole host. */
  server: z.string().nullable(),
  /** Index of the NUMA node; null where the room lies over several, or the whole host is held. */
  numa: z.number().nullable(),
  /** What is taken of each NUMA node; empty for the whole host. */
  taken: z.array(z.object({ threads: z.number(), memoryMiB: z.number() })).readonly(),
  /** Boot of the host when it was handed out; null while it is being looked at. */
  bootId: z.string().nullable(),
});

/** A part of a host, or all of it, that a run's node holds. */
export type Hold = z.infer<typeof hold>;

const ledger = z.object({ v: z.literal(1), holds: z.array(hold) });

/** Runs work while nobody else changes leases and conditions of the folder. */
export function withPools<Result>(folder: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return withLock(`pools ${folder}`, signal, work);
}

/** All that is held of any host, as written. Throws for a ledger that cannot be read: what it holds must not be given twice. */
export async function readHolds(folder: string): Promise<readonly Hold[]> {
  const path = ledgerPath(folder);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  try {
    return ledger.parse(JSON.parse(text)).holds;
  } catch (error) {
    throw new InfraError(damagedLedger(path, error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

/** Writes what is held: all of it at once, so that a group is held whole or not at all. The caller holds the lock. */
export async function writeHolds(folder: string, holds: readonly Hold[]): Promise<void> {
  await writeRecord(ledgerPath(folder), { v: 1, holds });
}

/** Whether a hold is of that run and node of that home. */
export function isOf(hold: Hold, { home }: Pick<PoolSeat, "home">, { run, node }: Holder): boolean {
  return hold.home === home && hold.run === run && hold.node === node;
}

/** The part of a hold that says whose it is. */
export function ownerPart({ run, node, attempt, token, expiresAt }: Owner) {
  return { run, node, attempt, token, expiresAt };
}

function ledgerPath(folder: string): string {
  return join(folder, "ledger.json");
}
