import { rm } from "node:fs/promises";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import { withLock } from "../../hosts/lock.ts";
import { endLease, extendLease, olderToken, readLease } from "../../lease.ts";
import { pruneLeases } from "../local/listing.ts";
import { groupFiles } from "../local/places.ts";
import type { Resource } from "../provider.ts";
import { scheduledAttribute } from "./calls/virtual-machine.ts";
import { isFailedBy } from "./failures.ts";
import { endMachine } from "./machine-end.ts";
import { type TaggedMachine, tagAttribute, taggedMachine } from "./machine-tags.ts";
import type { OpenNebula } from "./open-nebula.ts";
import { type OpenNebulaPlace, taggedMachines } from "./place.ts";
import { epochSeconds } from "./server-template.ts";

/** Name of the machine-wide lock under which leases change and machines are asked for. */
export const openNebulaLock = "opennebula allocation";

/** Throws where a machine of this owner was made with a later token, by this or by another installation. */
export function refuseLaterHolder(found: readonly TaggedMachine[], owner: Owner): void {
  const latest = Math.max(0, ...found.map(({ token }) => token));
  if (latest > owner.token) throw olderToken(owner, latest);
}

/**
 * Gives back all that a run's node holds: lease first, so that nothing new is asked for, then machines. Returns what was
 * given back; nothing is success. Refuses an older token than the lease's or that of any machine.
 */
export async function releaseGroup(
  place: OpenNebulaPlace,
  owner: Owner,
  signal: AbortSignal,
): Promise<readonly Resource[]> {
  const files = groupFiles(place.places, owner);
  const one = await place.with(signal);
  const held = await withLock(openNebulaLock, signal, async () => {
    const found = await taggedMachines(one, { run: owner.run, node: owner.node });
    refuseLaterHolder(found, owner);
    await endLease(files.lease, owner);
    return found;
  });
  await endAll(place, held, signal);
  await rm(files.loginKey, { force: true });
  await pruneLeases(place.places);
  return held.map(({ resource }) => resource);
}

/** Ends machines side by side; the first that does not end is the failure, after all were tried. */
export async function endAll(
  place: OpenNebulaPlace,
  found: readonly TaggedMachine[],
  signal: AbortSignal,
): Promise<void> {
  const one = await place.with(signal);
  const limits = { signal, pollMs: place.options.pollMs, endDeadlineMs: place.options.endDeadlineMs };
  const ends = await Promise.allSettled(found.map(({ machine }) => endMachine(one, machine.id, limits)));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/**
 * Gives back one listed machine; what is gone is success. So is a machine that has its number and other tags: the session
 * leads to another OpenNebula than the one that was listed.
 */
export async function releaseMachine(place: OpenNebulaPlace, resource: Resource, signal: AbortSignal): Promise<void> {
  const one = await place.with(signal);
  const found = await machineOf(one, Number(resource.id));
  if (found?.resource.run !== resource.run || found.resource.node !== resource.node) return;
  await endAll(place, [found], signal);
}

async function machineOf(one: OpenNebula, id: number): Promise<TaggedMachine | undefined> {
  try {
    return taggedMachine(await one.machines.info(id));
  } catch (error) {
    if (isFailedBy(error, "opennebula-no-exists")) return undefined;
    throw error;
  }
}

/**
 * Lets the machines of a group go at a time (UTC, ISO 8601) and not before. OpenNebula itself ends them then: nobody of
 * ours has to wait for it.
 */
export async function keepMachines(
  place: OpenNebulaPlace,
  group: { readonly run: string; readonly node: string },
  until: { readonly time: string; readonly signal: AbortSignal },
): Promise<void> {
  const { time, signal } = until;
  const { lease } = groupFiles(place.places, group);
  const one = await place.with(signal);
  const { scheduledActions } = await place.profile(signal);
  const action = { action: "terminate-hard", time: epochSeconds(time) } as const;
  await withLock(openNebulaLock, signal, async () => {
    if ((await readLease(lease)) !== undefined) await extendLease(lease, time);
    for (const { machine } of await taggedMachines(one, group)) {
      const [number] = machine.scheduledActions;
      // Because a machine must never carry a time at which OpenNebula would not end it: that goes first.
      if (scheduledActions === "user-template") {
        const attribute = { ...(number === undefined ? {} : { ID: String(number) }), ...scheduledAttribute(action) };
        await one.machines.update(machine.id, { SCHED_ACTION: attribute }, "merge");
      } else if (number === undefined) await one.machines.scheduleAdd(machine.id, action);
      else await one.machines.scheduleUpdate(machine.id, number, action);
      await one.machines.update(machine.id, { [tagAttribute("expires-at")]: time }, "merge");
    }
  });
}
