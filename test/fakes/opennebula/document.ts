import { attributesXml, idsXml, tag, textTag } from "./attributes.ts";
import { hostUse } from "./scheduler.ts";
import type { FakeHost, FakeObject, FakeVm, FakeWorld } from "./world.ts";

const permissions = tag(
  "PERMISSIONS",
  ["OWNER_U", "OWNER_M", "OWNER_A", "GROUP_U", "GROUP_M", "GROUP_A", "OTHER_U", "OTHER_M", "OTHER_A"].map((name) =>
    textTag(name, name === "OWNER_U" || name === "OWNER_M" ? 1 : 0),
  ),
);

/** The elements that begin the document of everything that somebody owns. */
export function head(world: FakeWorld, { id, uid, gid, name }: FakeObject): string {
  const owner = [textTag("UID", uid), textTag("GID", gid), ...ownerNames(world, uid, gid)];
  return [textTag("ID", id), ...owner, textTag("NAME", name), permissions].join("");
}

function ownerNames(world: FakeWorld, uid: number, gid: number): string[] {
  const { name: user = "" } = world.users.get(uid) ?? {};
  const { name: group = "" } = world.groups.get(gid) ?? {};
  return [textTag("UNAME", user), textTag("GNAME", group)];
}

/** `<HOST>` as `Host::to_xml` writes it. What was never monitored has no size. */
export function hostXml(world: FakeWorld, host: FakeHost): string {
  const use = hostUse(world, host);
  const kib = (mib: number) => mib * 1024;
  const amount = (name: string, values: Readonly<Record<string, number>>) =>
    Object.entries(values).map(([key, value]) => textTag(name.replace("*", key), value));
  const share = tag("HOST_SHARE", [
    ...[textTag("MEM_USAGE", kib(use.memoryMiB)), textTag("CPU_USAGE", use.cores * 100)],
    ...amount("*_MEM", { TOTAL: kib(use.size.memoryMiB), MAX: kib(use.size.memoryMiB) }),
    ...amount("*_CPU", { TOTAL: use.size.cores * 100, MAX: use.size.cores * 100 }),
    ...[
      textTag("RUNNING_VMS", use.vms.length),
      textTag("VMS_THREAD", 1),
      tag("DATASTORES", ""),
      tag("PCI_DEVICES", ""),
    ],
  ]);
  return tag("HOST", [
    ...[textTag("ID", host.id), textTag("NAME", host.name), textTag("STATE", host.state), textTag("PREV_STATE", 0)],
    ...[textTag("IM_MAD", host.imMad), textTag("VM_MAD", host.vmMad), textTag("CLUSTER_ID", host.cluster)],
    ...[textTag("CLUSTER", world.clusters.get(host.cluster)?.name ?? ""), share],
    ...[
      idsXml(
        "VMS",
        use.vms.map(({ id }) => id),
      ),
      attributesXml("TEMPLATE", host.attributes),
      tag("MONITORING", ""),
    ],
  ]);
}

/** `<VM>` as `VirtualMachine::to_xml` writes it. The short form is that of pools: hardly anything of the user's attributes. */
export function vmXml(world: FakeWorld, vm: FakeVm, form: "whole" | "short"): string {
  const short = new Set(["LABELS", "ERROR", "SCHED_MESSAGE", "SCHED_REQUIREMENTS", "SCHED_RANK"]);
  const shown = form === "whole" ? vm.user : vm.user.filter(({ name }) => short.has(name));
  const inShort = new Set(["CPU", "MEMORY", "DISK", "NIC", "GRAPHICS", "AUTOMATIC_REQUIREMENTS"]);
  const template = form === "whole" ? vm.attributes : vm.attributes.filter(({ name }) => inShort.has(name));
  return tag("VM", [
    ...[head(world, vm), textTag("LAST_POLL", vm.born), textTag("STATE", vm.state), textTag("LCM_STATE", vm.lcm)],
    ...[textTag("PREV_STATE", vm.state), textTag("PREV_LCM_STATE", vm.lcm), textTag("RESCHED", 0)],
    ...[textTag("STIME", vm.born), textTag("ETIME", vm.ended), textTag("DEPLOY_ID", `one-${vm.id}`)],
    ...[tag("MONITORING", ""), attributesXml("TEMPLATE", template), attributesXml("USER_TEMPLATE", shown)],
    historyXml(world, vm),
  ]);
}

function historyXml(world: FakeWorld, vm: FakeVm): string {
  const host = vm.host === undefined ? undefined : world.hosts.get(vm.host);
  if (vm.host === undefined) return tag("HISTORY_RECORDS", "");
  const { name = "gone", cluster = 0, vmMad = "kvm" } = host ?? {};
  const times = ["PSTIME", "PETIME", "RSTIME", "RETIME", "ESTIME", "EETIME"].map((time) => textTag(time, 0));
  const record = tag("HISTORY", [
    ...[textTag("OID", vm.id), textTag("SEQ", 0), textTag("HOSTNAME", name), textTag("HID", vm.host)],
    ...[textTag("CID", cluster), textTag("STIME", vm.born), textTag("ETIME", vm.ended), textTag("VM_MAD", vmMad)],
    ...[textTag("TM_MAD", "ssh"), textTag("DS_ID", 0), ...times, textTag("ACTION", 0), textTag("UID", -1)],
    ...[textTag("GID", -1), textTag("REQUEST_ID", -1)],
  ]);
  return tag("HISTORY_RECORDS", record);
}
