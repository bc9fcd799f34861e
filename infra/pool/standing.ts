import { machineReserveMiB } from "../hosts/capacity.ts";
import type { InventoryHost } from "../inventory-document.ts";
import { type PlaceableHost, type Room, totalRoom } from "../placement/host-room.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Hold } from "./ledger.ts";

/**
 * A host as placement sees it, less what is held of it; null where nobody knows its size yet. What the inventory says may
 * be given away is given away whole; of what the host says itself, memory for its own system is kept back.
 */
export function roomOf(host: InventoryHost, facts: HostFacts | null, holds: readonly Hold[]): PlaceableHost | null {
  const nodes = nodesOf(host, facts);
  if (nodes === null) return null;
  return {
    name: host.name,
    architecture: facts?.architecture ?? host.architecture,
    threadsPerCore: facts?.threadsPerCore ?? 1,
    features: host.features,
    // Because a host that nobody has looked at yet is looked at before it is used.
    nestedKvm: facts?.nestedKvm ?? true,
    used: holds.length > 0,
    free: nodes.map((room, at) => less(room, at, holds)),
  };
}

function nodesOf(host: InventoryHost, facts: HostFacts | null): readonly Room[] | null {
  const { cores, memoryMiB } = host;
  if (facts === null) {
    return cores === undefined || memoryMiB === undefined ? null : [{ threads: cores, memoryMiB }];
  }
  const all = totalRoom(facts.nodes);
  const threads = Math.min(1, (cores ?? all.threads) / all.threads);
  const memory = Math.min(1, (memoryMiB ?? Math.max(0, all.memoryMiB - machineReserveMiB)) / all.memoryMiB);
  return facts.nodes.map((node) => ({
    threads: Math.floor(node.threads * threads),
    memoryMiB: Math.floor(node.memoryMiB * memory),
  }));
}

function less(room: Room, at: number, holds: readonly Hold[]): Room {
  if (holds.some(({ server }) => server === null)) return { threads: 0, memoryMiB: 0 };
  return holds.reduce(
    ({ threads, memoryMiB }, { taken }) => ({
      threads: threads - (taken[at]?.threads ?? 0),
      memoryMiB: memoryMiB - (taken[at]?.memoryMiB ?? 0),
    }),
    room,
  );
}
