import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { type HypervisorsIo, makeHypervisors } from "../../hosts/kvm/hypervisors.ts";
import { demandOf } from "../../placement/demand.ts";
import type { PlaceableHost } from "../../placement/host-room.ts";
import { place } from "../../placement/place.ts";
import { askFacts } from "../../pool/host-facts.ts";
import { connect } from "../../ssh/connect.ts";
import type { Cluster, ClusterHost } from "../cluster.ts";
import type { ProvisionIo, Server } from "../provider.ts";
import { askHost } from "./ask.ts";
import { values } from "./call.ts";
import { noHost, noRoomOnHosts } from "./failures.ts";
import type { ServingHost } from "./group-record.ts";
import { hostSettings, placeableHost } from "./host-size.ts";
import { ensureProgram } from "./program.ts";
import { provisionOnHost, type RemoteUse } from "./provision.ts";

/** A cluster whose hosts are KVM hosts that have proved it. Plain JSON. */
export interface ServingCluster {
  readonly hosts: readonly ServingHost[];
}

/** Makes every host of a cluster a KVM host; those that fail are left out, unless none is left. */
export async function makeServing(
  cluster: Cluster,
  io: HypervisorsIo,
): Promise<{ readonly hosts: readonly ServingHost[]; readonly unfit: readonly UnfitHost[] }> {
  const { ready, quarantined } = await makeHypervisors(cluster.hosts, { request: {} }, io);
  if (ready.length === 0)
    throw new InfraError(noHost(quarantined.map(({ host, failure }) => `${host.name}: ${failure.detail}`).join("\n")));
  return { hosts: ready.map(({ host }) => servingHost(host, cluster.provider)), unfit: quarantined };
}

/** A host that did not become a KVM host, and why. */
export interface UnfitHost {
  readonly host: ClusterHost;
  readonly failure: { readonly title: string; readonly detail: string };
}

/** What is remembered of a host that has servers. Pure. */
export function servingHost({ id, name, hostClass, ssh }: ClusterHost, provider: string): ServingHost {
  return { id, name, hostClass, ssh, provider };
}

/**
 * A whole group on one of the hosts, running, or nothing: on the one that it fills best. Where none has room now, on the
 * one that could have it, as soon as others give it back.
 */
export async function provisionOnHosts(
  use: RemoteUse,
  group: { readonly hosts: readonly ServingHost[]; readonly requests: readonly ServerRequest[]; readonly owner: Owner },
  io: ProvisionIo,
): Promise<readonly Server[]> {
  const { hosts, requests, owner } = group;
  const rooms = await Promise.all(hosts.map((host) => roomOf(use, host, io)));
  const host = hosts.find(({ id }) => id === chosen(rooms, requests));
  if (host === undefined) throw new InfraError(noRoomOnHosts(why(rooms, requests)));
  return provisionOnHost(use, { host, requests, owner }, io);
}

interface Room {
  /** As it is now. */
  readonly now: PlaceableHost;
  /** Were nobody on it. */
  readonly empty: PlaceableHost;
}

async function roomOf(use: RemoteUse, host: ServingHost, io: ProvisionIo): Promise<Room> {
  const { signal } = io;
  const connection = await connect(host.ssh, { signal });
  try {
    const command = await ensureProgram(connection, { home: use.home, signal, note: (text) => io.note(text) });
    const facts = await askFacts(connection, signal);
    const settings = await hostSettings(connection, use, signal);
    const asked = { settings, call: { verb: "room" } } as const;
    const room = await askHost(connection, { command, asked, answer: values.room }, { signal });
    return { now: placeableHost(host.id, facts, room), empty: placeableHost(host.id, facts, room.all) };
  } finally {
    connection.close();
  }
}

// Because a group's network does not leave its host, each host is tried by itself.
function chosen(rooms: readonly Room[], requests: readonly ServerRequest[]): string | undefined {
  const demands = requests.map(demandOf);
  const fits = (of: PlaceableHost) => place([of], demands).kind === "placed";
  const free = (of: PlaceableHost) => of.free.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  const now = rooms.filter((room) => fits(room.now)).toSorted((one, other) => free(one.now) - free(other.now));
  const later = rooms.filter((room) => fits(room.empty)).toSorted((one, other) => free(other.now) - free(one.now));
  return (now[0] ?? later[0])?.now.name;
}

function why(rooms: readonly Room[], requests: readonly ServerRequest[]): string {
  const reasons = rooms.map(({ empty }) => place([empty], requests.map(demandOf)));
  return reasons.flatMap((one) => (one.kind === "refused" ? [one.detail] : [])).join("; ");
}
