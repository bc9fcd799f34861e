import type { ClusterIo, ClusterProvider } from "../providers/cluster.ts";
import { joinOrMake, leaveAll, renewFor } from "./joining.ts";
import { endCluster, makeCluster, newRecord } from "./making.ts";
import { isJoinable, type StandingMinimum, type StandingOptions, type Tended, timeOf } from "./options.ts";
import { isWorkedOn, kindOf, putRecord, readRecords, type StandingRecord, standingRun, withRecords } from "./record.ts";

/**
 * Clusters of a provider that are kept between runs: a request joins one of its kind that stands and has a place free, else
 * one is made. A user leaves by `destroy`; the cluster itself goes by `tend`, once it was idle long enough or is closed.
 * Everything is written down before it happens, so that a killed process leaves nothing that is not known.
 */
export function standingClusters(options: StandingOptions): ClusterProvider & Tended {
  const { provider, folder } = options;
  return {
    name: provider.name,
    estimate: async (request) => {
      const offer = await provider.estimate(request);
      if ("reason" in offer) return offer;
      const free = (await readRecords(folder)).some((one) => isJoinable(options, one, request));
      return free ? { ...offer, secondsToReady: 1 } : offer;
    },
    provision: (request, owner, io) => joinOrMake(options, { request, owner }, io),
    destroy: async (owner, signal) => {
      await leaveAll(options, owner, signal);
      // Because the node may hold an ephemeral cluster as well, of a time before clusters stood.
      return provider.destroy(owner, signal);
    },
    list: (filter) => provider.list(filter),
    release: async (resource, signal) => {
      const known = resource.run === standingRun && (await readRecords(folder)).some(({ id }) => id === resource.node);
      if (known) await endCluster(options, resource.node, signal, true);
      else await provider.release(resource, signal);
    },
    keep: async (holder, until, signal) => {
      await renewFor(options, holder, until, signal);
      await provider.keep(holder, until, signal);
    },
    classify: (error) => provider.classify(error),
    tend: (minimum, io) => tend(options, minimum, io),
  };
}

async function tend(
  options: StandingOptions,
  minimum: readonly StandingMinimum[],
  io: ClusterIo,
): ReturnType<Tended["tend"]> {
  const { folder } = options;
  const due = await withRecords(folder, io.signal, async () => {
    const records = (await readRecords(folder)).map((one) => withoutExpiredUsers(options, one));
    for (const one of records) await putRecord(folder, one);
    return dueOf(options, records, minimum);
  });
  const ended: string[] = [];
  for (const { id } of due) if (await endCluster(options, id, io.signal)) ended.push(id);
  const made: string[] = [];
  for (const one of await missingOf(options, minimum, io.signal)) {
    await makeCluster(options, one, io);
    made.push(one.id);
  }
  return { ended, made };
}

/** Those without users that were idle long enough, but for the minimum, or are closed, and those that nobody works on. */
function dueOf(
  options: StandingOptions,
  records: readonly StandingRecord[],
  minimum: readonly StandingMinimum[],
): readonly StandingRecord[] {
  const now = timeOf(options);
  const kept = new Map(minimum.map(({ request, ready }) => [kindOf(request), ready]));
  return records.filter((one) => {
    if (one.provider !== options.provider.name) return false;
    if (one.state !== "ready") return !isWorkedOn(one);
    if (one.users.length > 0) return false;
    if (Date.parse(one.closesAt) <= now) return true;
    const left = kept.get(one.kind) ?? 0;
    kept.set(one.kind, left - 1);
    return left <= 0 && Date.parse(one.idleSince) + options.idleMs <= now;
  });
}

/** Records of the clusters that are to be made so that the minimum stands: written at once, so that two never make both. */
function missingOf(options: StandingOptions, minimum: readonly StandingMinimum[], signal: AbortSignal) {
  return withRecords(options.folder, signal, async () => {
    const records = await readRecords(options.folder);
    const made: StandingRecord[] = [];
    for (const { request, ready } of minimum) {
      const standing = records.filter((one) => countsAsReady(options, one, kindOf(request)));
      for (let count = standing.length; count < ready; count += 1) made.push(await newRecord(options, request, []));
    }
    return made;
  });
}

function countsAsReady(options: StandingOptions, one: StandingRecord, kind: string): boolean {
  if (one.provider !== options.provider.name || one.kind !== kind || one.users.length > 0) return false;
  const open = Date.parse(one.closesAt) > timeOf(options);
  return open && (one.state === "ready" || (one.state === "making" && isWorkedOn(one)));
}

function withoutExpiredUsers(options: StandingOptions, one: StandingRecord): StandingRecord {
  const users = one.users.filter(({ expiresAt }) => Date.parse(expiresAt) > timeOf(options));
  if (users.length === one.users.length) return one;
  return { ...one, users, idleSince: new Date(timeOf(options)).toISOString() };
}
