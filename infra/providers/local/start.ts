import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerFacts } from "../../../pipelines/dsl/event.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import type { AccelerationFacts } from "../../hosts/acceleration.ts";
import { noNestedKvm } from "../../hosts/failures.ts";
import { awaitGuest, type Launched, launch, makeOverlay } from "../../hosts/guest.ts";
import { withLock, withSlot } from "../../hosts/lock.ts";
import type { NoCloudSeed } from "../../hosts/nocloud.ts";
import { hasPort, type Machine, type Start } from "../../hosts/qemu-arguments.ts";
import { writeRecord } from "../../hosts/record-file.ts";
import type { Member } from "../../hosts/seed.ts";
import { writeSeed } from "../../hosts/seed-file.ts";
import type { HostFacts } from "../../hosts/snapshot-key.ts";
import type { SshKeyPair } from "../../hosts/ssh-key-pair.ts";
import type { Image } from "../../images/image.ts";
import { checkLease } from "../../lease.ts";
import type { ProvisionIo, Server } from "../provider.ts";
import { providerName } from "./listing.ts";
import { allocationLock, groupFiles, type Places, serverFiles } from "./places.ts";
import { clearServer } from "./release.ts";
import { machineOf, seedOf, sshOf } from "./server-machine.ts";
import type { ServerRecord } from "./server-record.ts";
import { startFromSnapshot } from "./snapshot-start.ts";

/** What the servers of one group share. */
export interface Group {
  readonly places: Places;
  readonly owner: Owner;
  readonly claim: string;
  readonly acceleration: AccelerationFacts;
  readonly members: readonly Member[];
  readonly loginKey: SshKeyPair;
  readonly groupKey: SshKeyPair;
  /** Servers of this machine that may boot at the same time. */
  readonly bootSlots: number;
  /** What snapshots depend on; undefined where every server is to boot from its image. */
  readonly snapshots: HostFacts | undefined;
  /** When the group was asked for, in milliseconds since 1970. */
  readonly askedAt: number;
}

/** One server of a group, ready to be started. */
export interface Planned {
  readonly request: ServerRequest;
  readonly record: ServerRecord;
  readonly member: Member;
  readonly image: Image;
}

/** A server to be started: its machine, and what its guest is told. */
export interface Startable extends Planned {
  readonly machine: Machine;
  readonly seed: NoCloudSeed;
}

/**
 * Starts one server, from a snapshot where there is one, and resolves when it runs commands by SSH. A start that fails in
 * passing is tried once more as a boot from a fresh disk. Waits its turn among the boots of this machine.
 */
export async function startServer(group: Group, planned: Planned, io: ProvisionIo): Promise<Server> {
  const seed = await seedOf(group, planned, io.signal);
  const startable = { ...planned, machine: machineOf(group, planned), seed };
  try {
    const { snapshots } = group;
    if (snapshots !== undefined && hasPort(startable.machine))
      return await startFromSnapshot({ ...group, snapshots }, startable, io);
    return await startCold(group, startable, io);
  } catch (error) {
    io.signal.throwIfAborted();
    if (!(error instanceof InfraError) || error.failure.class !== "transient") throw error;
    io.note(`${planned.record.name}: ${error.failure.title}; starting it once more from a fresh disk`);
    await clearServer(group.places, planned.record.id);
    return startCold(group, startable, io);
  }
}

function startCold(group: Group, startable: Startable, io: ProvisionIo): Promise<Server> {
  return withSlot("boots", group.bootSlots, io.signal, async () => {
    const launched = await launchServer(group, { ...startable, disk: startable.image }, { mode: "boot" }, io);
    return completeServer(group, { ...startable, launched, startMode: "cold" }, io);
  });
}

/** Starts the virtual machine of a server on a fresh disk, while its lease holds. */
export async function launchServer(
  group: Group,
  server: Startable & { readonly disk: Pick<Image, "disk" | "format"> },
  start: Start,
  io: ProvisionIo,
): Promise<Launched> {
  await writeSeed(server.machine, server.seed);
  return launchMachine(group, server, start, io);
}

/** Starts a virtual machine whose seed is written, on a fresh disk, while its lease holds. */
export async function launchMachine(
  { places, owner, claim }: Pick<Group, "places" | "owner" | "claim">,
  server: Pick<Startable, "record" | "machine"> & { readonly disk: Pick<Image, "disk" | "format"> },
  start: Start,
  io: Pick<ProvisionIo, "signal">,
): Promise<Launched> {
  const { record, machine } = server;
  const files = serverFiles(places, record.id);
  await makeOverlay(server.disk, machine.disk, io.signal);
  // Because giving back lists processes under the same lock after ending the lease: no start slips through between.
  const launched = await withLock(allocationLock, io.signal, async () => {
    await checkLease(groupFiles(places, owner).lease, owner, claim);
    return launch(machine, start, io.signal);
  });
  await writeRecord(files.record, { ...record, qemu: launched.process });
  return launched;
}

/** Waits until a launched server runs commands, and says so. */
export async function completeServer(
  group: Group,
  started: Startable & { readonly launched: Launched; readonly startMode: ServerFacts["startMode"] },
  io: ProvisionIo,
): Promise<Server> {
  const { request, record, member, image, machine, launched, startMode } = started;
  const ssh = sshOf(group, started, machine);
  using _port = launched.port;
  const guest = await awaitGuest(launched, ssh, io.signal);
  if (request.nestedKvm && !guest.kvm) throw new InfraError(noNestedKvm(record.id));
  const server: Server = {
    ...{ id: record.id, name: request.name, role: request.role, os: request.os, ssh },
    privateAddress: member.address,
    facts: {
      provider: providerName,
      hostClass: "on-premises",
      acceleration: machine.acceleration,
      imageDigest: image.digest,
      startMode,
      kernel: guest.kernel,
      readyMs: Date.now() - group.askedAt,
    },
  };
  io.ready(server);
  return server;
}
