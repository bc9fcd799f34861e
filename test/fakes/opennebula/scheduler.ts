import { textOf, vectorsOf, withText } from "./attributes.ts";
import { isAdmin } from "./method.ts";
import type { FakeHost, FakeUser, FakeVm, FakeWorld } from "./world.ts";

/** What is promised of a host. Sizes of what was never monitored are 0. */
export function hostUse(world: FakeWorld, host: FakeHost) {
  const vms = [...world.vms.values()].filter((vm) => vm.host === host.id && vm.state === 3);
  const sizes = vms.map(sizeOf);
  const monitored = textOf(host.attributes, "ARCH") !== undefined;
  const size = monitored ? (world.script.sizes.get(host.name) ?? world.script.size) : { cores: 0, memoryMiB: 0 };
  return {
    ...{ vms, size, cores: sizes.reduce((sum, one) => sum + one.cores, 0) },
    memoryMiB: sizes.reduce((sum, one) => sum + one.memoryMiB, 0),
  };
}

/** The size of a machine, from its template. */
export function sizeOf(vm: Pick<FakeVm, "attributes">): { readonly cores: number; readonly memoryMiB: number } {
  return {
    cores: Number(textOf(vm.attributes, "CPU") ?? 0),
    memoryMiB: Number(textOf(vm.attributes, "MEMORY") ?? 0),
  };
}

/** The hosts that a user may use: those of the virtual data centres of its groups. */
export function hostsFor(world: FakeWorld, user: FakeUser): readonly FakeHost[] {
  const all = [...world.hosts.values()];
  if (isAdmin(user)) return all;
  const centres = world.vdcs.filter(({ groups }) => user.groups.some((one) => groups.has(one)));
  return all.filter((host) => centres.some(({ hosts }) => hosts === "all" || hosts.has(host.id)));
}

/** Places a pending machine on a host, or writes the scheduler's own words into it (`Scheduler.cc`). */
export function schedule(world: FakeWorld, vm: FakeVm): void {
  const owner = world.users.get(vm.uid);
  const enabled = [...world.hosts.values()].filter(({ state }) => state === 1 || state === 2);
  const allowed = owner === undefined ? [] : hostsFor(world, owner).filter((one) => enabled.includes(one));
  const size = sizeOf(vm);
  const fitting = allowed.filter((host) => {
    const use = hostUse(world, host);
    return use.cores + size.cores <= use.size.cores && use.memoryMiB + size.memoryMiB <= use.size.memoryMiB;
  });
  const matching = fitting.filter((host) => meets(world, vm, host));
  const [host] = matching;
  if (host !== undefined) {
    Object.assign(vm, { state: 3, lcm: 1, host: host.id });
    return;
  }
  const why =
    enabled.length === 0
      ? "No hosts enabled to run VMs"
      : allowed.length === 0
        ? "User is not authorized to use any host"
        : fitting.length === 0
          ? "No host with enough capacity to deploy the VM"
          : `No host meets capacity and SCHED_REQUIREMENTS: ${textOf(vm.user, "SCHED_REQUIREMENTS") ?? ""}`;
  vm.user = withText(vm.user, "SCHED_MESSAGE", `${new Date().toUTCString()}: Cannot dispatch VM: ${why}`);
}

/** Whether a host has the machine's networks and a system datastore in its cluster, and is what the machine requires. */
function meets(world: FakeWorld, vm: FakeVm, host: FakeHost): boolean {
  const cluster = world.clusters.get(host.cluster);
  const networks = vectorsOf(vm.attributes, "NIC").map((card) => Number(card.get("NETWORK_ID")));
  const system = [...(cluster?.datastores ?? [])].some((id) => world.datastores.get(id)?.type === 1);
  if (!system || !networks.every((id) => cluster?.networks.has(id) === true)) return false;
  const required = textOf(vm.user, "SCHED_REQUIREMENTS") ?? "";
  const facts = new Map([
    ...host.attributes.flatMap(({ name, value }): [string, string][] =>
      typeof value === "string" ? [[name, value]] : [],
    ),
    ["ID", String(host.id)],
    ["CLUSTER_ID", String(host.cluster)],
  ]);
  return required
    .split("&")
    .filter((one) => one.trim() !== "")
    .every((one) => {
      const [, name = "", value] = /^\s*\(?\s*(\w+)\s*=\s*"?([^")]*)"?\s*\)?\s*$/.exec(one) ?? [];
      return facts.get(name) === value;
    });
}
