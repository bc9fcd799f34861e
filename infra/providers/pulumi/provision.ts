import { rm, writeFile } from "node:fs/promises";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { withLock } from "../../hosts/lock.ts";
import { writeRecord } from "../../hosts/record-file.ts";
import { makeSshKeyPair } from "../../hosts/ssh-key-pair.ts";
import { checkLease, takeLease } from "../../lease.ts";
import type { StackProgram } from "../../pulumi/operation.ts";
import { failureOfEnd } from "../../pulumi/operation-failure.ts";
import { runOperation } from "../../pulumi/run-operation.ts";
import { prepareStack, type StackPlace, stackPlace } from "../../pulumi/stack-place.ts";
import { tagsOf } from "../../tags.ts";
import type { Cluster, ClusterHost, ClusterIo } from "../cluster.ts";
import { answeringHosts, hostsOf } from "./answering.ts";
import { beginCluster, clusterFiles, leaseFile } from "./cluster-record.ts";
import { type Priced, priced } from "./estimate.ts";
import { giveBackCluster, placeLock } from "./release.ts";
import { locationOf, programArgs } from "./settings.ts";
import { taggedPlaceAt } from "./tagged-places.ts";
import type { Use } from "./use.ts";

/**
 * All hosts of a request, answering on SSH, or nothing that is not listed by tag:
 *
 *     lease --> listable --> keys and records --> up --> SSH on every host, first contact --> cluster
 *                                                 |          |
 *                                                 +----------+--(failed)--> given back, then the failure
 *
 * What an earlier attempt of the node left is given back first. Cancelled, it leaves that to the node's undo.
 */
export async function provisionCluster(
  use: Use,
  request: ClusterRequest,
  owner: Owner,
  io: ClusterIo,
): Promise<Cluster> {
  const offer = priced(request);
  if ("reason" in offer) throw new InfraError(offer);
  const place = await stackPlace(use.home, owner, use.environment);
  const lease = leaseFile(use.home, owner);
  const claim = await withLock(placeLock(place), io.signal, () => takeLease(lease, owner));
  await giveBackCluster(use, place, io);
  // Because what cannot be listed could not be given back either, whatever Pulumi itself finds credentials by.
  await taggedPlaceAt(offer.settings.provider, [locationOf(offer.settings)]).list(owner);
  try {
    const program = await begin(place, request, offer, owner);
    await withLock(placeLock(place), io.signal, () => checkLease(lease, owner, claim));
    const hosts = await bringUp(use, { place, program, offer }, io);
    await withLock(placeLock(place), io.signal, () => checkLease(lease, owner, claim));
    await writeRecord(clusterFiles(place).hosts, hosts);
    return { provider: request.provider, hosts, dollarsPerHour: offer.dollarsPerHour, expiresAt: owner.expiresAt };
  } catch (error) {
    if (!io.signal.aborted) await giveUp(use, place, io);
    throw error;
  }
}

/** Everything that a later process needs to find the cluster again, on disk before the first request. */
async function begin(place: StackPlace, request: ClusterRequest, offer: Priced, owner: Owner): Promise<StackProgram> {
  await prepareStack(place);
  const { settings } = offer;
  const login = makeSshKeyPair("edgecert-login");
  const { loginKey } = clusterFiles(place);
  await rm(loginKey, { force: true });
  await writeFile(loginKey, login.privateKey, { mode: 0o600 });
  const { count, os } = request;
  const hostKeys = Array.from({ length: count }, (_, index) => makeSshKeyPair(`${place.stack}-${index + 1}`));
  const args = programArgs(settings, { count, os, owner, sshPublicKey: login.publicKey, hostKeys });
  const program = { name: place.stack, args, tags: { ...tagsOf(owner) } };
  const { expiresAt, token, attempt } = owner;
  const location = locationOf(settings);
  await beginCluster(place, { v: 1, provider: settings.provider, location, expiresAt, token, attempt }, program);
  return program;
}

interface Coming {
  readonly place: StackPlace;
  readonly program: StackProgram;
  readonly offer: Priced;
}

async function bringUp(use: Use, { place, program, offer }: Coming, io: ClusterIo): Promise<readonly ClusterHost[]> {
  const { provider } = offer.settings;
  const { count, hostKeys, owner } = program.args;
  const cost =
    offer.dollarsPerHour === null ? "no list price is known" : `${offer.dollarsPerHour.toFixed(2)} US dollars per hour`;
  io.note(`${provider}: ${count} ${offer.hostClass} hosts as stack ${place.stack}, ${cost}, until ${owner.expiresAt}`);
  let counted = 0;
  const end = await runOperation(
    place,
    { name: "up", program },
    {
      signal: io.signal,
      deadlineMs: use.upMs,
      graceMs: use.graceMs,
      environment: use.environment,
      step: (step) => {
        counted = step.known;
        io.step({ ...step, known: step.known + count });
      },
      waiting: () => io.note("waiting for memory: other clusters come and go"),
    },
  );
  io.signal.throwIfAborted();
  const secrets = hostKeys.map(({ privateKey }) => String(privateKey));
  const failure = failureOfEnd(provider, end, secrets);
  if (failure !== null) throw new InfraError(failure);
  if (end.outcome !== "done") throw new Error(`up of ${place.stack} ended as ${end.outcome}`);
  const readyMs = use.readyMs ?? 2 * offer.secondsToReady * 1000;
  const hosts = hostsOf(place.stack, end.outputs);
  return answeringHosts({ place, hosts, readyMs, counted, firstContact: use.firstContact }, io);
}

/** What it cannot give back stays listed, for the node's undo and the sweep. */
async function giveUp(use: Use, place: StackPlace, io: ClusterIo): Promise<void> {
  try {
    await giveBackCluster(use, place, io);
  } catch (error) {
    io.note(`not yet given back: ${error instanceof Error ? error.message : String(error)}`);
  }
}
