import type { Owner } from "../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import { InfraError } from "../failure.ts";
import type { Cluster, ClusterIo } from "../providers/cluster.ts";
import { olderUser } from "./failures.ts";
import { endCluster, makeCluster, newRecord } from "./making.ts";
import { hostsAnswer, isJoinable, type StandingOptions, timeOf } from "./options.ts";
import {
  clusterOf,
  isUser,
  isWorkedOn,
  putRecord,
  readRecords,
  type StandingRecord,
  type StandingUser,
  standingRun,
  withRecords,
} from "./record.ts";

/** A node of a run that wants a cluster. */
export interface Joining {
  readonly request: ClusterRequest;
  readonly owner: Owner;
}

/**
 * A cluster that stands, renewed for as long as the user may need it and answering, or else a new one: it stands by the
 * options' terms, and is the user's own where there are none.
 */
export async function joinOrMake(options: StandingOptions, joining: Joining, io: ClusterIo): Promise<Cluster> {
  const { provider } = options;
  // Because what an earlier attempt of this node was making has no maker any more.
  await leaveAll(options, joining.owner, io.signal);
  for (;;) {
    const entered = await enter(options, joining, io.signal);
    if (entered === undefined) return provider.provision(joining.request, joining.owner, io);
    const cluster = clusterOf(entered);
    if (cluster === null) return makeCluster(options, entered, io);
    try {
      await (options.check ?? hostsAnswer)(cluster, io.signal);
      const expiresAt = await renew(options, entered, joining.owner, io.signal);
      io.note(`joined ${entered.id}, which stands at ${provider.name} until ${expiresAt}`);
      return { ...cluster, expiresAt };
    } catch (error) {
      await leaveAll(options, joining.owner, AbortSignal.timeout(60_000));
      io.signal.throwIfAborted();
      io.note(`${entered.id} does not serve any more: ${error instanceof Error ? error.message : String(error)}`);
      await close(options, entered.id, io.signal);
      await endCluster(options, entered.id, io.signal);
    }
  }
}

/** The record that the user is written into, before it is used: of a cluster that stands, or of one to be made to stand. */
function enter(
  options: StandingOptions,
  { request, owner }: Joining,
  signal: AbortSignal,
): Promise<StandingRecord | undefined> {
  const { folder, terms } = options;
  return withRecords(folder, signal, async () => {
    const records = await readRecords(folder);
    refuseOlder(records, owner);
    const free = records.find((one) => isJoinable(options, one, request));
    if (free === undefined) return terms === undefined ? undefined : newRecord(options, { request, terms }, [owner]);
    const entered = { ...free, users: [...free.users, { ...owner }] };
    await putRecord(folder, entered);
    return entered;
  });
}

/** Lets the machines live as long as the user may need them. */
async function renew(
  { folder, provider }: StandingOptions,
  { id, expiresAt }: StandingRecord,
  owner: Pick<Owner, "expiresAt">,
  signal: AbortSignal,
): Promise<string> {
  if (Date.parse(owner.expiresAt) <= Date.parse(expiresAt)) return expiresAt;
  await provider.keep({ run: standingRun, node: id }, owner.expiresAt, signal);
  await withRecords(folder, signal, async () => {
    const now = (await readRecords(folder)).find((one) => one.id === id);
    if (now !== undefined) await putRecord(folder, { ...now, expiresAt: owner.expiresAt });
  });
  return owner.expiresAt;
}

/** Lets a user keep its cluster until that time. */
export async function renewFor(
  options: StandingOptions,
  holder: Pick<StandingUser, "run" | "node">,
  until: string,
  signal: AbortSignal,
): Promise<void> {
  const used = await withRecords(options.folder, signal, async () => {
    const own = (await readRecords(options.folder)).filter(({ users }) => users.some((user) => isUser(user, holder)));
    for (const one of own) {
      const users = one.users.map((user) => (isUser(user, holder) ? { ...user, expiresAt: until } : user));
      await putRecord(options.folder, { ...one, users });
    }
    return own;
  });
  for (const one of used) await renew(options, one, { expiresAt: until }, signal);
}

/** Takes a user out; clusters that are ready stay, and what nobody is making any more is ended. Refuses an older token. */
export async function leaveAll(options: StandingOptions, owner: Owner, signal: AbortSignal): Promise<void> {
  const { folder } = options;
  // Because every node that gives something back asks here, and most homes have no cluster that stands.
  if ((await readRecords(folder)).length === 0) return;
  const left = await withRecords(folder, signal, async () => {
    const records = await readRecords(folder);
    refuseOlder(records, owner);
    const own = records.filter(({ users }) => users.some((user) => isUser(user, owner)));
    const idleSince = new Date(timeOf(options)).toISOString();
    for (const one of own) {
      await putRecord(folder, { ...one, users: one.users.filter((user) => !isUser(user, owner)), idleSince });
    }
    return own;
  });
  for (const one of left) if (one.state === "making" && !isWorkedOn(one)) await endCluster(options, one.id, signal);
}

/** Lets nobody in any more. */
export function close(options: StandingOptions, id: string, signal: AbortSignal): Promise<void> {
  return withRecords(options.folder, signal, async () => {
    const now = (await readRecords(options.folder)).find((one) => one.id === id);
    const closesAt = new Date(timeOf(options)).toISOString();
    if (now !== undefined) await putRecord(options.folder, { ...now, closesAt });
  });
}

function refuseOlder(records: readonly StandingRecord[], owner: Owner): void {
  const user = records.flatMap(({ users }) => users).find((one) => isUser(one, owner));
  if (user !== undefined && owner.token < user.token) throw new InfraError(olderUser(owner, user.token));
}
