import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InventoryHost } from "../../../infra/inventory-document.ts";
import type { Demand } from "../../../infra/placement/demand.ts";
import type { HostFacts } from "../../../infra/pool/host-facts.ts";
import type { PoolDemand, PoolIo } from "../../../infra/pool/host-pool.ts";
import { hostPool, type PoolOptions } from "../../../infra/pool/pool.ts";
import type { Owner } from "../../../pipelines/dsl/context.ts";

/** A host of an inventory, at an address of its own. */
export function inventoryHost(name: string, more: Partial<InventoryHost> = {}): InventoryHost {
  const ssh = { host: `${name}.example`, port: 22, user: "root" };
  return { name, ssh, os: "debian-12", hostClass: "on-premises", architecture: "amd64", features: [], ...more };
}

/** What a host of a test says: one NUMA node of 8 threads and 16 GiB, of which 14 GiB are for servers. */
export function hostFactsOf(more: Partial<HostFacts> = {}): HostFacts {
  return {
    ...{ architecture: "amd64", threadsPerCore: 2, nodes: [{ threads: 8, memoryMiB: 16_384 }], bootId: "boot-1" },
    ...{
      diskFreeMiB: 100_000,
      kvm: true,
      nestedKvm: true,
      hostKey: "ssh-ed25519 AAAA",
      at: "2026-11-24T12:00:00.000Z",
    },
    ...more,
  };
}

/** Room for one server of each size in MiB. */
export function servers(...sizes: readonly number[]): PoolDemand {
  return { kind: "servers", demands: sizes.map((memoryMiB, at) => ({ ...least, name: `node${at + 1}`, memoryMiB })) };
}

const least: Demand = {
  ...{ name: "node", memoryMiB: 1, cores: 1, cpus: "shared", oneNode: false },
  ...{ architecture: "amd64", features: [], nestedKvm: false },
};

/** Whole hosts, of at least that memory. */
export function wholeHosts(count: number, memoryMiB = 1): PoolDemand {
  return { kind: "hosts", count, each: { ...least, memoryMiB } };
}

/** The owner of a node's hosts; expires in an hour. */
export function ownerOf(node: string, more: Partial<Owner> = {}): Owner {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  return { run: "run", node, attempt: 1, token: 1, expiresAt, ...more };
}

/** A pool in a folder of its own, whose hosts answer as the test says. */
export function scriptedPool(hosts: readonly InventoryHost[], more: Partial<PoolOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-pool-"));
  const notes: string[] = [];
  const answers = new Map<string, () => HostFacts>();
  const looked: string[] = [];
  const options: PoolOptions = {
    ...{ name: "inventory", hosts, folder, home: "/home/a", patienceMs: 0 },
    look: async ({ name }) => {
      looked.push(name);
      return (answers.get(name) ?? hostFactsOf)();
    },
    ...more,
  };
  const io: PoolIo = { signal: new AbortController().signal, note: (text) => notes.push(text) };
  const other = (change: Partial<PoolOptions>) => hostPool({ ...options, ...change });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { pool: hostPool(options), options, folder, notes, answers, looked, io, other, remove };
}
