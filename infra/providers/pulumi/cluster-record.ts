import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import { readRecord, writeRecord } from "../../hosts/record-file.ts";
import { type Lease, readLease } from "../../lease.ts";
import type { StackProgram } from "../../pulumi/operation.ts";
import { type StackHolder, type StackPlace, stackPlaces } from "../../pulumi/stack-place.ts";
import type { ClusterHost } from "../cluster.ts";
import { pulumiProviders } from "./settings.ts";

const record = z.object({
  v: z.literal(1),
  provider: z.enum(pulumiProviders),
  /** Where its resources are listed by tag. */
  location: z.string(),
  expiresAt: z.string(),
  token: z.number(),
  attempt: z.number(),
});

/** What is written down of a cluster before anything is asked of its provider. */
export type ClusterRecord = z.infer<typeof record>;

/** A cluster of a home that was begun and not yet given back. */
export interface KnownCluster {
  readonly place: StackPlace;
  readonly record: ClusterRecord;
}

/** Files of one cluster in its work folder. Private keys among them are 0600. */
export function clusterFiles({ folder }: StackPlace) {
  return {
    record: join(folder, "cluster.json"),
    /** The program with the host keys that it injects, to renew what it has made. */
    program: join(folder, "program.json"),
    hosts: join(folder, "hosts.json"),
    loginKey: join(folder, "login_ed25519"),
    contact: (host: string) => join(folder, "contacts", `${host}.json`),
  };
}

/** The lease of a node's cluster: apart from the work folder, because it must outlive the stack. */
export function leaseFile(home: string, { run, node }: StackHolder): string {
  const word = createHash("sha256")
    .update(JSON.stringify([run, node]))
    .digest("hex")
    .slice(0, 16);
  return join(leasesIn(home), `${word}.json`);
}

/** Writes down that a cluster is about to be made, and how. */
export async function beginCluster(place: StackPlace, begun: ClusterRecord, program: StackProgram): Promise<void> {
  const files = clusterFiles(place);
  await writeRecord(files.record, begun);
  await writeRecord(files.program, program);
}

/** All clusters of a home, narrowed by run and node where given. */
export async function knownClusters(home: string, filter: Partial<StackHolder>): Promise<readonly KnownCluster[]> {
  const places = (await stackPlaces(home)).filter(
    ({ run, node }) => (filter.run ?? run) === run && (filter.node ?? node) === node,
  );
  const found = await Promise.all(places.map(async (place) => ({ place, record: await clusterRecord(place) })));
  return found.flatMap(({ place, record: read }) => (read === undefined ? [] : [{ place, record: read }]));
}

export function clusterRecord(place: StackPlace): Promise<ClusterRecord | undefined> {
  return readRecord(clusterFiles(place).record, record);
}

const program = z.custom<StackProgram>((value) => typeof value === "object" && value !== null && "args" in value);
const hosts = z.custom<readonly ClusterHost[]>((value) => Array.isArray(value));

/** The program that a cluster was made by; undefined where it never was. We alone write it. */
export function clusterProgram(place: StackPlace): Promise<StackProgram | undefined> {
  return readRecord(clusterFiles(place).program, program);
}

/** The hosts that answered. We alone write them. */
export async function clusterHosts(place: StackPlace): Promise<readonly ClusterHost[]> {
  return (await readRecord(clusterFiles(place).hosts, hosts)) ?? [];
}

/** Removes ended leases once nobody can show a token for them any more. */
export async function pruneClusterLeases(home: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(leasesIn(home)).catch(() => [])) {
    const path = join(leasesIn(home), name);
    const lease: Lease | undefined = await readLease(path);
    if (lease !== undefined && lease.claim === null && Date.parse(lease.expiresAt) < now)
      await rm(path, { force: true });
  }
}

function leasesIn(home: string): string {
  return join(resolve(home), "clusters", "leases");
}
