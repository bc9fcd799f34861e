import { rm } from "node:fs/promises";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import { withLock } from "../../hosts/lock.ts";
import { killTagged } from "../../hosts/process-table.ts";
import { endLease, readLease } from "../../lease.ts";
import type { Resource } from "../provider.ts";
import { forgetKept } from "./keep.ts";
import { listResources, processesOf, pruneLeases } from "./listing.ts";
import { allocationLock, groupFiles, type Places, serverFiles } from "./places.ts";
import { leftFolders, removeFolder } from "./server-record.ts";

/**
 * Gives back all that a run's node holds here: lease first, so that nothing new is started, then processes and files.
 * Returns what was given back; nothing is success. Refuses an older token than the lease's.
 */
export async function releaseAll(places: Places, owner: Owner, signal: AbortSignal): Promise<readonly Resource[]> {
  const files = groupFiles(places, owner);
  const filter = { run: owner.run, node: owner.node };
  const held = await withLock(allocationLock, signal, async () => {
    const before = await listResources(places, filter);
    await endLease(files.lease, owner);
    return before;
  });
  // Because a start that was under way when the lease ended may have shown up since.
  const found = [...held, ...(await listResources(places, filter))];
  const ids = new Set(found.filter((one) => one.kind === "virtual-machine").map((one) => one.id));
  await Promise.all([...ids].map((id) => removeServer(places, id)));
  await withLock(allocationLock, signal, () => removeLeft(places, filter));
  await rm(files.loginKey, { force: true });
  await forgetKept(places, owner);
  await pruneLeases(places);
  return held;
}

/** Gives back one listed resource; what is gone is success. */
export async function releaseOne(places: Places, resource: Resource, signal: AbortSignal): Promise<void> {
  if (resource.kind === "virtual-machine" || resource.kind === "files") return removeServer(places, resource.id);
  const lease = await readLease(groupFiles(places, resource).lease);
  if (lease !== undefined) await releaseAll(places, lease, signal);
}

/** Removes folders that hold no server: the owner's, and those that no record gives to anybody. */
async function removeLeft(places: Places, { run, node }: { readonly run: string; readonly node: string }) {
  // Because a server is made whole under the allocation lock, which the caller holds, none of these is being made.
  const left = (await leftFolders(places)).filter(
    ({ record }) => record === undefined || (record.run === run && record.node === node),
  );
  await Promise.all(left.map(({ name }) => removeServer(places, name)));
}

/**
 * Kills a server's processes and removes what a boot made. The record stays, so that what is promised to the server is
 * promised to nobody else between two boots.
 */
export async function clearServer(places: Places, id: string): Promise<void> {
  await killServer(places, id);
  const { disk, seed, console, pid } = serverFiles(places, id);
  await Promise.all([disk, seed, console, pid].map((file) => rm(file, { recursive: true, force: true })));
}

async function killServer(places: Places, id: string): Promise<void> {
  const processes = processesOf(places.home).filter((one) => one.tags.get("id") === id);
  await Promise.all(processes.map(killTagged));
}

/** Kills a server's processes and removes its files. */
export async function removeServer(places: Places, id: string): Promise<void> {
  await killServer(places, id);
  await removeFolder(places, id);
}
