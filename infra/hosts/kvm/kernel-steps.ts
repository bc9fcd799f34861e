import type { HypervisorRequest } from "./request.ts";
import type { Step } from "./step.ts";
import type { HostSystem } from "./system.ts";

/** Modules that hypervisors and their networks use, beside the one of the processor's maker. */
const modules = ["kvm", "vhost_net", "tun", "bridge", "br_netfilter", "8021q", "vxlan"];

const list = {
  path: "/etc/modules-load.d/edgecert-kvm.conf",
  body: `${modules.join("\n")}\n`,
};

const nested = {
  path: "/etc/modprobe.d/edgecert-kvm.conf",
  body: "options kvm_intel nested=1\noptions kvm_amd nested=1\n",
};

/** Finds `$vendor`, the module of the processor's maker; empty where the processor has no virtualisation to offer. */
const findVendor = [
  "vendor=",
  "while read -r word _ flags; do",
  '  [ "$word" = flags ] || continue',
  '  case " $flags " in *" svm "*) vendor=kvm_amd ;; *" vmx "*) vendor=kvm_intel ;; esac',
  "  break",
  "done </proc/cpuinfo",
];

/** Loads the modules, now and at each boot; on x86 with guests that may have a /dev/kvm of their own. */
export function modulesStep({ architecture }: HostSystem): Step {
  const loadAll = `for one in ${modules.join(" ")}; do modprobe $one; done`;
  const loaded = `for one in ${modules.join(" ")}; do has_module $one || return; done`;
  const why = "the kernel's part of virtual machines and their networks, and KVM inside of guests";
  // Because KVM is a part of the kernel there, without a module and without nesting.
  if (architecture === "arm64") return { name: "modules", why, files: [list], check: [loaded], apply: [loadAll] };
  return {
    name: "modules",
    why,
    files: [list, nested],
    check: [
      loaded,
      ...findVendor,
      "[ -n \"$vendor\" ] || { needed 'the processor offers neither svm nor vmx'; return; }",
      "has_module $vendor || return",
      "value=",
      "[ ! -e /sys/module/$vendor/parameters/nested ] || read -r value </sys/module/$vendor/parameters/nested",
      'case $value in [1Y]*) ;; *) needed "$vendor does not nest" ;; esac',
    ],
    apply: [
      loadAll,
      ...findVendor,
      "[ -n \"$vendor\" ] || { echo 'Virtualisation is switched off in the firmware, or this machine type has none.'; return 1; }",
      "modprobe $vendor",
      "case $(cat /sys/module/$vendor/parameters/nested) in [1Y]*) ;; *) modprobe -r $vendor && modprobe $vendor ;; esac",
    ],
  };
}

/** Lets the host forward packets of its guests, and keeps its own filters off what only crosses a bridge. */
export function sysctlStep({ vxlans = [] }: HypervisorRequest): Step {
  const exact = [
    ["net/ipv4/ip_forward", 1],
    ...["iptables", "ip6tables", "arptables"].map((table) => [`net/bridge/bridge-nf-call-${table}`, 0] as const),
  ] as const;
  // Because each guest of each host may be a neighbour, and the kernel's 1,024 entries are few for that.
  const least =
    vxlans.length === 0
      ? []
      : ([1, 2, 3] as const).map((n) => [`net/ipv4/neigh/default/gc_thresh${n}`, 2048 * 2 ** n] as const);
  const body = [...exact, ...least].map(([key, value]) => `${key.replaceAll("/", ".")} = ${value}\n`).join("");
  return {
    name: "sysctl",
    why: "guests reach the world through the host, and bridges pass what they carry",
    files: [{ path: "/etc/sysctl.d/90-edgecert-kvm.conf", body }],
    settings: [...exact, ...least].map(([key]) => `/proc/sys/${key}`),
    check: [
      ...exact.map(([key, value]) => `value_is /proc/sys/${key} ${value} || return`),
      ...least.map(([key, value]) => `value_reaches /proc/sys/${key} ${value} || return`),
    ],
    apply: [
      ...exact.map(([key, value]) => `echo ${value} >/proc/sys/${key}`),
      ...least.map(([key, value]) => `value_reaches /proc/sys/${key} ${value} || echo ${value} >/proc/sys/${key}`),
    ],
  };
}
