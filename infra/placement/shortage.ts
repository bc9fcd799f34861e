import { type Demand, threadsOf, unsuited } from "./demand.ts";
import { type PlaceableHost, spotOn, totalRoom } from "./host-room.ts";

/**
 * Why a group cannot be placed, seen from each of its servers alone: the first that no host has room for, with the
 * reason at the hosts. Undefined where each would fit by itself.
 */
export function shortage(hosts: readonly PlaceableHost[], demands: readonly Demand[]): string | undefined {
  if (demands.length > 0 && hosts.length === 0) return "there is no host";
  const demand = demands.find((one) => hosts.every((host) => spotOn(host, host.free, one) === undefined));
  return demand === undefined ? undefined : `${demand.name} ${words(demand)}: ${reasons(hosts, demand).join("; ")}`;
}

function words(demand: Demand): string {
  const own = { shared: "", thread: " of a thread each", core: " of a core each" }[demand.cpus];
  const node = demand.oneNode ? " on one NUMA node" : "";
  return `needs ${demand.memoryMiB} MiB of memory and ${demand.cores} virtual CPUs${own}${node}`;
}

function reasons(hosts: readonly PlaceableHost[], demand: Demand): readonly string[] {
  const said = new Map<string, string[]>();
  for (const host of hosts) {
    const reason = unsuited(demand, host) ?? short(host, demand);
    said.set(reason, [...(said.get(reason) ?? []), host.name]);
  }
  return [...said].map(([reason, names]) => `${few(names)} ${reason}`);
}

function short(host: PlaceableHost, demand: Demand): string {
  const free = totalRoom(host.free);
  if (free.memoryMiB < demand.memoryMiB) return `has ${free.memoryMiB} MiB free`;
  if (free.threads < threadsOf(demand, host)) return `has ${free.threads} hardware threads free`;
  return "has no NUMA node with that much free";
}

/** Because nobody reads fifty names. */
function few(names: readonly string[]): string {
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more: each`;
}
