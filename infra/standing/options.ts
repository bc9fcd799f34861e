import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import type { Cluster, ClusterIo, ClusterProvider } from "../providers/cluster.ts";
import { connect } from "../ssh/connect.ts";
import { kindOf, type StandingRecord } from "./record.ts";

/** How clusters of a kind stand. */
export interface StandingTerms {
  /** What a person calls them. */
  readonly name: string;
  /** How long a cluster stays without users, in milliseconds. */
  readonly idleMs: number;
  /** How long after it was asked for a cluster takes new users, in milliseconds. */
  readonly openMs: number;
  /** How many nodes of runs may use one cluster at the same time. */
  readonly shared: number;
}

/** Where clusters stand, and where it is written. */
export interface StandingOptions {
  /** Where machines really come from. */
  readonly provider: ClusterProvider;
  /** Folder of records of this provider alone, shared by all runs that may join. */
  readonly folder: string;
  /** How what is made for a request that finds no place stands; absent: it is its user's own, and goes with it. */
  readonly terms?: StandingTerms;
  /** Throws where a standing cluster cannot be used any more; default: each host answers on SSH within 20 seconds. */
  check?(cluster: Cluster, signal: AbortSignal): Promise<void>;
  /** Tells the time, in milliseconds since the epoch. */
  now?(): number;
}

/** A number of clusters that are to stand ready without users. */
export interface StandingMinimum {
  readonly request: ClusterRequest;
  readonly ready: number;
  readonly terms: StandingTerms;
}

/** A cluster that could not be made or ended. */
export interface NotTended {
  readonly id: string;
  readonly what: "make" | "end";
  readonly failure: Failure;
}

/** Ids of clusters that were ended and made; what could not be is tried again by the next who tends. */
export interface TendedClusters {
  readonly ended: readonly string[];
  readonly made: readonly string[];
  readonly failed: readonly NotTended[];
}

/** What keeps standing clusters in order; safe to call from several processes at once. */
export interface Tended {
  /** Ends what was idle long enough or is closed, and what nobody works on any more; makes what is missing of a minimum. */
  tend(minimum: readonly StandingMinimum[], io: ClusterIo): Promise<TendedClusters>;
  /** Makes what is missing of a minimum, and ends nothing. */
  bringUp(minimum: readonly StandingMinimum[], io: ClusterIo): Promise<TendedClusters>;
  /** Lets nobody in any more, and ends what has no users; with `even-used` also under them. */
  takeDown(ids: readonly string[], which: "without-users" | "even-used", signal: AbortSignal): Promise<TendedClusters>;
  /** Lets a cluster that is ready stand, and take users, until that time (UTC, ISO 8601) at least. */
  keepStanding(id: string, until: string, signal: AbortSignal): Promise<void>;
}

/** The time by the options' clock, in milliseconds since the epoch. */
export function timeOf({ now = Date.now }: StandingOptions): number {
  return now();
}

/** Whether a request may use that cluster: of its kind, ready, not closed, with a place free. */
export function isJoinable(options: StandingOptions, one: StandingRecord, request: ClusterRequest): boolean {
  const fits = one.provider === options.provider.name && one.kind === kindOf(request);
  const open = one.state === "ready" && Date.parse(one.closesAt) > timeOf(options);
  return fits && open && one.users.length < one.shared;
}

/** Throws unless every host answers on SSH. */
export async function hostsAnswer({ hosts }: Cluster, signal: AbortSignal): Promise<void> {
  const connections = hosts.map(({ ssh }) => connect(ssh, { signal, timeoutMs: 20_000, patienceMs: 0 }));
  const ends = await Promise.allSettled(connections);
  for (const end of ends) if (end.status === "fulfilled") end.value.close();
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
