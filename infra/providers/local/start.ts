import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { operatingSystem } from "../../catalog/operating-systems.ts";
import { InfraError } from "../../failure.ts";
import type { AccelerationFacts } from "../../hosts/acceleration.ts";
import { noNestedKvm } from "../../hosts/failures.ts";
import { awaitGuest, launch, makeOverlay } from "../../hosts/guest.ts";
import { withLock, withSlot } from "../../hosts/lock.ts";
import type { NoCloudSeed } from "../../hosts/nocloud.ts";
import type { Machine } from "../../hosts/qemu-arguments.ts";
import { writeRecord } from "../../hosts/record-file.ts";
import type { Member } from "../../hosts/seed.ts";
import { writeSeed } from "../../hosts/seed-file.ts";
import type { SshKeyPair } from "../../hosts/ssh-key-pair.ts";
import type { Image } from "../../images/image.ts";
import { machineSurroundings, surroundingsOfGuest } from "../../images/surroundings.ts";
import { checkLease } from "../../lease.ts";
import type { ProvisionIo, Server, SshAddress } from "../provider.ts";
import { groupNetwork, loopbackAddress, macAddress, sshPort } from "./addresses.ts";
import { providerName } from "./listing.ts";
import { allocationLock, groupFiles, type Places, serverFiles } from "./places.ts";
import { clearServer } from "./release.ts";
import { commandLineTags, type ServerRecord } from "./server-record.ts";

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

/**
 * Boots one server and resolves when it runs commands by SSH. A boot that fails in passing is tried once more from a
 * fresh disk. Waits its turn among the boots of this machine.
 */
export async function startServer(group: Group, planned: Planned, io: ProvisionIo): Promise<Server> {
  return withSlot("boots", group.bootSlots, io.signal, async () => {
    try {
      return await boot(group, planned, io);
    } catch (error) {
      io.signal.throwIfAborted();
      if (!(error instanceof InfraError) || error.failure.class !== "transient") throw error;
      io.note(`${planned.record.name}: ${error.failure.title}; starting it once more from a fresh disk`);
      await clearServer(group.places, planned.record.id);
      return boot(group, planned, io);
    }
  });
}

async function boot(group: Group, planned: Planned, io: ProvisionIo): Promise<Server> {
  const { places, owner, claim } = group;
  const { record, request, member, image } = planned;
  const files = serverFiles(places, record.id);
  const machine = machineOf(group, planned);
  await writeSeed(machine, await seedOf(group, planned, io.signal));
  await makeOverlay(image, machine.disk, io.signal);
  // Because giving back lists processes under the same lock after ending the lease: no start slips through between.
  const process = await withLock(allocationLock, io.signal, async () => {
    await checkLease(groupFiles(places, owner).lease, owner, claim);
    return launch(machine, io.signal);
  });
  await writeRecord(files.record, { ...record, qemu: process });
  const ssh = sshOf(group, planned, machine);
  const guest = await awaitGuest(machine, { process, ssh, signal: io.signal });
  if (request.nestedKvm && !guest.kvm) throw new InfraError(noNestedKvm(record.id));
  const server: Server = {
    ...{ id: record.id, name: request.name, role: request.role, os: request.os, ssh },
    privateAddress: member.address,
    facts: {
      provider: providerName,
      hostClass: "on-premises",
      acceleration: machine.acceleration,
      imageDigest: image.digest,
      startMode: "cold",
      kernel: guest.kernel,
      readyMs: Date.now() - group.askedAt,
    },
  };
  io.ready(server);
  return server;
}

function sshOf(group: Group, { member }: Planned, machine: Machine): SshAddress {
  return {
    host: machine.forward.address,
    port: machine.forward.port,
    user: "root",
    privateKeyPath: groupFiles(group.places, group.owner).loginKey,
    hostKey: member.hostKey.publicKey,
  };
}

async function seedOf(group: Group, { request, record, member }: Planned, signal: AbortSignal): Promise<NoCloudSeed> {
  const { members, loginKey, groupKey } = group;
  const surroundings = surroundingsOfGuest(await machineSurroundings(operatingSystem(request.os), signal));
  return {
    ...{ self: member, group: members, loginKey: loginKey.publicKey, groupKey, surroundings },
    ...{ outsideMac: macAddress(record.id, "outside"), groupMac: macAddress(record.id, "group") },
    ...{ instance: record.id, packages: request.packages },
  };
}

function machineOf(group: Group, { request, record, image }: Planned): Machine {
  const { places, owner, acceleration } = group;
  const files = serverFiles(places, record.id);
  const emulate = image.architecture === "arm64" || (request.nestedKvm && !acceleration.nested);
  return {
    id: record.id,
    tags: commandLineTags(places.home, owner, record),
    architecture: image.architecture,
    acceleration: emulate ? "tcg" : acceleration.acceleration,
    cores: request.cores,
    memoryMiB: request.memoryMiB,
    ...{ boot: image.boot, disk: files.disk, seed: { kind: image.seed, path: files.seed } },
    ...{ console: files.console, pidFile: files.pid },
    forward: { address: loopbackAddress(record.group, record.index), port: sshPort },
    groupNetwork: groupNetwork(record.group),
    outsideMac: macAddress(record.id, "outside"),
    groupMac: macAddress(record.id, "group"),
  };
}
