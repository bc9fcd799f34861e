import type { Owner } from "../../../pipelines/dsl/context.ts";
import { InfraError } from "../../failure.ts";
import { withLock } from "../../hosts/lock.ts";
import { writeRecord } from "../../hosts/record-file.ts";
import { endLease, extendLease, readLease } from "../../lease.ts";
import { expiryFile } from "../../programs/cloud-config.ts";
import { failureOfEnd } from "../../pulumi/operation-failure.ts";
import { giveBackStack } from "../../pulumi/recovery.ts";
import { runOperation } from "../../pulumi/run-operation.ts";
import { type StackHolder, type StackPlace, stackPlace } from "../../pulumi/stack-place.ts";
import { connect } from "../../ssh/connect.ts";
import type { ClusterHost, ClusterIo } from "../cluster.ts";
import type { Resource } from "../provider.ts";
import {
  clusterFiles,
  clusterHosts,
  clusterProgram,
  clusterRecord,
  type KnownCluster,
  knownClusters,
  leaseFile,
  pruneClusterLeases,
} from "./cluster-record.ts";
import { notGivenBack } from "./failures.ts";
import type { PulumiProvider } from "./settings.ts";
import { taggedPlaceAt, taggedPlaceOf, watchedRegions } from "./tagged-places.ts";
import type { Use } from "./use.ts";

/** How giving back speaks. */
export type ReturnIo = Pick<ClusterIo, "signal" | "note"> & Partial<Pick<ClusterIo, "step">>;

/** Name of the machine-wide lock under which a cluster's lease changes hands. */
export function placeLock({ folder }: StackPlace): string {
  return `cluster ${folder}`;
}

/** Gives back a cluster that was begun; none is success. The caller holds its lease. */
export async function giveBackCluster(use: Use, place: StackPlace, io: ReturnIo): Promise<readonly Resource[]> {
  const record = await clusterRecord(place);
  if (record === undefined) return [];
  return giveBackStack({
    place,
    tagged: taggedPlaceAt(record.provider, [record.location]),
    signal: io.signal,
    deadlineMs: use.downMs,
    graceMs: use.graceMs,
    environment: use.environment,
    note: (text) => io.note(text),
    ...(io.step === undefined ? {} : { step: io.step.bind(io) }),
  });
}

/**
 * Gives back all that a run's node holds at a provider: lease first, so that what comes up notices. Returns what was given
 * back; nothing is success. Refuses an older token than the lease's.
 */
export async function destroyCluster(
  use: Use,
  provider: PulumiProvider,
  owner: Owner,
  io: ReturnIo,
): Promise<readonly Resource[]> {
  const place = await stackPlace(use.home, owner, use.environment);
  const held = (await clusterRecord(place))?.provider;
  if (held !== undefined && held !== provider) return [];
  await withLock(placeLock(place), io.signal, () => endLease(leaseFile(use.home, owner), owner));
  const given = await giveBackCluster(use, place, io);
  const left = held === undefined ? await releaseListed(use, provider, owner, io.signal) : [];
  await pruneClusterLeases(use.home);
  return [...given, ...left];
}

/** What carries a node's tags although nothing was written down here: its home was lost, or another machine began it. */
async function releaseListed(use: Use, provider: PulumiProvider, { run, node }: StackHolder, signal: AbortSignal) {
  const regions = provider === "aws" ? watchedRegions(use.environment) : [];
  if (regions.length === 0) return [];
  const tagged = taggedPlaceAt(provider, regions);
  const found = await tagged.list({ run, node });
  const left = await tagged.release(found, { signal });
  if (left.length > 0) throw new InfraError(notGivenBack(left));
  return found;
}

/** What a provider lists by our tags where clusters of this home are or may be, and their stacks. */
export async function listClusters(
  use: Use,
  provider: PulumiProvider,
  filter: Partial<StackHolder>,
): Promise<readonly Resource[]> {
  const known = (await knownClusters(use.home, filter)).filter(({ record }) => record.provider === provider);
  const regions = provider === "aws" ? watchedRegions(use.environment) : [];
  const locations = [...new Set([...known.map(({ record }) => record.location), ...regions])];
  const listed = locations.length === 0 ? [] : await taggedPlaceAt(provider, locations).list(filter);
  return [...listed, ...known.map(stackResource)];
}

function stackResource({ place, record }: KnownCluster): Resource {
  const { stack, run, node } = place;
  return { provider: record.provider, id: stack, kind: "stack", run, node, expiresAt: record.expiresAt };
}

/** Gives back one listed resource: with its stack where one is known, else by its tags alone. */
export async function releaseResource(
  use: Use,
  provider: PulumiProvider,
  resource: Resource,
  signal: AbortSignal,
): Promise<void> {
  const io = { signal, note: () => {} };
  const place = await stackPlace(use.home, resource, use.environment);
  if ((await clusterRecord(place)) !== undefined) {
    const lease = leaseFile(use.home, resource);
    const held = await readLease(lease);
    if (held !== undefined) await withLock(placeLock(place), signal, () => endLease(lease, held));
    await giveBackCluster(use, place, io);
    return;
  }
  if (resource.kind === "stack") return;
  const left = await taggedPlaceOf(provider, resource).release([resource], { signal });
  if (left.length > 0) throw new InfraError(notGivenBack(left));
}

/**
 * Lets a node's cluster live until another time (UTC, ISO 8601): tags, lease and the hosts' own timers. A host that does
 * not answer keeps its old time.
 */
export async function keepCluster(use: Use, holder: StackHolder, until: string, signal: AbortSignal): Promise<void> {
  const [known] = await knownClusters(use.home, holder);
  if (known === undefined) return;
  const { place, record } = known;
  await withLock(placeLock(place), signal, () => extendLease(leaseFile(use.home, holder), until));
  await writeRecord(clusterFiles(place).record, { ...record, expiresAt: until });
  const hosts = await clusterHosts(place);
  await Promise.allSettled(hosts.map((host) => renewTimer(host, until, signal)));
  const program = await clusterProgram(place);
  if (program === undefined) return;
  const { args } = program;
  const renewed = { ...args, owner: { ...args.owner, expiresAt: until } };
  const later = { ...program, args: renewed, tags: { ...program.tags, "expires-at": until } };
  const limits = { signal, deadlineMs: use.upMs, graceMs: use.graceMs, environment: use.environment };
  const failure = failureOfEnd(record.provider, await runOperation(place, { name: "up", program: later }, limits));
  if (failure !== null) throw new InfraError(failure);
}

async function renewTimer({ ssh }: ClusterHost, until: string, signal: AbortSignal): Promise<void> {
  const seconds = Math.floor(Date.parse(until) / 1000);
  const connection = await connect(ssh, { signal });
  try {
    const write = `f=${expiryFile}; printf '%s\\n' ${seconds} > $f.new && mv $f.new $f`;
    await connection.must(ssh.user === "root" ? write : `sudo -n sh -c '${write.replaceAll("'", `'\\''`)}'`, {
      signal,
    });
  } finally {
    connection.close();
  }
}
