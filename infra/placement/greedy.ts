import { type Arrangement, emptyArrangement, type PlacementPolicy, put, spotAt } from "./arrangement.ts";
import { type Demand, threadsOf } from "./demand.ts";
import { type PlaceableHost, type Room, totalRoom } from "./host-room.ts";

/** The order in which demands are placed: the hardest first, by one of several ideas of what is hard. */
export type Order = (demand: Demand, scale: Room) => number;

const share = ({ cores, memoryMiB }: Demand, scale: Room) => ({
  threads: cores / Math.max(1, scale.threads),
  memory: memoryMiB / Math.max(1, scale.memoryMiB),
});

/** Ideas of what is hard: no single one is best for every mix of processors and memory. */
export const orders: readonly [Order, ...Order[]] = [
  (demand, scale) => Math.max(...Object.values(share(demand, scale))),
  (demand, scale) => share(demand, scale).threads + share(demand, scale).memory,
  (demand) => demand.memoryMiB,
  (demand) => demand.cores,
];

/** The largest room of any host, to measure demands by. */
export function largestRoom(hosts: readonly PlaceableHost[]): Room {
  const rooms = hosts.map(({ free }) => totalRoom(free));
  return {
    threads: Math.max(0, ...rooms.map(({ threads }) => threads)),
    memoryMiB: Math.max(0, ...rooms.map(({ memoryMiB }) => memoryMiB)),
  };
}

/** Indexes of the demands, the hardest first; equal ones stay together. */
export function ordered(demands: readonly Demand[], scale: Room, order: Order): readonly number[] {
  const keys = demands.map((demand) => demand.features.length + (demand.oneNode ? 1 : 0) + order(demand, scale));
  return demands
    .map((_, index) => index)
    .toSorted((left, right) => (keys[right] ?? 0) - (keys[left] ?? 0) || left - right);
}

/** One pass without going back: each demand goes where it suits best. Undefined where one finds no room. */
export function greedy(
  hosts: readonly PlaceableHost[],
  demands: readonly Demand[],
  by: { readonly sequence: readonly number[]; readonly policy: PlacementPolicy },
): Arrangement | undefined {
  const at = emptyArrangement(hosts);
  const scale = largestRoom(hosts);
  for (const index of by.sequence) {
    const demand = demands[index];
    if (demand === undefined) return undefined;
    const host = bestHost(at, demand, by.policy, scale);
    const spot = host === undefined ? undefined : spotAt(at, host, demand);
    if (host === undefined || spot === undefined) return undefined;
    put(at, index, host, spot);
  }
  return at;
}

function bestHost(at: Arrangement, demand: Demand, policy: PlacementPolicy, scale: Room): number | undefined {
  let best: { readonly host: number; readonly key: number } | undefined;
  for (const [host, placeable] of at.hosts.entries()) {
    const spot = spotAt(at, host, demand);
    if (spot === undefined) continue;
    const { threads, memoryMiB } = totalRoom(spot.free);
    const left = threads / Math.max(1, scale.threads) + memoryMiB / Math.max(1, scale.memoryMiB);
    // Because what is left is at most 2, a host more or a server more always weighs more. A host in use is filled to the
    // brim; of empty ones the largest is opened, because it saves others from being opened.
    const count = at.counts[host] ?? 0;
    const open = placeable.used || count > 0;
    const key = policy === "spread" ? count * 4 - left : open ? left : 6 - left;
    if (best === undefined || key < best.key) best = { host, key };
  }
  return best?.host;
}

/** What demands take together, in the threads of a host like that one. */
export function togetherOf(demands: readonly Demand[], host: Pick<PlaceableHost, "threadsPerCore">): Room {
  return {
    threads: demands.reduce((sum, demand) => sum + threadsOf(demand, host), 0),
    memoryMiB: demands.reduce((sum, demand) => sum + demand.memoryMiB, 0),
  };
}
