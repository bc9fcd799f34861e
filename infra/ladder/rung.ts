import type { Owner } from "../../pipelines/dsl/context.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { ClusterRequest, ServerRequest } from "../../pipelines/dsl/request.ts";
import type { Cluster, ClusterHost, ClusterProvider } from "../providers/cluster.ts";
import type { Provider, ProvisionIo, Server } from "../providers/provider.ts";
import type { PlaceWords } from "./shape.ts";

/** A place that has servers: this machine, an on-premises cloud. Its own patience decides how long it waits for room. */
export interface PoolRung {
  readonly kind: "pool";
  readonly name: string;
  readonly provider: Provider;
}

/** An edge provider: machines are rented there and become hosts of servers. */
export interface EdgeRung {
  readonly kind: "edge";
  readonly name: string;
  readonly provider: ClusterProvider;
  /** What is asked for, the most preferred first. */
  readonly places: readonly EdgePlace[];
  readonly hosts: HostServers;
}

/** One way to ask an edge provider, and what tells it from the others. */
export interface EdgePlace extends PlaceWords {
  readonly request: ClusterRequest;
}

export type Rung = PoolRung | EdgeRung;

/** What a host came to. */
export interface UnfitHost {
  readonly host: ClusterHost;
  readonly failure: Failure;
}

/** How the machines of a cluster become KVM hosts, and how servers come and go on them. */
export interface HostServers {
  /** Why servers could not be placed on that many hosts of that kind; undefined where they can, or nobody knows. */
  neverFits(requests: readonly ServerRequest[], cluster: ClusterRequest): string | undefined;
  /** Every host made a KVM host that has proved it, and those that did not come so far. Done twice it changes nothing. */
  configure(
    cluster: Cluster,
    owner: Owner,
    io: ProvisionIo,
  ): Promise<{ readonly ready: readonly ClusterHost[]; readonly unfit: readonly UnfitHost[] }>;
  /** Whether the servers fit on these hosts; the reason where they do not. */
  lacks(requests: readonly ServerRequest[], hosts: readonly ClusterHost[]): string | undefined;
  /** The whole group on these hosts, or nothing. Throws an error carrying a Failure. */
  provision(
    hosts: readonly ClusterHost[],
    group: { readonly requests: readonly ServerRequest[]; readonly owner: Owner },
    io: ProvisionIo,
  ): Promise<readonly Server[]>;
  /** Gives back the servers of a run's node; nothing is success. The hosts stay. */
  destroy(owner: Owner, signal: AbortSignal): Promise<void>;
}
