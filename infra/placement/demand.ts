import type { ServerRequest } from "../../pipelines/dsl/request.ts";
import type { Architecture } from "../catalog/operating-systems.ts";
import { processOverheadMiB, virtualCpusPerCore } from "../hosts/capacity.ts";
import type { PlaceableHost } from "./host-room.ts";

/** One server as placement sees it. */
export interface Demand {
  readonly name: string;
  /** With what QEMU needs beside its guest. */
  readonly memoryMiB: number;
  /** Virtual CPUs. */
  readonly cores: number;
  readonly cpus: "shared" | "thread" | "core";
  readonly oneNode: boolean;
  readonly architecture: Architecture;
  readonly features: readonly string[];
  /** Whether its guest must have KVM of its own. */
  readonly nestedKvm: boolean;
}

/** What a request asks of a host. */
export function demandOf(request: ServerRequest): Demand {
  const { name, memoryMiB, cores, nestedKvm, architecture = "amd64", host = {} } = request;
  return {
    ...{ name, cores, nestedKvm, architecture, memoryMiB: memoryMiB + processOverheadMiB },
    ...{ cpus: host.cpus ?? "shared", oneNode: host.numa === "one-node", features: host.features ?? [] },
  };
}

/** Hardware threads of a host that a demand takes: a shared virtual CPU takes a quarter of one. */
export function threadsOf(demand: Demand, host: Pick<PlaceableHost, "threadsPerCore">): number {
  switch (demand.cpus) {
    case "shared":
      return demand.cores / virtualCpusPerCore;
    case "thread":
      return demand.cores;
    case "core":
      return demand.cores * host.threadsPerCore;
  }
}

/** Why a host can never carry a demand, however empty it is; undefined where only room decides. */
export function unsuited(demand: Demand, host: PlaceableHost): string | undefined {
  if (host.architecture !== demand.architecture) return `is ${host.architecture}`;
  const lacking = demand.features.find((feature) => !host.features.includes(feature));
  if (lacking !== undefined) return `is without ${lacking}`;
  if (demand.nestedKvm && !host.nestedKvm) return "gives guests no KVM of their own";
  return undefined;
}
