import { machineReserveMiB, promisable, virtualCpusPerCore } from "../../hosts/capacity.ts";
import type { PlaceableHost } from "../../placement/host-room.ts";
import { askFacts, type HostFacts } from "../../pool/host-facts.ts";
import type { Connection } from "../../ssh/connection.ts";
import type { CallSettings, Room } from "./call.ts";
import { hostHome } from "./program.ts";

/** Left to a host itself, in MiB: nothing else than servers runs there. */
export const hostReserveMiB = 512;

/** How a host is used, by what it says of itself. */
export async function hostSettings(
  connection: Connection,
  { capacityDeadlineMs }: { readonly capacityDeadlineMs: number },
  signal: AbortSignal,
): Promise<CallSettings> {
  return { home: hostHome, capacityDeadlineMs, ...sizeOfHost(await askFacts(connection, signal)) };
}

/**
 * The size that the local provider is to work with on a host. It keeps as much for a machine's other work as people need,
 * of which a host has none: so much more is said to be there. Pure.
 */
export function sizeOfHost({ nodes }: Pick<HostFacts, "nodes">): {
  readonly memoryMiB: number;
  readonly cores: number;
} {
  const memoryMiB = nodes.reduce((sum, node) => sum + node.memoryMiB, 0) + machineReserveMiB - hostReserveMiB;
  return { memoryMiB, cores: nodes.reduce((sum, node) => sum + node.threads, 0) };
}

/** A host with its free room, as placement sees it. Pure. */
export function placeableHost(name: string, facts: HostFacts, room: Room): PlaceableHost {
  const { architecture, threadsPerCore, nestedKvm } = facts;
  const free = [{ threads: room.cores / virtualCpusPerCore, memoryMiB: room.memoryMiB }];
  return { name, architecture, threadsPerCore, features: [], nestedKvm, used: room.used, free };
}

/** A host of which only its size is known, as placement sees it when nobody is on it: a guess in its favour. Pure. */
export function placeableSize(size: { readonly memoryMiB: number; readonly cores: number }): PlaceableHost {
  const { memoryMiB, cores } = promisable(size);
  const free = [{ threads: cores / virtualCpusPerCore, memoryMiB }];
  return { name: "host", architecture: "amd64", threadsPerCore: 2, features: [], nestedKvm: true, used: false, free };
}
