import { mkdir, rm, writeFile } from "node:fs/promises";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { probeAcceleration } from "../../hosts/acceleration.ts";
import type { Size } from "../../hosts/capacity.ts";
import { withLock } from "../../hosts/lock.ts";
import { requireSystemPackages } from "../../hosts/requirements.ts";
import { hostFacts } from "../../hosts/snapshot-key.ts";
import { makeSshKeyPair } from "../../hosts/ssh-key-pair.ts";
import { ensureImage, type Image } from "../../images/image.ts";
import { storedKernel } from "../../images/store.ts";
import { readLease, takeLease } from "../../lease.ts";
import type { ProvisionIo, Server } from "../provider.ts";
import { privateAddress } from "./addresses.ts";
import { holdings, listResources } from "./listing.ts";
import { allocationLock, groupFiles, type Places } from "./places.ts";
import { releaseAll, removeServer } from "./release.ts";
import { reserve } from "./reservation.ts";
import { readServers, type ServerRecord } from "./server-record.ts";
import { type Group, type Planned, startServer } from "./start.ts";

/** How this machine is used. */
export interface Use {
  readonly places: Places;
  /** Folder whose images are used, and into which missing ones are built. */
  readonly images: string;
  readonly machine: Size;
  readonly bootSlots: number;
  /** `cold`, or `snapshot`; any other word is refused before. */
  readonly start: string;
  readonly capacityDeadlineMs: number;
  readonly probeDeadlineMs: number;
}

/** What a group holds before anything of it is started: its lease, the images of its requests, room for them. */
export interface Room extends Pick<Group, "places" | "owner" | "claim" | "acceleration" | "askedAt"> {
  readonly planned: readonly Omit<Planned, "member">[];
}

/** A group to be made room for, and what then starts it. */
export interface Wish<Result> {
  readonly requests: readonly ServerRequest[];
  readonly owner: Owner;
  start(room: Room): Promise<Result>;
}

/**
 * The whole group, running, or nothing: lease, images, room, starts. What an earlier attempt of the same node left is
 * removed first, because evidence is never taken from a server that was used before.
 */
export async function provisionGroup(
  use: Use,
  requests: readonly ServerRequest[],
  owner: Owner,
  io: ProvisionIo,
): Promise<readonly Server[]> {
  const start = async (room: Room): Promise<readonly Server[]> => {
    if (room.planned.length === 0) return [];
    const keys = await makeKeys(use.places, owner);
    const planned = room.planned.map((one) => ({ ...one, member: memberOf(one.record) }));
    const snapshots = use.start === "cold" ? undefined : await hostFacts(io.signal);
    const members = planned.map((one) => one.member);
    const group: Group = { ...room, members, ...keys, bootSlots: use.bootSlots, snapshots };
    return allOrAbort(io, planned, (one, own) => startServer(group, one, own));
  };
  return makeRoom(use, { requests, owner, start }, io);
}

/** Makes room for a group and starts it. Where that fails, all that it holds is given back. */
export async function makeRoom<Result>(use: Use, wish: Wish<Result>, io: ProvisionIo): Promise<Result> {
  const { requests, owner } = wish;
  for (const architecture of new Set(requests.map((one) => one.architecture ?? "amd64")))
    requireSystemPackages(architecture, "servers");
  const askedAt = Date.now();
  const { places } = use;
  const claim = await takeOver(places, owner, io);
  try {
    const home = use.images;
    const images = await imagesOf(requests, home, io);
    // Because a group of cloud images brings none itself, any kernel of the cache will do.
    const kernel = await storedKernel(home);
    const acceleration = await probeAcceleration({ home, kernel, signal: io.signal, deadlineMs: use.probeDeadlineMs });
    io.note(`${acceleration.acceleration === "kvm" ? "hardware" : "emulated"} processors: ${acceleration.reason}`);
    const { machine, capacityDeadlineMs: deadlineMs } = use;
    const wanted = { requests, owner, claim, machine, deadlineMs, held: () => holdings(places.home) };
    const records = requests.length === 0 ? [] : await reserve(places, wanted, io);
    const planned = requests.flatMap((request, index) => {
      const [record, image] = [records[index], images[index]];
      return record === undefined || image === undefined ? [] : [{ request, record, image }];
    });
    return await wish.start({ places, owner, claim, acceleration, askedAt, planned });
  } catch (error) {
    await giveUp(places, owner, claim);
    throw error;
  }
}

async function takeOver(places: Places, owner: Owner, io: ProvisionIo): Promise<string> {
  const files = groupFiles(places, owner);
  const [claim, left] = await withLock(allocationLock, io.signal, async () => {
    const taken = await takeLease(files.lease, owner);
    return [taken, await listResources(places, { run: owner.run, node: owner.node })] as const;
  });
  const servers = left.filter((one) => one.kind === "virtual-machine");
  if (servers.length > 0) io.note(`removing ${servers.length} servers of an earlier attempt`);
  await Promise.all(servers.map((one) => removeServer(places, one.id)));
  return claim;
}

async function imagesOf(requests: readonly ServerRequest[], home: string, io: ProvisionIo): Promise<readonly Image[]> {
  return allOrAbort(io, requests, (request, own) =>
    ensureImage(request, { home, signal: own.signal, note: (text) => io.note(text) }),
  );
}

async function makeKeys(places: Places, owner: Owner): Promise<Pick<Group, "loginKey" | "groupKey">> {
  const files = groupFiles(places, owner);
  const loginKey = makeSshKeyPair("edgecert-login");
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await rm(files.loginKey, { force: true });
  await writeFile(files.loginKey, loginKey.privateKey, { mode: 0o600 });
  return { loginKey, groupKey: makeSshKeyPair("edgecert-group") };
}

function memberOf(record: ServerRecord) {
  return { name: record.name, address: privateAddress(record.index), hostKey: makeSshKeyPair(record.name) };
}

/** As Promise.all, but the first failure aborts the others, and it is thrown only when none of them works any more. */
export async function allOrAbort<Item, Result>(
  io: ProvisionIo,
  items: readonly Item[],
  work: (item: Item, io: ProvisionIo) => Promise<Result>,
): Promise<readonly Result[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([io.signal, stop.signal]);
  const own: ProvisionIo = { signal, note: (text) => io.note(text), ready: (server) => io.ready(server) };
  const running = items.map(async (item) => {
    try {
      return await work(item, own);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(running);
  // Because the first to fail is the reason, and the others only say that they were stopped.
  if (stop.signal.aborted) throw stop.signal.reason;
  return Promise.all(running);
}

/** Gives back what one provision made: all of the lease while it is ours, else only what carries its claim. */
async function giveUp(places: Places, owner: Owner, claim: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const lease = await readLease(groupFiles(places, owner).lease);
  if (lease?.claim === claim) {
    await releaseAll(places, owner, signal);
    return;
  }
  const mine = (await readServers(places.home)).filter((record) => record.claim === claim);
  await Promise.all(mine.map((record) => removeServer(places, record.id)));
}
