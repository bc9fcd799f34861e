import { randomBytes } from "node:crypto";
import type { Owner } from "../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import { ownIdentity } from "../hosts/process-table.ts";
import type { Cluster, ClusterIo } from "../providers/cluster.ts";
import { type StandingMinimum, type StandingOptions, timeOf } from "./options.ts";
import {
  dropRecord,
  isWorkedOn,
  kindOf,
  ownOwner,
  putRecord,
  readRecords,
  type StandingRecord,
  withRecords,
} from "./record.ts";

/** A cluster that is going to be made, written down before anything of it exists. The caller holds the lock. */
export async function newRecord(
  options: StandingOptions,
  { request, terms }: Pick<StandingMinimum, "request" | "terms">,
  users: readonly Owner[],
): Promise<StandingRecord> {
  const now = timeOf(options);
  const { name, idleMs, openMs, shared } = terms;
  const closesAt = new Date(now + openMs).toISOString();
  const ends = [new Date(now + openMs + idleMs).toISOString(), ...users.map((user) => user.expiresAt)];
  const made: StandingRecord = {
    ...{ v: 1, id: `standing-${randomBytes(4).toString("hex")}`, name, provider: options.provider.name },
    ...{ kind: kindOf(request), request: JSON.stringify(request), state: "making", worker: ownIdentity(), token: 1 },
    ...{ cluster: null, users: [...users], idleSince: new Date(now).toISOString(), closesAt },
    ...{ shared, idleMs, keptUntil: null },
    expiresAt: ends.reduce((left, right) => (Date.parse(left) >= Date.parse(right) ? left : right)),
  };
  await putRecord(options.folder, made);
  return made;
}

/** Makes the cluster of a record; one that fails is ended, record and all. */
export async function makeCluster(options: StandingOptions, one: StandingRecord, io: ClusterIo): Promise<Cluster> {
  const { provider, folder } = options;
  try {
    const request: ClusterRequest = JSON.parse(one.request);
    const cluster = await provider.provision(request, ownOwner(one), io);
    await withRecords(folder, io.signal, async () => {
      const now = (await readRecords(folder)).find(({ id }) => id === one.id) ?? one;
      const idleSince = new Date(timeOf(options)).toISOString();
      await putRecord(folder, { ...now, state: "ready", worker: null, cluster: JSON.stringify(cluster), idleSince });
    });
    return cluster;
  } catch (error) {
    // Because a half-made cluster serves nobody, and its maker alone knows that it failed.
    await endCluster(options, one.id, AbortSignal.timeout(600_000)).catch((failed: unknown) => {
      io.note(`${one.id} could not be given back yet: ${failed instanceof Error ? failed.message : String(failed)}`);
    });
    throw error;
  }
}

/**
 * Destroys a cluster, then its record, unless it is ready and somebody uses it, or another process does so already. Who
 * dies between leaves a record whose cluster is gone: it is ended again. Whether it was ended.
 */
export async function endCluster(
  options: StandingOptions,
  id: string,
  signal: AbortSignal,
  evenUsed = false,
): Promise<boolean> {
  const { folder, provider } = options;
  const ending = await withRecords(folder, signal, async () => {
    const now = (await readRecords(folder)).find((one) => one.id === id);
    const elsewhere = now !== undefined && isWorkedOn(now) && now.worker?.pid !== process.pid;
    const used = now?.state === "ready" && now.users.length > 0 && !evenUsed;
    if (now === undefined || elsewhere || used) return undefined;
    const taken: StandingRecord = { ...now, state: "ending", worker: ownIdentity(), token: now.token + 1 };
    await putRecord(folder, taken);
    return taken;
  });
  if (ending === undefined) return false;
  try {
    await provider.destroy(ownOwner(ending), signal);
  } catch (error) {
    // Because the next who tends must know that nobody works on it any more.
    await withRecords(folder, AbortSignal.timeout(60_000), () => putRecord(folder, { ...ending, worker: null }));
    throw error;
  }
  await withRecords(folder, signal, () => dropRecord(folder, id));
  return true;
}
