import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import type { Cluster, ClusterIo, ClusterProvider } from "../providers/cluster.ts";
import { connect } from "../ssh/connect.ts";
import { kindOf, type StandingRecord } from "./record.ts";

/** How long clusters stand, and where it is written. */
export interface StandingOptions {
  /** Where machines really come from. */
  readonly provider: ClusterProvider;
  /** Folder of records, shared by all runs that may join. */
  readonly folder: string;
  /** How long a cluster stays without users, in milliseconds. */
  readonly idleMs: number;
  /** How long after it was asked for a cluster takes new users, in milliseconds. */
  readonly openMs: number;
  /** How many nodes of runs may use one cluster at the same time; default 1. */
  readonly shared?: number;
  /** Throws where a standing cluster cannot be used any more; default: each host answers on SSH within 20 seconds. */
  check?(cluster: Cluster, signal: AbortSignal): Promise<void>;
  /** Tells the time, in milliseconds since the epoch. */
  now?(): number;
}

/** A number of clusters that are to stand ready without users. */
export interface StandingMinimum {
  readonly request: ClusterRequest;
  readonly ready: number;
}

/** What keeps standing clusters in order; safe to call from several processes at once. */
export interface Tended {
  /**
   * Ends what was idle long enough or is closed, and what nobody works on any more; makes what is missing of a minimum.
   * Gives the ids that ended and that were made.
   */
  tend(
    minimum: readonly StandingMinimum[],
    io: ClusterIo,
  ): Promise<{ readonly ended: readonly string[]; readonly made: readonly string[] }>;
}

/** The time by the options' clock, in milliseconds since the epoch. */
export function timeOf({ now = Date.now }: StandingOptions): number {
  return now();
}

/** Whether a request may use that cluster: of its kind, ready, not closed, with a place free. */
export function isJoinable(options: StandingOptions, one: StandingRecord, request: ClusterRequest): boolean {
  const fits = one.provider === options.provider.name && one.kind === kindOf(request);
  const open = one.state === "ready" && Date.parse(one.closesAt) > timeOf(options);
  return fits && open && one.users.length < (options.shared ?? 1);
}

/** Throws unless every host answers on SSH. */
export async function hostsAnswer({ hosts }: Cluster, signal: AbortSignal): Promise<void> {
  const connections = hosts.map(({ ssh }) => connect(ssh, { signal, timeoutMs: 20_000, patienceMs: 0 }));
  const ends = await Promise.allSettled(connections);
  for (const end of ends) if (end.status === "fulfilled") end.value.close();
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
