import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Owner } from "../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import { withLock } from "../hosts/lock.ts";
import { isAlive } from "../hosts/process-table.ts";
import { readRecord, writeRecord } from "../hosts/record-file.ts";
import type { Cluster } from "../providers/cluster.ts";

const processIdentity = z.object({ pid: z.number(), startTime: z.string() });

const user = z.object({
  run: z.string(),
  node: z.string(),
  attempt: z.number(),
  token: z.number(),
  expiresAt: z.string(),
});

const record = z.object({
  v: z.literal(1),
  id: z.string(),
  /** What a person calls clusters of this kind. */
  name: z.string(),
  provider: z.string(),
  /** What tells this kind of cluster from others: see {@link kindOf}. */
  kind: z.string(),
  /** The request that it was made by, as JSON. */
  request: z.string(),
  state: z.enum(["making", "ready", "ending"]),
  /** The process that makes or ends it: while it lives, nobody else does. */
  worker: processIdentity.nullable(),
  /** Token of the cluster's own owner: grows when somebody takes the making or ending over. */
  token: z.number(),
  /** The cluster as its provider gave it, as JSON; null until it is ready. */
  cluster: z.string().nullable(),
  users: z.array(user),
  /** How many users at the same time. */
  shared: z.number(),
  /** How long it stays without users, in milliseconds. */
  idleMs: z.number(),
  /** UTC, ISO 8601: until then it stays without users, however long it is idle; null where nobody said so. */
  keptUntil: z.string().nullable(),
  /** UTC, ISO 8601: when the last user left, or when it became ready. */
  idleSince: z.string(),
  /** UTC, ISO 8601: after this it takes no new user, and goes when the last has left. */
  closesAt: z.string(),
  /** UTC, ISO 8601: when its machines end by themselves. Renewed for each user who needs it longer. */
  expiresAt: z.string(),
});

/**
 * A cluster that outlives the runs that use it, on disk before anything of it exists:
 *
 *     making --up--> ready --idle or expired, without users--> ending --gone--> (no record)
 *        '--failed, or its maker died-------------------------->'
 */
export type StandingRecord = z.infer<typeof record>;

/** Where the standing clusters of a provider are written down: below the home that they belong to. */
export function standingFolder(home: string, provider: string): string {
  return join(home, "standing", provider);
}

/** What a standing cluster is held by at its provider: a run of this name, with its id as the node. */
export const standingRun = "standing-cluster";

/** A user of a standing cluster: a node of a run. */
export type StandingUser = StandingRecord["users"][number];

/** Whether a user is that run's node. */
export function isUser(user: Pick<StandingUser, "run" | "node">, other: Pick<StandingUser, "run" | "node">): boolean {
  return user.run === other.run && user.node === other.node;
}

/** Whether a living process is making or ending the cluster. */
export function isWorkedOn({ worker }: Pick<StandingRecord, "worker">): boolean {
  return worker !== null && isAlive(worker);
}

/** Who holds a standing cluster at its provider: not the run that asked first, which may be gone before. */
export function ownOwner({ id, token, expiresAt }: Pick<StandingRecord, "id" | "token" | "expiresAt">): Owner {
  return { run: standingRun, node: id, attempt: 1, token, expiresAt };
}

/** Clusters of equal kind serve each other's requests: all of the request but its budget. */
export function kindOf({ mostDollarsPerHour: _, ...request }: ClusterRequest): string {
  const sorted = JSON.stringify(request, (__, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(sorted).digest("hex").slice(0, 16);
}

/** Runs work while nobody else changes the records of the folder. */
export function withRecords<Result>(folder: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return withLock(`standing ${folder}`, signal, work);
}

/** Every record, the oldest id first. */
export async function readRecords(folder: string): Promise<readonly StandingRecord[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  const found = await Promise.all(names.map((name) => readRecord(join(folder, name), record)));
  return found.filter((one) => one !== undefined);
}

/** Writes a record. The caller holds the lock. */
export async function putRecord(folder: string, one: StandingRecord): Promise<void> {
  await writeRecord(join(folder, `${one.id}.json`), one);
}

/** Removes a record: nothing of its cluster is left. The caller holds the lock. */
export async function dropRecord(folder: string, id: string): Promise<void> {
  await rm(join(folder, `${id}.json`), { force: true });
}

/** The cluster of a record that is ready. */
export function clusterOf({ cluster }: StandingRecord): Cluster | null {
  // Because only this program writes records, and writes there what a provider gave: the cast is sound.
  return cluster === null ? null : (JSON.parse(cluster) as Cluster);
}
