import type { Demand } from "../placement/demand.ts";
import { type PlaceableHost, type Room, spotOn, totalRoom } from "../placement/host-room.ts";
import { place } from "../placement/place.ts";
import { shortage } from "../placement/shortage.ts";
import type { PoolDemand } from "./host-pool.ts";

/** A part of a host that was chosen: for one server, or (null) all of it. */
export interface Choice {
  readonly host: string;
  readonly server: string | null;
  readonly numa: number | null;
  /** Of each NUMA node; empty for the whole host. */
  readonly taken: readonly Room[];
}

/** The hosts that a demand gets, or why none of them can give it now. Pure. */
export function choose(hosts: readonly PlaceableHost[], demand: PoolDemand): readonly Choice[] | string {
  return demand.kind === "hosts" ? wholeHosts(hosts, demand) : rooms(hosts, demand);
}

/** The smallest that suffice, because somebody may need the larger ones. */
function wholeHosts(
  hosts: readonly PlaceableHost[],
  { count, each }: Extract<PoolDemand, { kind: "hosts" }>,
): readonly Choice[] | string {
  const asked: Demand = { ...each, name: "a host" };
  const suited = hosts
    .filter((host) => !host.used && spotOn(host, host.free, asked) !== undefined)
    .toSorted((left, right) => totalRoom(left.free).memoryMiB - totalRoom(right.free).memoryMiB);
  if (suited.length >= count)
    return suited.slice(0, count).map(({ name }) => ({ host: name, server: null, numa: null, taken: [] }));
  const busy = hosts.filter(({ used }) => used).map(({ name }) => name);
  const lack = shortage(hosts, [asked]) ?? `${suited.length} whole hosts are free`;
  return `${count} ${count === 1 ? "host is" : "hosts are"} wanted: ${lack}${busy.length === 0 ? "" : `; in use: ${busy.join(", ")}`}`;
}

function rooms(
  hosts: readonly PlaceableHost[],
  { demands, policy }: Extract<PoolDemand, { kind: "servers" }>,
): readonly Choice[] | string {
  const placement = place(hosts, demands, policy);
  if (placement.kind === "refused") return placement.detail;
  return placement.placed.map(({ server, host, node, taken }) => ({ host, server, numa: node, taken }));
}
