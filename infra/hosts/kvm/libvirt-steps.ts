import { quoted } from "../../ssh/transfer-script.ts";
import { type HypervisorRequest, natBridge } from "./request.ts";
import type { Step } from "./step.ts";
import type { SystemTraits } from "./system.ts";

const drivers = ["qemu", "network", "nodedev", "nwfilter", "secret", "storage", "interface", "proxy"];
const modular = drivers.map((driver) => `virt${driver}d`);

/** Runs libvirt as one daemon or as one per driver; a daemon that already runs in that way is left as it was set up. */
export function libvirtStep({ libvirt = "auto" }: HypervisorRequest, traits: SystemTraits): Step {
  const shape = libvirt === "auto" ? traits.libvirt : libvirt;
  const wanted = shape === "monolithic" ? ["libvirtd"] : ["virtqemud", "virtnetworkd"];
  const [other, all] = shape === "monolithic" ? [modular, ["libvirtd"]] : [["libvirtd"], modular];
  const rival = shape === "monolithic" ? "virtqemud" : "libvirtd";
  // Because masked sockets of the other kind cannot take over what is asked for by the same path.
  const units = (daemons: readonly string[]) =>
    daemons.flatMap((one) => ["", "-ro", "-admin"].map((end) => `${one}${end}.socket`)).join(" ");
  return {
    name: "libvirt",
    why: `${shape === "monolithic" ? "one daemon for all of libvirt" : "one daemon of libvirt per driver"}, started when it is asked`,
    files: [],
    check: [
      ...wanted.map((one) => `runs ${one}.socket ${one}.service || { needed '${one} does not run'; return; }`),
      ...wanted.map(
        (one) => `starts ${one}.socket ${one}.service || { needed '${one} does not start at boot'; return; }`,
      ),
      `! runs ${rival}.socket ${rival}.service || needed '${rival} runs in its place'`,
    ],
    apply: [
      `for one in ${other.join(" ")}; do`,
      "  if systemctl cat $one.service >/dev/null 2>&1; then",
      "    systemctl disable --now $one.socket $one-ro.socket $one-admin.socket $one.service 2>/dev/null || :",
      "  fi",
      "done",
      `systemctl unmask ${units(all)} 2>/dev/null || :`,
      "forget",
      // Because a socket cannot be started beside a service that already runs without it.
      ...all.flatMap((one) => [
        `systemctl enable ${one}.socket ${one}-ro.socket ${one}-admin.socket`,
        `runs ${one}.service ${one}.socket || systemctl start ${one}.socket ${one}-ro.socket ${one}-admin.socket`,
      ]),
    ],
  };
}

/** Name of the network in libvirt. */
export const networkName = "edgecert";

const folder = "/etc/libvirt/qemu/networks";
const definition = `${folder}/${networkName}.xml`;
/** What was asked for last, in our words: libvirt writes its own. */
const copy = "/var/lib/edgecert/host/network.xml";

/** Makes a bridge whose guests get addresses by DHCP and reach the world by address translation, run by libvirt. */
export function bridgeStep({ bridge = {} }: HypervisorRequest): Step {
  const { name, netmask, host, first, last } = natBridge(bridge);
  const xml = [
    `<network><name>${networkName}</name><forward mode="nat"/><bridge name="${name}" stp="off" delay="0"/>`,
    `<ip address="${host}" netmask="${netmask}"><dhcp><range start="${first}" end="${last}"/></dhcp></ip></network>`,
  ].join("");
  const virsh = "virsh -q -c qemu:///system";
  return {
    name: "bridge",
    why: "guests reach the world, and the host reaches them, while its own network stays as it is",
    files: [],
    check: [
      `[ "$(cat ${copy} 2>/dev/null)" = ${quoted(xml)} ] || { needed 'the network ${networkName} is not as asked'; return; }`,
      `[ -d /sys/class/net/${name}/bridge ] || { needed 'there is no bridge ${name}'; return; }`,
      `[ -e ${folder}/autostart/${networkName}.xml ] || needed 'the network ${networkName} does not start at boot'`,
    ],
    apply: [
      `if [ ! -e ${copy} ] && { [ -e ${definition} ] || [ -e /sys/class/net/${name} ]; }; then`,
      `  echo 'The network ${networkName} or the device ${name} is there, and is not ours: ask for a bridge of another name.'`,
      "  return 1",
      "fi",
      `if [ -e ${definition} ] && [ "$(cat ${copy})" != ${quoted(xml)} ]; then`,
      `  used=$(sed -n 's/.*<bridge name="\\([^"]*\\)".*/\\1/p' ${copy})`,
      '  if [ -n "$(ls "/sys/class/net/$used/brif" 2>/dev/null)" ]; then',
      '    echo "Guests are on $used: it changes once they are gone."',
      "    return 1",
      "  fi",
      `  ${virsh} net-destroy ${networkName} || :`,
      `  ${virsh} net-undefine ${networkName}`,
      "fi",
      "mkdir -p /var/lib/edgecert/host",
      `printf %s ${quoted(xml)} >${copy}`,
      `[ -e ${definition} ] || ${virsh} net-define ${copy}`,
      `[ -d /sys/class/net/${name}/bridge ] || ${virsh} net-start ${networkName}`,
    ],
    guard: {
      undo: [`${virsh} net-destroy ${networkName} || :`, `${virsh} net-undefine ${networkName} && rm -f ${copy}`],
      keep: [`${virsh} net-autostart ${networkName}`],
    },
  };
}
