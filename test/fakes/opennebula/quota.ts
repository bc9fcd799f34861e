import { tag, textTag } from "./attributes.ts";
import { Refusal } from "./refusal.ts";
import { sizeOf } from "./scheduler.ts";
import { type FakeUser, type FakeVm, type FakeWorld, livingVms } from "./world.ts";

/** What machines are counted by, in the order in which limits are looked at (`QuotaVirtualMachine.cc`). */
export const metrics = ["VMS", "RUNNING_VMS", "CPU", "RUNNING_CPU", "MEMORY", "RUNNING_MEMORY"] as const;

type Counts = Readonly<Record<(typeof metrics)[number], number>>;

function countsOf(vms: readonly Pick<FakeVm, "attributes" | "state">[]): Counts {
  const running = vms.filter(({ state }) => state !== 8 && state !== 9);
  const sum = (of: typeof vms, part: "cores" | "memoryMiB") => of.reduce((total, vm) => total + sizeOf(vm)[part], 0);
  return {
    ...{ VMS: vms.length, RUNNING_VMS: running.length, CPU: sum(vms, "cores"), RUNNING_CPU: sum(running, "cores") },
    ...{ MEMORY: sum(vms, "memoryMiB"), RUNNING_MEMORY: sum(running, "memoryMiB") },
  };
}

/** Refuses a machine that goes over a limit of its user or group, under the code and with the words of OpenNebula. */
export function checkQuota(
  world: FakeWorld,
  user: FakeUser,
  call: { readonly method: string; readonly vm: FakeVm },
): void {
  const [gid = 0] = user.groups;
  const holders = [
    { kind: "user", id: user.id, limits: user.limits, mine: (vm: FakeVm) => vm.uid === user.id },
    {
      kind: "group",
      id: gid,
      limits: world.groups.get(gid)?.limits ?? new Map(),
      mine: (vm: FakeVm) => vm.gid === gid,
    },
  ];
  const more = countsOf([call.vm]);
  for (const { kind, id, limits, mine } of holders.filter((one) => one.id !== 0)) {
    const used = countsOf(livingVms(world).filter(mine));
    for (const metric of metrics) {
      const limit = limits.get(metric) ?? -2;
      if (limit < 0 || used[metric] + more[metric] <= limit) continue;
      const words = `${kind} [${id}] limit of ${limit} reached for ${metric} quota in VM`;
      throw new Refusal(0x0200, `[${call.method}] User [${user.id}] : ${words}.`);
    }
  }
}

/** The quota elements of a user or group. What was never limited has the limit -1, which means the default: none. */
export function quotasXml(limits: ReadonlyMap<string, number>, vms: readonly FakeVm[], kind: "USER" | "GROUP"): string {
  const used = countsOf(vms);
  const vm = metrics.flatMap((metric) => [
    textTag(metric, limits.get(metric) ?? -1),
    textTag(`${metric}_USED`, used[metric]),
  ]);
  const others = ["DATASTORE_QUOTA", "NETWORK_QUOTA", "IMAGE_QUOTA"].map((name) => tag(name, ""));
  const sizes = [textTag("SYSTEM_DISK_SIZE", -1), textTag("SYSTEM_DISK_SIZE_USED", 0)];
  const own = tag("VM_QUOTA", tag("VM", [...vm, ...sizes]));
  return [...others, own, tag(`DEFAULT_${kind}_QUOTAS`, [...others, tag("VM_QUOTA", "")])].join("");
}
