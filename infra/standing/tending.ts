import type { ClusterIo } from "../providers/cluster.ts";
import { endCluster, makeCluster, newRecord } from "./making.ts";
import { type NotTended, type StandingMinimum, type StandingOptions, type TendedClusters, timeOf } from "./options.ts";
import { isWorkedOn, kindOf, putRecord, readRecords, type StandingRecord, withRecords } from "./record.ts";

/** Ends what is due, then makes what is missing: see `Tended`. */
export async function tend(
  options: StandingOptions,
  minimum: readonly StandingMinimum[],
  io: ClusterIo,
): Promise<TendedClusters> {
  const { folder } = options;
  const due = await withRecords(folder, io.signal, async () => {
    const records = (await readRecords(folder)).map((one) => withoutExpiredUsers(options, one));
    for (const one of records) await putRecord(folder, one);
    return dueOf(options, records, minimum);
  });
  const gone = await endAll(
    options,
    due.map(({ id }) => id),
    io.signal,
  );
  const { made, failed } = await bringUp(options, minimum, io);
  return { ...gone, made, failed: [...gone.failed, ...failed] };
}

/** Makes what is missing, all at once; one that fails keeps no other from standing. */
export async function bringUp(
  options: StandingOptions,
  minimum: readonly StandingMinimum[],
  io: ClusterIo,
): Promise<TendedClusters> {
  const missing = await missingOf(options, minimum, io.signal);
  const ends = await Promise.all(
    missing.map((one) => outcomeOf(options, { id: one.id, what: "make" }, () => makeCluster(options, one, io))),
  );
  io.signal.throwIfAborted();
  const failed = ends.filter((end) => typeof end !== "string");
  return { ended: [], made: ends.filter((end) => typeof end === "string"), failed };
}

/** Ends clusters one after another; one that cannot be ended keeps no other. Those that somebody uses stay, unless said so. */
export async function endAll(
  options: StandingOptions,
  ids: readonly string[],
  signal: AbortSignal,
  evenUsed = false,
): Promise<TendedClusters> {
  const [ended, failed]: [string[], NotTended[]] = [[], []];
  for (const id of ids) {
    let isEnded = false;
    const end = await outcomeOf(options, { id, what: "end" }, async () => {
      isEnded = await endCluster(options, id, signal, evenUsed);
    });
    signal.throwIfAborted();
    if (typeof end !== "string") failed.push(end);
    else if (isEnded) ended.push(id);
  }
  return { ended, made: [], failed };
}

async function outcomeOf(
  { provider }: StandingOptions,
  what: Omit<NotTended, "failure">,
  work: () => Promise<unknown>,
): Promise<string | NotTended> {
  try {
    await work();
    return what.id;
  } catch (error) {
    return { ...what, failure: provider.classify(error) };
  }
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
    const isKept = one.keptUntil !== null && Date.parse(one.keptUntil) > now;
    return left <= 0 && !isKept && Date.parse(one.idleSince) + one.idleMs <= now;
  });
}

/** Records of the clusters that are to be made so that the minimum stands: written at once, so that two never make both. */
function missingOf(options: StandingOptions, minimum: readonly StandingMinimum[], signal: AbortSignal) {
  return withRecords(options.folder, signal, async () => {
    const records = await readRecords(options.folder);
    const made: StandingRecord[] = [];
    for (const { request, ready, terms } of minimum) {
      const standing = records.filter((one) => countsAsReady(options, one, kindOf(request)));
      for (let count = standing.length; count < ready; count += 1)
        made.push(await newRecord(options, { request, terms }, []));
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
