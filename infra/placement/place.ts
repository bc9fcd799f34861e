import { type Arrangement, costOf, type PlacementPolicy } from "./arrangement.ts";
import type { Demand } from "./demand.ts";
import { greedy, largestRoom, ordered, orders, togetherOf } from "./greedy.ts";
import { type PlaceableHost, type Room, totalRoom } from "./host-room.ts";
import { search } from "./search.ts";
import { shortage } from "./shortage.ts";

/** A server's place. */
export interface Placed {
  /** Name of the demand. */
  readonly server: string;
  /** Name of the host. */
  readonly host: string;
  /** Index of its NUMA node; null where it lies over several. */
  readonly node: number | null;
  /** What it takes of each NUMA node of the host. */
  readonly taken: readonly Room[];
}

/** A whole group in place, in the order of its demands, or why it is not. */
export type Placement =
  | { readonly kind: "placed"; readonly placed: readonly Placed[]; readonly cost: number }
  | { readonly kind: "refused"; readonly detail: string };

/** Spots that a search may look at before the best so far is taken: some 30 ms. */
const budget = 20_000;

/**
 * Places a whole group or nothing. Pure, and the same for the same hosts and demands. The best there is for some ten
 * servers on some five hosts; above that good, and found in milliseconds (`npm run bench placement`).
 */
export function place(
  hosts: readonly PlaceableHost[],
  demands: readonly Demand[],
  policy: PlacementPolicy = "pack",
): Placement {
  const scale = largestRoom(hosts);
  const least = leastCost(hosts, demands, policy);
  let best: Arrangement | undefined;
  for (const order of orders) {
    const sequence = ordered(demands, scale, order);
    const found = greedy(hosts, demands, { sequence, policy });
    if (found !== undefined && (best === undefined || costOf(found, policy) < costOf(best, policy))) best = found;
    if (best !== undefined && costOf(best, policy) <= least) return placementOf(best, demands, policy);
  }
  const sequence = ordered(demands, scale, orders[0]);
  const below = best === undefined ? Number.POSITIVE_INFINITY : costOf(best, policy);
  // Because a demand that fits nowhere by itself makes all search in vain.
  const hopeless = best === undefined ? shortage(hosts, demands) : undefined;
  if (hopeless !== undefined) return { kind: "refused", detail: hopeless };
  const found = search(hosts, { demands, sequence, policy, below, least, budget });
  const chosen = found.best ?? best;
  if (chosen !== undefined) return placementOf(chosen, demands, policy);
  return { kind: "refused", detail: together(hosts, demands, found.exhausted) };
}

function placementOf(at: Arrangement, demands: readonly Demand[], policy: PlacementPolicy): Placement {
  const placed = demands.flatMap((demand, index) => {
    const spot = at.spots.get(index);
    const host = spot === undefined ? undefined : at.hosts[spot.host];
    if (spot === undefined || host === undefined) return [];
    return [{ server: demand.name, host: host.name, node: spot.node, taken: spot.taken }];
  });
  return { kind: "placed", placed, cost: costOf(at, policy) };
}

/** No arrangement costs less: by counting alone. */
function leastCost(hosts: readonly PlaceableHost[], demands: readonly Demand[], policy: PlacementPolicy): number {
  if (policy === "spread") return Math.ceil(demands.length / Math.max(1, hosts.length));
  const wanted = togetherOf(demands, { threadsPerCore: 1 });
  const needed = (of: "threads" | "memoryMiB"): number => {
    const rooms = hosts.map((host) => ({ used: host.used, room: totalRoom(host.free)[of] }));
    let rest = wanted[of] - rooms.filter(({ used }) => used).reduce((sum, { room }) => sum + room, 0);
    const empty = rooms.filter(({ used }) => !used).toSorted((left, right) => right.room - left.room);
    let count = 0;
    for (const { room } of empty) {
      if (rest <= 0) break;
      rest -= room;
      count += 1;
    }
    return count;
  };
  return Math.max(needed("threads"), needed("memoryMiB"));
}

function together(hosts: readonly PlaceableHost[], demands: readonly Demand[], exhausted: boolean): string {
  const { memoryMiB } = togetherOf(demands, { threadsPerCore: 1 });
  const cores = demands.reduce((sum, demand) => sum + demand.cores, 0);
  const free = totalRoom(hosts.flatMap((host) => host.free));
  return (
    `${demands.map(({ name }) => name).join(", ")} need ${memoryMiB} MiB and ${cores} virtual CPUs at the same time; ` +
    `on ${hosts.length} hosts ${free.memoryMiB} MiB and ${free.threads} threads are free, ` +
    (exhausted ? "and no arrangement fits" : "and no arrangement that fits was found")
  );
}
