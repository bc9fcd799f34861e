import type { Architecture } from "../catalog/operating-systems.ts";
import { type Demand, threadsOf, unsuited } from "./demand.ts";

/** Processors and memory that belong together: a NUMA node, or a whole host of which no topology is known. */
export interface Room {
  /** Hardware threads. */
  readonly threads: number;
  readonly memoryMiB: number;
}

/** A host and what of it is free for servers. Plain JSON. */
export interface PlaceableHost {
  /** Unique among the hosts of one placement. */
  readonly name: string;
  readonly architecture: Architecture;
  /** Hardware threads of a core: 2 with simultaneous multithreading. */
  readonly threadsPerCore: number;
  readonly features: readonly string[];
  /** Whether guests may have KVM of their own. */
  readonly nestedKvm: boolean;
  /** Whether somebody has servers on it: packing fills such hosts first. */
  readonly used: boolean;
  /** What is free of each NUMA node. */
  readonly free: readonly Room[];
}

/** Where on a host a server goes: on one NUMA node, or over several of them (null). */
export interface Spot {
  readonly node: number | null;
  readonly free: readonly Room[];
}

/**
 * The host's room once the demand is on it: on the NUMA node that it fills best, over several only where no single one
 * has room and the demand allows it. Undefined where it does not fit.
 */
export function spotOn(host: PlaceableHost, free: readonly Room[], demand: Demand): Spot | undefined {
  if (unsuited(demand, host) !== undefined) return undefined;
  const threads = threadsOf(demand, host);
  let best: number | undefined;
  for (const [index, room] of free.entries()) {
    if (room.threads < threads || room.memoryMiB < demand.memoryMiB) continue;
    if (best === undefined || room.memoryMiB < (free[best]?.memoryMiB ?? 0)) best = index;
  }
  if (best !== undefined)
    return { node: best, free: free.map((room, at) => (at === best ? less(room, threads, demand.memoryMiB) : room)) };
  return demand.oneNode || free.length < 2 ? undefined : overSeveral(free, threads, demand.memoryMiB);
}

function less({ threads, memoryMiB }: Room, byThreads: number, byMiB: number): Room {
  return { threads: threads - byThreads, memoryMiB: memoryMiB - byMiB };
}

function overSeveral(free: readonly Room[], threads: number, memoryMiB: number): Spot | undefined {
  let [restThreads, restMiB] = [threads, memoryMiB];
  const left = free.map((room) => {
    const taken = { threads: Math.min(room.threads, restThreads), memoryMiB: Math.min(room.memoryMiB, restMiB) };
    restThreads -= taken.threads;
    restMiB -= taken.memoryMiB;
    return less(room, taken.threads, taken.memoryMiB);
  });
  return restThreads > 0 || restMiB > 0 ? undefined : { node: null, free: left };
}

/** All that is free of a host together. */
export function totalRoom(free: readonly Room[]): Room {
  return {
    threads: free.reduce((sum, room) => sum + room.threads, 0),
    memoryMiB: free.reduce((sum, room) => sum + room.memoryMiB, 0),
  };
}
