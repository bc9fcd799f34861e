import type { Owner } from "../../pipelines/dsl/context.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import type { Host } from "../programs/edge-cluster.ts";
import type { Provider, SshAddress } from "./provider.ts";

/** A host that answers: the machine as its program describes it, and the way to it. Plain JSON. */
export interface ClusterHost extends Host {
  readonly ssh: SshAddress;
  /** Operating system, such as `debian-12`. */
  readonly os: string;
}

/** Hosts that one provider brought up together for one owner, every one of them reached by SSH. Plain JSON. */
export interface Cluster {
  readonly provider: string;
  readonly hosts: readonly ClusterHost[];
  /** US dollars per hour for all hosts by the catalogue's list prices; null where it has none. */
  readonly dollarsPerHour: number | null;
  /** UTC, ISO 8601. */
  readonly expiresAt: string;
}

/** What a request for a cluster would cost and take, before anything is created. */
export interface ClusterEstimate {
  /** US dollars per hour for all hosts; null where the catalogue has no price. */
  readonly dollarsPerHour: number | null;
  /** From the request until every host answers. */
  readonly secondsToReady: number;
}

/** A resource that a provider would be asked to create. */
export interface PreviewedResource {
  /** Such as `aws:ec2/instance:Instance`. */
  readonly type: string;
  readonly name: string;
}

/** What a request would bring into being, and at what price. */
export interface ClusterPreview extends ClusterEstimate {
  readonly resources: readonly PreviewedResource[];
}

/** One thing that happened to one resource of a cluster while it came or went. */
export interface ClusterStep {
  /** Such as `aws:ec2/instance:Instance`. */
  readonly type: string;
  /** Name in the program. */
  readonly name: string;
  readonly operation: "create" | "update" | "replace" | "delete" | "read" | "answer";
  readonly state: "started" | "done" | "failed";
  /** Steps that have ended, and those that are known so far: for a bar. */
  readonly done: number;
  readonly known: number;
}

/** How a cluster provider speaks while it works: sentences for people, steps for progress. */
export interface ClusterIo {
  readonly signal: AbortSignal;
  note(text: string): void;
  step(step: ClusterStep): void;
}

/**
 * How whole clusters of hosts come and go at one place. What a {@link Provider} promises of servers holds here of hosts:
 * `destroy` and `list` work from what the place lists by tag, and destroying what is gone is success.
 */
export interface ClusterProvider extends Pick<Provider, "name" | "destroy" | "list" | "release" | "keep" | "classify"> {
  /** Price and time, or why the request can never be satisfied here; nothing is asked of the place that costs. */
  estimate(request: ClusterRequest): Promise<ClusterEstimate | Failure>;
  /**
   * What would be created, as the place's own program says; nothing is. Absent where there is no such program. Throws an
   * error carrying a Failure.
   */
  preview?(request: ClusterRequest, signal: AbortSignal): Promise<ClusterPreview>;
  /** All hosts, answering on SSH, or nothing that is not listed by tag. Throws an error carrying a Failure. */
  provision(request: ClusterRequest, owner: Owner, io: ClusterIo): Promise<Cluster>;
}
