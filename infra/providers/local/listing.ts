import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Holding } from "../../hosts/capacity.ts";
import { isAlive, type TaggedProcess, taggedProcesses } from "../../hosts/process-table.ts";
import { type Lease, readLease } from "../../lease.ts";
import type { Resource } from "../provider.ts";
import { registeredHomes } from "./homes.ts";
import type { Places } from "./places.ts";
import { type LeftFolder, leftFolders, readServers, type ServerRecord } from "./server-record.ts";

/** Narrows a listing. */
export interface Filter {
  readonly run?: string;
  readonly node?: string;
}

/** Name of the provider in resources and facts. */
export const providerName = "local";

/**
 * Servers (by folder or by process), folders that hold no server and held leases of one home, as far as the filter lets
 * them through. A folder of nobody knows whom has neither run nor node: only a listing of everything shows it.
 */
export async function listResources(places: Places, filter: Filter): Promise<readonly Resource[]> {
  const records = (await readServers(places.home)).map(recordResource);
  const recorded = new Set(records.map((resource) => resource.id));
  const strays = processesOf(places.home)
    .map(processResource)
    .filter((resource) => !recorded.has(resource.id));
  const stray = new Map(strays.map((resource) => [resource.id, resource]));
  const leases = (await heldLeases(places)).map(({ folder, lease }) => leaseResource(folder, lease));
  const files = (await leftFolders(places)).map(filesResource).filter(({ id }) => !recorded.has(id) && !stray.has(id));
  return [...records, ...stray.values(), ...files, ...leases].filter(
    (one) =>
      (filter.run === undefined || one.run === filter.run) && (filter.node === undefined || one.node === filter.node),
  );
}

/** The virtual machines that were started from a home and live. */
export function processesOf(home: string): readonly TaggedProcess[] {
  return taggedProcesses().filter((one) => one.tags.get("home") === home);
}

/** Whether the process of a server that was up has ended, or its record is no more. */
export async function isServerGone(home: string, id: string): Promise<boolean> {
  const record = (await readServers(home)).find((one) => one.id === id);
  return record === undefined || (record.qemu !== null && !isAlive(record.qemu));
}

/** Part of the machine that is promised to a server of the group with this number. */
export type Held = Holding & { readonly group: number };

/** What is promised of this machine at the moment, from all homes and to all users. */
export async function holdings(home: string): Promise<readonly Held[]> {
  const homes = new Set([home, ...registeredHomes()]);
  const records = (await Promise.all([...homes].map(readServers))).flat();
  const processes = new Map(taggedProcesses().map((one) => [one.tags.get("id") ?? "", one]));
  const promised = records.filter((record) => processes.has(record.id) || isAlive(record.holder));
  const ids = new Set(promised.map((record) => record.id));
  const others = [...processes].filter(([id]) => !ids.has(id)).map(([, one]) => one.tags);
  return [
    ...promised.map((one) => ({ ...one, holder: holderOf(one.run, one.node) })),
    ...others.map((tags) => ({
      holder: holderOf(tags.get("run"), tags.get("node")),
      memoryMiB: Number(tags.get("memory-mib") ?? 0),
      cores: Number(tags.get("cores") ?? 0),
      group: Number(tags.get("group") ?? 0),
    })),
  ];
}

/** Removes what ended leases leave behind once nobody can show a token for them any more. */
export async function pruneLeases(places: Places, now = Date.now()): Promise<void> {
  for (const { folder, lease } of await allLeases(places)) {
    const expired = Date.parse(lease.expiresAt) < now;
    if (lease.claim === null && expired) await rm(join(places.groups, folder), { recursive: true, force: true });
  }
}

async function heldLeases(places: Places) {
  return (await allLeases(places)).filter(({ lease }) => lease.claim !== null);
}

async function allLeases(places: Places): Promise<readonly { readonly folder: string; readonly lease: Lease }[]> {
  const folders = await readdir(places.groups).catch(() => []);
  const found = await Promise.all(
    folders.map(async (folder) => ({ folder, lease: await readLease(join(places.groups, folder, "lease.json")) })),
  );
  return found.flatMap(({ folder, lease }) => (lease === undefined ? [] : [{ folder, lease }]));
}

function holderOf(run: string | undefined, node: string | undefined): string {
  return `run ${run} node ${node}`;
}

function recordResource({ id, run, node, expiresAt }: ServerRecord): Resource {
  return { provider: providerName, id, kind: "virtual-machine", run, node, expiresAt };
}

function filesResource({ name, record }: LeftFolder): Resource {
  const { run = "", node = "", expiresAt = new Date(0).toISOString() } = record ?? {};
  return { provider: providerName, id: name, kind: "files", run, node, expiresAt };
}

function processResource({ pid, tags }: TaggedProcess): Resource {
  const tag = (name: string) => tags.get(name) ?? "";
  const id = tags.get("id") ?? `pid-${pid}`;
  const owner = { run: tag("run"), node: tag("node"), expiresAt: tag("expires-at") };
  return { provider: providerName, id, kind: "virtual-machine", ...owner };
}

function leaseResource(folder: string, { run, node, expiresAt }: Lease): Resource {
  return { provider: providerName, id: `lease-${folder}`, kind: "lease", run, node, expiresAt };
}
