import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Owner } from "../../pipelines/dsl/context.ts";
import { endLease, extendLease, type Lease, readLease } from "../lease.ts";
import type { Resource } from "../providers/provider.ts";
import { type Hold, isOf, readHolds, withPools, writeHolds } from "./ledger.ts";
import { fileWord, type Holder, leasePath, type PoolSeat } from "./places.ts";

/** Name of the provider in resources and facts. */
export const inventoryName = "inventory";

/**
 * Gives back all that a run's node holds of any host; with a claim, only while that claim holds. Returns what was given
 * back; nothing is success. Refuses an older token than the lease's.
 */
export function releaseHolds(
  seat: PoolSeat,
  { owner, claim }: { readonly owner: Owner; readonly claim?: string },
  signal: AbortSignal,
): Promise<readonly Resource[]> {
  const { folder } = seat;
  return withPools(folder, signal, async () => {
    const path = leasePath(seat, owner);
    const lease = await readLease(path);
    if (claim !== undefined && lease?.claim !== claim) return [];
    await endLease(path, owner);
    const holds = await readHolds(folder);
    const own = holds.filter((one) => isOf(one, seat, owner));
    if (own.length > 0) await writeHolds(folder, without(holds, own));
    await pruneLeases(folder);
    return [...own.map(holdResource), ...(lease === undefined || lease.claim === null ? [] : [leaseResource(lease)])];
  });
}

/** Ends what has expired, so that others may have it; its holder finds its lease ended. The caller holds the lock. */
export async function reapExpired(folder: string, now = Date.now()): Promise<void> {
  const holds = await readHolds(folder);
  const expired = holds.filter(({ expiresAt }) => Date.parse(expiresAt) <= now);
  if (expired.length === 0) return;
  for (const one of expired) {
    const path = leasePath({ folder, home: one.home }, one);
    const lease = await readLease(path);
    if (lease?.claim === one.claim) await endLease(path, lease);
  }
  await writeHolds(folder, without(holds, expired));
}

/** Lets what a run's node holds go at that time (UTC, ISO 8601) and not before. False where it holds nothing. */
export function extendHolds(seat: PoolSeat, holder: Holder, until: string, signal: AbortSignal): Promise<boolean> {
  return withPools(seat.folder, signal, async () => {
    const holds = await readHolds(seat.folder);
    const own = holds.filter((one) => isOf(one, seat, holder));
    if (own.length > 0)
      await writeHolds(seat.folder, [...without(holds, own), ...own.map((one) => ({ ...one, expiresAt: until }))]);
    return extendLease(leasePath(seat, holder), until);
  });
}

/** What is held from this home, narrowed by run and node where given. */
export async function listHolds(seat: PoolSeat, filter: Partial<Holder>): Promise<readonly Resource[]> {
  const matches = ({ run, node }: Holder) =>
    (filter.run === undefined || filter.run === run) && (filter.node === undefined || filter.node === node);
  const holds = (await readHolds(seat.folder)).filter((one) => one.home === seat.home && matches(one));
  const leases = (await allLeases(seat.folder)).filter(({ lease, folder }) => {
    return lease.claim !== null && matches(lease) && folder === dirname(leasePath(seat, lease));
  });
  return [...holds.map(holdResource), ...leases.map(({ lease }) => leaseResource(lease))];
}

/** Gives back one listed resource: its whole group, because a group is held whole or not at all. */
export async function releaseListed(seat: PoolSeat, resource: Resource, signal: AbortSignal): Promise<void> {
  const owner = await readLease(leasePath(seat, resource));
  if (owner !== undefined) await releaseHolds(seat, { owner }, signal);
}

async function allLeases(folder: string): Promise<readonly { readonly folder: string; readonly lease: Lease }[]> {
  const groups = join(folder, "groups");
  const names = await readdir(groups).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => ({
      folder: join(groups, name),
      lease: await readLease(join(groups, name, "lease.json")),
    })),
  );
  return found.flatMap(({ folder: own, lease }) => (lease === undefined ? [] : [{ folder: own, lease }]));
}

/** Removes leases that ended once nobody can show a token for them any more. */
async function pruneLeases(folder: string, now = Date.now()): Promise<void> {
  for (const { lease, folder: own } of await allLeases(folder)) {
    if (lease.claim === null && Date.parse(lease.expiresAt) < now) await rm(own, { recursive: true, force: true });
  }
}

function without(holds: readonly Hold[], gone: readonly Hold[]): readonly Hold[] {
  return holds.filter((one) => !gone.includes(one));
}

function holdResource({ name, server, run, node, expiresAt }: Hold): Resource {
  const id = server === null ? name : `${name}/${server}`;
  return { provider: inventoryName, id, kind: server === null ? "host" : "room", run, node, expiresAt };
}

function leaseResource({ run, node, expiresAt }: Lease): Resource {
  return { provider: inventoryName, id: `lease-${fileWord(`${run} ${node}`)}`, kind: "lease", run, node, expiresAt };
}
