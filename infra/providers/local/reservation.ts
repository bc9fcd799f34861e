import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { lacking, processOverheadMiB, type Size, sizeOf } from "../../hosts/capacity.ts";
import { withLock } from "../../hosts/lock.ts";
import { ownIdentity } from "../../hosts/process-table.ts";
import { checkLease } from "../../lease.ts";
import type { ProvisionIo } from "../provider.ts";
import { freeGroup } from "./addresses.ts";
import { noRoomInTime } from "./failures.ts";
import type { Held } from "./listing.ts";
import { allocationLock, groupFiles, type Places } from "./places.ts";
import { before, dropTicket, type Ticket, takeTicket } from "./queue.ts";
import { createServer, removeHalfMade, type ServerRecord } from "./server-record.ts";

/** A group that wants room on this machine. */
export interface Wanted {
  readonly requests: readonly ServerRequest[];
  readonly owner: Owner;
  readonly claim: string;
  readonly machine: Size;
  /** What is promised of the machine at the moment. */
  held(): Promise<readonly Held[]>;
  /** How long to wait for room, in milliseconds. */
  readonly deadlineMs: number;
}

/**
 * Room for the whole group, recorded on disk: waits in the order of coming and says for whom. Throws a failure of class
 * capacity after the deadline, and the signal's reason when aborted.
 */
export async function reserve(places: Places, wanted: Wanted, io: ProvisionIo): Promise<readonly ServerRecord[]> {
  const ticket = await withLock(allocationLock, io.signal, () => takeTicket(places, wanted.owner));
  const deadline = Date.now() + wanted.deadlineMs;
  let said = "";
  try {
    for (;;) {
      const tried = await withLock(allocationLock, io.signal, () => tryReserve(places, wanted, ticket));
      if (typeof tried !== "string") return tried;
      if (Date.now() > deadline) throw new InfraError(noRoomInTime(Math.round(wanted.deadlineMs / 60_000), tried));
      if (tried !== said) io.note(`waiting for ${tried}`);
      said = tried;
      await delay(1_000, undefined, { signal: io.signal }).catch(() => io.signal.throwIfAborted());
    }
  } finally {
    await dropTicket(places, ticket);
  }
}

/** The records of the reserved servers, or what they still wait for. */
async function tryReserve(
  places: Places,
  { requests, owner, claim, machine, held }: Wanted,
  ticket: Ticket,
): Promise<readonly ServerRecord[] | string> {
  await checkLease(groupFiles(places, owner).lease, owner, claim);
  const first = await before(places, ticket);
  if (first !== undefined) return `its turn after ${first}`;
  const promised = await held();
  const lack = lacking(sizeOf(requests), promised, machine);
  if (lack !== undefined) return lack;
  await removeHalfMade(places);
  const group = await freeGroup(new Set(promised.map((one) => one.group)), requests.length);
  const records = requests.map((request, index) => recordOf(request, { owner, claim, group, index }));
  for (const record of records) await createServer(places, record);
  return records;
}

function recordOf(
  request: ServerRequest,
  at: { readonly owner: Owner; readonly claim: string; readonly group: number; readonly index: number },
): ServerRecord {
  const { run, node, attempt, token, expiresAt } = at.owner;
  return {
    v: 1,
    id: `${request.name}-${randomBytes(4).toString("hex")}`,
    name: request.name,
    ...{ run, node, attempt, token, expiresAt },
    claim: at.claim,
    group: at.group,
    index: at.index,
    memoryMiB: request.memoryMiB + processOverheadMiB,
    cores: request.cores,
    holder: ownIdentity(),
    qemu: null,
  };
}
