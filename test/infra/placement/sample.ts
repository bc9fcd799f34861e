import type { Demand } from "../../../infra/placement/demand.ts";
import type { PlaceableHost, Room } from "../../../infra/placement/host-room.ts";

/** A host of a test: amd64, two threads for each core, empty, with nested KVM. */
export function sampleHost(name: string, free: readonly Room[], more: Partial<PlaceableHost> = {}): PlaceableHost {
  return {
    ...{ name, architecture: "amd64", threadsPerCore: 2, features: [], nestedKvm: true, used: false, free },
    ...more,
  };
}

/** A demand of a test: a hardware thread for each processor. */
export function sampleDemand(name: string, cores: number, memoryMiB: number, more: Partial<Demand> = {}): Demand {
  return {
    ...{ name, cores, memoryMiB, cpus: "thread", oneNode: false, architecture: "amd64" },
    ...{ features: [], nestedKvm: false },
    ...more,
  };
}
