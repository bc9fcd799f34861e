import { mkdir, writeFile } from "node:fs/promises";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { withLock } from "../../hosts/lock.ts";
import { makeSshKeyPair, type SshKeyPair } from "../../hosts/ssh-key-pair.ts";
import { checkLease, takeLease } from "../../lease.ts";
import { backOff } from "../../ssh/deadline.ts";
import { groupFiles } from "../local/places.ts";
import type { ProvisionIo, Server } from "../provider.ts";
import { shortageOf } from "./capacity.ts";
import type { OpenNebula } from "./open-nebula.ts";
import { type OpenNebulaPlace, taggedMachines } from "./place.ts";
import { endAll, openNebulaLock, refuseLaterHolder, releaseGroup } from "./release.ts";
import { finishGroup } from "./server-group.ts";
import { chooseTemplates, extraAttributes, type PlannedServer } from "./server-template.ts";

/** A group of servers that is being made. */
export interface ServerGroup {
  readonly place: OpenNebulaPlace;
  readonly one: OpenNebula;
  readonly owner: Owner;
  readonly claim: string;
  readonly planned: readonly PlannedServer[];
  readonly loginKey: SshKeyPair;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
}

/** The whole group, running, or nothing; what an earlier attempt of the same node left is ended first. */
export async function provisionGroup(
  place: OpenNebulaPlace,
  wanted: { readonly requests: readonly ServerRequest[]; readonly owner: Owner },
  io: ProvisionIo,
): Promise<readonly Server[]> {
  const { requests, owner } = wanted;
  const askedAt = Date.now();
  const one = await place.with(io.signal);
  await place.profile(io.signal);
  const { claim, left } = await withLock(openNebulaLock, io.signal, async () => {
    const found = await taggedMachines(one, { run: owner.run, node: owner.node });
    refuseLaterHolder(found, owner);
    return { claim: await takeLease(groupFiles(place.places, owner).lease, owner), left: found };
  });
  try {
    await endAll(place, left, io.signal);
    await waitForRoom(place, requests, io);
    const templates = await chooseTemplates(one, requests);
    const planned = requests.flatMap((request, index) => {
      const template = templates[index];
      return template === undefined ? [] : [{ request, template, hostKey: makeSshKeyPair(request.name) }];
    });
    const group = { ...{ place, one, owner, claim, planned, askedAt }, loginKey: await makeLoginKey(place, owner) };
    return await finishGroup(group, await instantiate(group, io), io);
  } catch (error) {
    await giveBack(place, owner, io);
    throw error;
  }
}

/** Because what failed first must not be hidden by a machine that does not end: that one is listed, and goes at its time. */
async function giveBack(place: OpenNebulaPlace, owner: Owner, io: ProvisionIo): Promise<void> {
  try {
    await releaseGroup(place, owner, AbortSignal.timeout(place.options.endDeadlineMs + 60_000));
  } catch (error) {
    io.note(`Not everything could be given back: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Waits while others hold the room, up to a deadline; a quota, and what can never fit, fail at once. */
async function waitForRoom(place: OpenNebulaPlace, requests: readonly ServerRequest[], io: ProvisionIo): Promise<void> {
  const one = await place.with(io.signal);
  const until = performance.now() + place.options.capacityDeadlineMs;
  for (let turn = 0; ; turn += 1) {
    const shortage = await shortageOf(one, requests);
    if (shortage === undefined) return;
    if (shortage.reason !== "opennebula-no-room" || performance.now() >= until) throw new InfraError(shortage);
    if (turn === 0) io.note(`Waiting for room at OpenNebula: ${shortage.detail}`);
    await backOff(Math.min(turn, 4), place.options.pollMs, 16 * place.options.pollMs, io.signal);
  }
}

async function makeLoginKey(place: OpenNebulaPlace, owner: Owner): Promise<SshKeyPair> {
  const files = groupFiles(place.places, owner);
  const loginKey = makeSshKeyPair("edgecert-login");
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await writeFile(files.loginKey, loginKey.privateKey, { mode: 0o600 });
  return loginKey;
}

/** Asks for every machine before it waits for any: numbers of machines in the order of the requests. */
async function instantiate(group: ServerGroup, io: ProvisionIo): Promise<readonly number[]> {
  const { place, one, owner, claim } = group;
  const ids: number[] = [];
  for (const planned of group.planned) {
    const { request, template } = planned;
    const extra = extraAttributes(planned, owner, group.loginKey);
    const id = await withLock(openNebulaLock, io.signal, async () => {
      await checkLease(groupFiles(place.places, owner).lease, owner, claim);
      return one.templates.instantiate(template.id, { name: `${owner.run}-${request.name}`.slice(0, 120), extra });
    });
    io.note(`OpenNebula has made machine ${id} of template ${template.id} (${template.name}) for ${request.name}.`);
    ids.push(id);
  }
  return ids;
}
