import { copyFile } from "node:fs/promises";
import { InfraError } from "../../failure.ts";
import { type Launched, whileAlive } from "../../hosts/guest.ts";
import { awaitHeld, nameMachine, saveMachine, wakeCopy } from "../../hosts/held-machine.ts";
import { withLock, withSlot } from "../../hosts/lock.ts";
import { seedArchive } from "../../hosts/seed-file.ts";
import { type HostFacts, snapshotKey } from "../../hosts/snapshot-key.ts";
import {
  makeSnapshot,
  removeSnapshot,
  type Snapshot,
  type SnapshotRecord,
  snapshotLock,
  useSnapshot,
} from "../../hosts/snapshot-store.ts";
import type { ProvisionIo, Server } from "../provider.ts";
import { noCopy } from "./failures.ts";
import { completeServer, type Group, launchServer, type Startable } from "./start.ts";

/**
 * Starts a server as a copy of one that was saved; where none was saved yet, this server is the original: it boots, is
 * saved before it knows who it is, and goes on as itself.
 *
 *     snapshot? --yes--> copy ---------------> told who it is --> ready (resumed)
 *         |                 |  does not wake: snapshot removed, fails in passing
 *         no (one at a time per kind)
 *         +--> boots, held --> saved --------> told who it is --> ready (cold)
 */
export async function startFromSnapshot(
  group: Group & { readonly snapshots: HostFacts },
  server: Startable,
  io: ProvisionIo,
): Promise<Server> {
  const { home } = group.places;
  const key = keyOf(group, server);
  const patience = {
    signal: io.signal,
    waiting: () => io.note(`${server.request.name}: a server of its kind is being saved`),
  };
  const there = await useSnapshot(home, key);
  const found =
    there ??
    (await withLock(snapshotLock(home, key), patience, async () => {
      const meanwhile = await useSnapshot(home, key);
      return (
        meanwhile ?? withSlot("boots", group.bootSlots, io.signal, () => makeOriginal(group, { ...server, key }, io))
      );
    }));
  return withSlot("boots", group.bootSlots, io.signal, async () => {
    if ("record" in found) return startCopy(group, { ...server, snapshot: found }, io);
    nameMachine(found, "this");
    return completeServer(group, { ...server, launched: found, startMode: "cold" }, io);
  });
}

/** Boots a server up to where it waits to be told who it is, and saves it. Saving may fail: the server goes on. */
async function makeOriginal(
  group: Group,
  server: Startable & { readonly key: string },
  io: ProvisionIo,
): Promise<Launched> {
  const { home } = group.places;
  const launched = await launchServer(group, { ...server, disk: server.image }, { mode: "hold" }, io);
  await whileAlive(launched, { signal: io.signal }, (signal) => awaitHeld(launched, signal));
  try {
    await makeSnapshot(home, recordOf(server.key, server), (files) => saveMachine(launched, files, io.signal));
  } catch (error) {
    io.signal.throwIfAborted();
    io.note(`${server.request.name} could not be saved for later starts: ${wordsOf(error)}`);
  }
  return launched;
}

/** A copy, ready. A snapshot of which no copy becomes ready is removed. */
async function startCopy(
  group: Group,
  server: Startable & { readonly snapshot: Snapshot },
  io: ProvisionIo,
): Promise<Server> {
  const { snapshot, machine } = server;
  try {
    await copyFile(snapshot.console, machine.console);
    const disk = { disk: snapshot.disk, format: "qcow2" } as const;
    const launched = await launchServer(group, { ...server, disk }, { mode: "copy", memory: snapshot.memory }, io);
    await whileAlive(launched, { signal: io.signal }, (signal) => wakeCopy(launched, signal));
    nameMachine(launched, "copy");
    return await completeServer(group, { ...server, launched, startMode: "resumed" }, io);
  } catch (error) {
    io.signal.throwIfAborted();
    if (error instanceof InfraError && error.failure.class !== "transient") throw error;
    await removeSnapshot(group.places.home, snapshot.record.key);
    throw new InfraError(noCopy(server.record.id, wordsOf(error)), { cause: error });
  }
}

function keyOf({ snapshots }: Group & { readonly snapshots: HostFacts }, { machine, image, seed }: Startable): string {
  return snapshotKey(machine, image, { host: snapshots, seedBytes: seedArchive(seed).length });
}

function recordOf(key: string, { machine, image }: Startable): SnapshotRecord {
  const { memoryMiB, cores, acceleration } = machine;
  const from = { os: image.os, imageDigest: image.digest, imageDisk: image.disk };
  return { v: 1, key, ...from, memoryMiB, cores, acceleration, madeAt: new Date().toISOString() };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
