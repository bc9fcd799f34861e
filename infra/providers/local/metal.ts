import { createHash } from "node:crypto";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { operatingSystem } from "../../catalog/operating-systems.ts";
import { InfraError } from "../../failure.ts";
import { type CloudSeed, cloudPackages } from "../../hosts/cloud-seed.ts";
import type { ProcessIdentity } from "../../hosts/process-table.ts";
import { type Machine, machineId } from "../../hosts/qemu-arguments.ts";
import { writeCloudSeed } from "../../hosts/seed-file.ts";
import { machineSurroundings, surroundingsOfGuest } from "../../images/surroundings.ts";
import type { ProvisionIo } from "../provider.ts";
import { groupNetwork, macAddress, privateAddress } from "./addresses.ts";
import { registerHome } from "./homes.ts";
import { refusalOf } from "./provider.ts";
import { allOrAbort, makeRoom, type Room, type Use } from "./provision.ts";
import { machineOf } from "./server-machine.ts";
import { launchMachine } from "./start.ts";

/** A machine as an edge location gives it: alone, with an operating system, told by user data what it is for. */
export interface MetalRequest extends Pick<CloudSeed, "userData" | "loginKey" | "account"> {
  /** Host name and beginning of its id: a DNS label. */
  readonly name: string;
  /** Such as `debian-12`: one that images are bootstrapped of. */
  readonly os: string;
  readonly cores: number;
  readonly memoryMiB: number;
  /** Port of its sshd that leads in from outside; its loopback address has the same one. */
  readonly sshPort: number;
  /** The private network that it shares with machines of other groups; default: one of its group alone. */
  readonly network?: {
    /** Any word: machines with the same one reach each other. */
    readonly segment: string;
    /** IPv4 address with prefix, such as `10.90.0.4/24`. */
    readonly address: string;
  };
}

/** A machine that runs; whether it answers is found out by SSH. */
export interface Metal {
  /** Unique at this machine. */
  readonly id: string;
  readonly address: string;
  readonly privateAddress: string;
  /** sha256 of what its image was made from. */
  readonly imageDigest: string;
  /** For who waits until it answers: how it ended is told from its process and its console. */
  readonly launched: { readonly machine: Machine; readonly process: ProcessIdentity };
}

/** The server that a machine is to this machine, with a `/dev/kvm` of its own. Pure. */
export function serverOf({ name, os, cores, memoryMiB }: MetalRequest): ServerRequest {
  return { name, role: "host", os, cores, memoryMiB, packages: cloudPackages, nestedKvm: true };
}

/** Starts the machines of one owner, all or none. Resolves when they run, as a cloud does, not when they answer. */
export async function startMetal(
  use: Use,
  { requests, owner }: { readonly requests: readonly MetalRequest[]; readonly owner: Owner },
  io: ProvisionIo,
): Promise<readonly Metal[]> {
  const servers = requests.map(serverOf);
  const refusal = refusalOf(use, servers);
  if (refusal !== undefined) throw new InfraError(refusal);
  registerHome(use.places.home);
  const start = (room: Room) => {
    const parts = room.planned.flatMap((planned, index) => {
      const metal = requests[index];
      return metal === undefined ? [] : [{ planned, metal }];
    });
    return allOrAbort(io, parts, (part, own) => startOne(room, part, own));
  };
  return makeRoom(use, { requests: servers, owner, start }, io);
}

async function startOne(
  room: Room,
  { planned, metal }: { readonly planned: Room["planned"][number]; readonly metal: MetalRequest },
  io: ProvisionIo,
): Promise<Metal> {
  const { record, image } = planned;
  const network = metal.network ?? { segment: undefined, address: `${privateAddress(record.index)}/24` };
  const plain = machineOf(room, planned);
  const machine: Machine = {
    ...plain,
    forward: { ...plain.forward, port: metal.sshPort, to: metal.sshPort },
    groupNetwork: network.segment === undefined ? groupNetwork(record.group) : segmentNetwork(network.segment),
    // Because cloud-init decides whether to work at all before the seed is laid down.
    kernelWords: ["ci.ds=NoCloud"],
  };
  const surroundings = surroundingsOfGuest(await machineSurroundings(operatingSystem(metal.os), io.signal));
  await writeCloudSeed(machine, {
    ...{ instance: record.id, machineId: machineId(record.id), surroundings },
    ...{ userData: metal.userData, loginKey: metal.loginKey, account: metal.account },
    ...{ outsideMac: macAddress(record.id, "outside"), groupMac: macAddress(record.id, "group") },
    groupAddress: network.address,
  });
  const launched = await launchMachine(room, { record, machine, disk: image }, { mode: "boot" }, io);
  using _port = launched.port;
  const [address = ""] = network.address.split("/");
  return {
    ...{ id: record.id, address: machine.forward.address, privateAddress: address },
    imageDigest: image.digest,
    launched: { machine, process: launched.process },
  };
}

/** Multicast address and port of a named network, beside those of groups. Pure. */
function segmentNetwork(segment: string): { readonly address: string; readonly port: number } {
  const [high = 0, low = 0] = createHash("sha256").update(segment).digest();
  return { address: `230.78.${high}.${low}`, port: 21_000 };
}
