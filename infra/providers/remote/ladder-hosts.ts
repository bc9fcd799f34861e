import type { ClusterRequest, ServerRequest } from "../../../pipelines/dsl/request.ts";
import { machines } from "../../catalog/catalog.ts";
import { makeHypervisors } from "../../hosts/kvm/hypervisors.ts";
import type { HostServers } from "../../ladder/rung.ts";
import { demandOf } from "../../placement/demand.ts";
import { place } from "../../placement/place.ts";
import { localEdgeName } from "../local-edge/provision.ts";
import { hostSettings } from "../local-edge/settings.ts";
import { provisionOnHosts, servingHost } from "./host-servers.ts";
import { placeableSize, sizeOfHost } from "./host-size.ts";
import { hostsPlace } from "./place.ts";
import type { RemoteOptions } from "./provider.ts";

/** The machines of one provider's clusters as KVM hosts that have servers, for a ladder. */
export function hostServers(provider: string, { home, capacityDeadlineMs = 600_000 }: RemoteOptions): HostServers {
  return {
    neverFits: (requests, cluster) => neverFits(requests, cluster),
    configure: async (cluster, _owner, io) => {
      const step = (
        host: { readonly name: string },
        { step, state, why }: { step: string; state: string; why: string },
      ) => {
        if (state === "needed") io.note(`${host.name}: ${step}: ${why}`);
      };
      const own = { signal: io.signal, note: (text: string) => io.note(text), step };
      const { ready, quarantined } = await makeHypervisors(cluster.hosts, { request: {} }, own);
      return { ready: ready.map(({ host }) => host), unfit: quarantined };
    },
    // Because hosts are asked for their room when servers are placed, and their answer names what is short.
    lacks: (requests, hosts) => (hosts.length === 0 && requests.length > 0 ? "no host is fit to be used" : undefined),
    provision: (hosts, { requests, owner }, io) => {
      const serving = hosts.map((host) => servingHost(host, provider));
      return provisionOnHosts({ home, capacityDeadlineMs }, { hosts: serving, requests, owner }, io);
    },
    destroy: async (owner, signal) => {
      await hostsPlace(home).destroy(owner, signal);
    },
  };
}

/** By the size that the catalogue or the request itself gives the machines; undefined where neither does. */
function neverFits(requests: readonly ServerRequest[], cluster: ClusterRequest): string | undefined {
  const size = sizeOf(cluster);
  if (size === undefined) return undefined;
  const host = placeableSize(sizeOfHost({ nodes: [size] }));
  const placed = place([host], requests.map(demandOf));
  return placed.kind === "refused" ? `on one host of ${size.memoryMiB} MiB: ${placed.detail}` : undefined;
}

function sizeOf(cluster: ClusterRequest): { readonly memoryMiB: number; readonly threads: number } | undefined {
  if (cluster.provider === localEdgeName) {
    const settings = hostSettings(cluster);
    return "reason" in settings ? undefined : { memoryMiB: settings.memoryMiB, threads: settings.cores };
  }
  const { instanceType, plan, offer } = cluster.settings;
  const machine = machines.find(
    ({ name, provider }) => provider === cluster.provider && [instanceType, plan, offer].includes(name),
  );
  return machine === undefined ? undefined : { memoryMiB: machine.memoryGiB * 1024, threads: machine.cores };
}
