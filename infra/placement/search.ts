import { type Arrangement, costOf, emptyArrangement, type PlacementPolicy, put, spotAt } from "./arrangement.ts";
import type { Demand } from "./demand.ts";
import type { PlaceableHost } from "./host-room.ts";

/** What a search is for, and how far it goes. */
export interface Search {
  readonly demands: readonly Demand[];
  readonly sequence: readonly number[];
  readonly policy: PlacementPolicy;
  /** Only what costs less than this is worth finding. */
  readonly below: number;
  /** Nothing can cost less than this: once found, it is done. */
  readonly least: number;
  /** How many spots may be looked at. */
  readonly budget: number;
}

/** The best that a search found, and whether it looked at everything that could be better. */
export interface Searched {
  readonly best: Arrangement | undefined;
  readonly exhausted: boolean;
}

/**
 * Looks for a cheaper arrangement by branch and bound. What differs only by the names of equal hosts or of equal demands
 * is looked at once. Exact where the budget is enough.
 */
export function search(hosts: readonly PlaceableHost[], wanted: Search): Searched {
  const at = emptyArrangement(hosts);
  const keys = wanted.demands.map(demandKey);
  const kinds = hosts.map(hostKey);
  let [best, below, looks]: [Arrangement | undefined, number, number] = [undefined, wanted.below, 0];

  const descend = (depth: number): void => {
    const index = wanted.sequence[depth];
    const demand = index === undefined ? undefined : wanted.demands[index];
    if (index === undefined || demand === undefined) {
      below = costOf(at, wanted.policy);
      best = { ...at, free: [...at.free], counts: [...at.counts], spots: new Map(at.spots) };
      return;
    }
    const tried = new Set<string>();
    for (const host of hosts.keys()) {
      if (looks >= wanted.budget || below <= wanted.least) return;
      if (host < firstHost(at, wanted.sequence, depth, keys)) continue;
      const state = `${kinds[host]} ${JSON.stringify(at.free[host])} ${at.counts[host]}`;
      if (tried.has(state)) continue;
      tried.add(state);
      looks += 1;
      const spot = spotAt(at, host, demand);
      if (spot === undefined) continue;
      const back = put(at, index, host, spot);
      if (costOf(at, wanted.policy) < below) descend(depth + 1);
      back();
    }
  };
  descend(0);
  return { best, exhausted: looks < wanted.budget };
}

/** Because equal demands may change places, the later one never goes to an earlier host. */
function firstHost(at: Arrangement, sequence: readonly number[], depth: number, keys: readonly string[]): number {
  const [before, now] = [sequence[depth - 1], sequence[depth]];
  if (before === undefined || now === undefined || keys[before] !== keys[now]) return 0;
  return at.spots.get(before)?.host ?? 0;
}

function demandKey({ name: _, ...rest }: Demand): string {
  return JSON.stringify(rest);
}

function hostKey({ architecture, threadsPerCore, features, nestedKvm, used }: PlaceableHost): string {
  return JSON.stringify([architecture, threadsPerCore, features.toSorted(), nestedKvm, used]);
}
