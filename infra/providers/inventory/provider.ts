import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { failureBehind } from "../../failure.ts";
import { poolNeverFits } from "../../pool/failures.ts";
import type { HeldHost, HostPool, PoolDemand } from "../../pool/host-pool.ts";
import type { Look } from "../../pool/look.ts";
import type { PoolSeat } from "../../pool/places.ts";
import { hostPool } from "../../pool/pool.ts";
import { extendHolds, inventoryName, listHolds, releaseHolds, releaseListed } from "../../pool/release.ts";
import type { Cluster, ClusterHost, ClusterProvider } from "../cluster.ts";
import { demandFor, hostsFor, inventoryFrom, secondsToReady } from "./request.ts";
import { keptHosts } from "./run-inventory.ts";

/** Machines of an inventory as clusters. */
export interface InventoryOptions extends PoolSeat, Pick<Look, "look"> {
  /** JSON file of hosts, read at each request; undefined where none is named. */
  readonly file: string | undefined;
  /** Folder of the run that asks: the inventory that it keeps goes before the file. */
  readonly runFolder?: string;
  /** How long a request waits for hosts that others hold, in milliseconds; default 10 minutes. */
  readonly patienceMs?: number;
}

/**
 * Whole machines of an inventory, held by one run's node at a time. They are never made nor destroyed: they are looked at
 * and leased, and given back as they are. Giving back needs no inventory, so that it works when the file has changed.
 */
export function inventoryClusters(options: InventoryOptions): ClusterProvider {
  return {
    name: inventoryName,
    async estimate(request) {
      const asked = await failureOr(() => askedOf(options, request));
      if ("reason" in asked) return asked;
      const never = await asked.pool.neverFits(asked.demand);
      return never === undefined ? { dollarsPerHour: 0, secondsToReady } : poolNeverFits(inventoryName, never);
    },
    async provision(request, owner, io) {
      const { pool, demand } = await askedOf(options, request);
      const held = await pool.claim(demand, owner, io);
      const hosts = held.map(clusterHost);
      return { provider: inventoryName, hosts, dollarsPerHour: 0, expiresAt: owner.expiresAt } satisfies Cluster;
    },
    destroy: (owner, signal) => releaseHolds(options, { owner }, signal),
    list: (filter) => listHolds(options, filter),
    release: (resource, signal) => releaseListed(options, resource, signal),
    keep: async (holder, until, signal) => {
      await extendHolds(options, holder, until, signal);
    },
    classify: failureBehind,
  };
}

async function askedOf(
  options: InventoryOptions,
  request: ClusterRequest,
): Promise<{ readonly pool: HostPool; readonly demand: PoolDemand }> {
  const demand = demandFor(request);
  const kept = options.runFolder === undefined ? undefined : await keptHosts(options.runFolder);
  const hosts = hostsFor(request, kept ?? inventoryFrom(options.file));
  return { pool: hostPool({ ...options, name: inventoryName, hosts }), demand };
}

function clusterHost({ host, facts }: HeldHost): ClusterHost {
  const { name, ssh, os, hostClass, architecture, rented } = host;
  return {
    ...{ name, ssh, os, hostClass, architecture, address: ssh.host, sshPort: ssh.port, user: ssh.user },
    id: rented?.id ?? name,
    privateAddress: host.privateAddress ?? ssh.host,
    hostKey: ssh.hostKey ?? facts.hostKey,
    image: { id: os, name: null },
    machineType: rented?.machineType ?? "own",
    location: rented?.location ?? inventoryName,
    zone: rented?.zone ?? null,
    price: null,
  };
}

async function failureOr<Value>(work: () => Promise<Value>): Promise<Value | Failure> {
  try {
    return await work();
  } catch (error) {
    return failureBehind(error);
  }
}
