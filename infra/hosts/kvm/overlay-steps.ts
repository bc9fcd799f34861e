import { quoted } from "../../ssh/transfer-script.ts";
import type { Vlan, Vxlan } from "./request.ts";
import type { HostFile, Step } from "./step.ts";

/** Makes a bridge on a VLAN: a device on top of the one that carries it, which itself is not touched. */
export function vlanStep({ id, bridge, device }: Vlan): Step {
  const link = `edgevl${id}`;
  return overlayStep({
    ...{ name: `vlan-${id}`, why: `guests on ${bridge} are in VLAN ${id}`, bridge, link, device },
    up: [`ip link add link "$carrier" name ${link} type vlan id ${id}`],
  });
}

/** What an outer header of VXLAN over IPv4 takes of each packet, by RFC 7348, in bytes. */
const vxlanOverhead = 50;

/**
 * Makes a bridge on a VXLAN that knows its peers by address: frames for all are sent to each of them, as clouds carry no
 * multicast.
 */
export function vxlanStep({ id, bridge, device, port = 4789 }: Vxlan, peers: readonly string[]): Step {
  const link = `edgevx${id}`;
  const flood = (peer: string) => `bridge fdb append 00:00:00:00:00:00 dev ${link} dst ${peer}`;
  return overlayStep({
    ...{
      name: `vxlan-${id}`,
      why: `guests on ${bridge} are in VXLAN ${id} with those of the other hosts`,
      bridge,
      link,
      device,
    },
    up: [
      'read -r mtu <"/sys/class/net/$carrier/mtu"',
      `ip link add ${link} type vxlan id ${id} dev "$carrier" dstport ${port}`,
      `ip link set ${link} mtu $((mtu - ${vxlanOverhead}))`,
      ...peers.map(flood),
    ],
  });
}

interface Overlay {
  readonly name: string;
  readonly why: string;
  readonly bridge: string;
  /** Device between the carrier and the bridge. */
  readonly link: string;
  readonly device: string | undefined;
  /** Makes the link on top of `$carrier`. */
  readonly up: readonly string[];
}

function overlayStep(overlay: Overlay): Step {
  const { name, why, bridge, link } = overlay;
  const script = scriptOf(overlay);
  const unit = `edgecert-${name}.service`;
  return {
    name,
    why,
    files: [script, unitOf(overlay, script)],
    check: [
      `[ -e /sys/class/net/${bridge}/brif/${link} ] || { needed '${link} is not on ${bridge}'; return; }`,
      `[ -e /etc/systemd/system/multi-user.target.wants/${unit} ] || needed '${bridge} is not made at boot'`,
    ],
    apply: [
      // Because a bridge of an administrator's may be the way to this host.
      `if [ -e /sys/class/net/${bridge} ] && [ "$(cat /sys/class/net/${bridge}/ifalias)" != edgecert ]; then`,
      `  echo 'A device ${bridge} is there, and is not ours: ask for a bridge of another name.'`,
      "  return 1",
      "fi",
      "systemctl daemon-reload",
      `systemctl restart ${unit}`,
    ],
    guard: { undo: [`systemctl stop ${unit}`], keep: [`systemctl -q enable ${unit}`] },
  };
}

function scriptOf({ name, bridge, link, device, up }: Overlay): HostFile {
  const carrier =
    device === undefined
      ? "$(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)"
      : quoted(device);
  const body = [
    "set -eu",
    "PATH=$PATH:/usr/sbin:/sbin",
    `if [ "$1" = down ]; then`,
    `  ip link delete ${link} 2>/dev/null || :`,
    `  [ "$(cat /sys/class/net/${bridge}/ifalias 2>/dev/null)" != edgecert ] || ip link delete ${bridge}`,
    "  exit",
    "fi",
    `carrier=${carrier}`,
    ...up,
    `ip link add ${bridge} type bridge`,
    `ip link set ${bridge} alias edgecert`,
    `ip link set ${link} master ${bridge} up`,
    `ip link set ${bridge} up`,
  ];
  return { path: `/usr/local/lib/edgecert/${name}`, body: `${body.join("\n")}\n` };
}

function unitOf({ name, why }: Overlay, script: HostFile): HostFile {
  const lines = [
    ...["[Unit]", `Description=${why}`, "Wants=network-online.target", "After=network-online.target", ""],
    ...["[Service]", "Type=oneshot", "RemainAfterExit=yes"],
    // Because this one also runs where the start failed half-way.
    ...[`ExecStart=/bin/sh ${script.path} up`, `ExecStopPost=/bin/sh ${script.path} down`],
    ...["", "[Install]", "WantedBy=multi-user.target"],
  ];
  return { path: `/etc/systemd/system/edgecert-${name}.service`, body: `${lines.join("\n")}\n` };
}
