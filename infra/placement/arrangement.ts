import type { Demand } from "./demand.ts";
import { type PlaceableHost, type Room, type Spot, spotOn } from "./host-room.ts";

/**
 * `pack` fills as few hosts as possible, those in use first, so that whole hosts stay free. `spread` puts as few servers
 * of the group as possible on any one host, so that losing one loses little.
 */
export type PlacementPolicy = "pack" | "spread";

/** Demands on hosts, step by step and back: the hosts' own rooms stay as they were. */
export interface Arrangement {
  readonly hosts: readonly PlaceableHost[];
  readonly free: (readonly Room[])[];
  /** Demands of this arrangement on each host. */
  readonly counts: number[];
  /** Where each demand is placed, by its index. */
  readonly spots: Map<number, TakenSpot>;
}

/** A demand's host and NUMA node (null: over several), and what it takes of each node. */
export interface TakenSpot {
  readonly host: number;
  readonly node: number | null;
  readonly taken: readonly Room[];
}

/** Nothing placed yet. */
export function emptyArrangement(hosts: readonly PlaceableHost[]): Arrangement {
  return { hosts, free: hosts.map(({ free }) => free), counts: hosts.map(() => 0), spots: new Map() };
}

/** Where a demand would go on a host; undefined where it does not fit. */
export function spotAt(at: Arrangement, host: number, demand: Demand): Spot | undefined {
  const [placeable, free] = [at.hosts[host], at.free[host]];
  return placeable === undefined || free === undefined ? undefined : spotOn(placeable, free, demand);
}

/** Puts a demand on a host, and returns the way back. */
export function put(at: Arrangement, index: number, host: number, spot: Spot): () => void {
  const before = at.free[host] ?? [];
  const count = at.counts[host] ?? 0;
  at.free[host] = spot.free;
  at.counts[host] = count + 1;
  at.spots.set(index, { host, node: spot.node, taken: before.map((room, node) => difference(room, spot.free[node])) });
  return () => {
    at.free[host] = before;
    at.counts[host] = count;
    at.spots.delete(index);
  };
}

function difference(before: Room, after: Room = before): Room {
  return { threads: before.threads - after.threads, memoryMiB: before.memoryMiB - after.memoryMiB };
}

/** What an arrangement costs by a policy; the least is best. More demands never cost less. */
export function costOf(at: Arrangement, policy: PlacementPolicy): number {
  if (policy === "spread") return Math.max(0, ...at.counts);
  return at.hosts.reduce((sum, host, index) => sum + (!host.used && (at.counts[index] ?? 0) > 0 ? 1 : 0), 0);
}
