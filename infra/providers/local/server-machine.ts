import { operatingSystem } from "../../catalog/operating-systems.ts";
import type { NoCloudSeed } from "../../hosts/nocloud.ts";
import { type Machine, machineId } from "../../hosts/qemu-arguments.ts";
import { machineSurroundings, surroundingsOfGuest } from "../../images/surroundings.ts";
import type { SshAddress } from "../provider.ts";
import { groupNetwork, loopbackAddress, macAddress, sshPort } from "./addresses.ts";
import { groupFiles, serverFiles } from "./places.ts";
import { commandLineTags } from "./server-record.ts";
import type { Group, Planned } from "./start.ts";

/** How to log in to a server. Pure. */
export function sshOf(group: Group, { member }: Planned, machine: Machine): SshAddress {
  return {
    host: machine.forward.address,
    port: machine.forward.port,
    user: "root",
    privateKeyPath: groupFiles(group.places, group.owner).loginKey,
    hostKey: member.hostKey.publicKey,
  };
}

/** What a server is told about itself and its group. */
export async function seedOf(
  group: Group,
  { request, record, member }: Planned,
  signal: AbortSignal,
): Promise<NoCloudSeed> {
  const { members, loginKey, groupKey } = group;
  const surroundings = surroundingsOfGuest(await machineSurroundings(operatingSystem(request.os), signal));
  return {
    ...{ self: member, group: members, loginKey: loginKey.publicKey, groupKey, surroundings },
    ...{ outsideMac: macAddress(record.id, "outside"), groupMac: macAddress(record.id, "group") },
    ...{ machineId: machineId(record.id), instance: record.id, packages: request.packages },
  };
}

/** The virtual machine of a server. Pure. */
export function machineOf(
  { places, owner, acceleration }: Pick<Group, "places" | "owner" | "acceleration">,
  { request, record, image }: Omit<Planned, "member">,
): Machine {
  const files = serverFiles(places, record.id);
  const emulate = image.architecture === "arm64" || (request.nestedKvm && !acceleration.nested);
  return {
    id: record.id,
    folder: files.folder,
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
