import type { HostFile, Step } from "./step.ts";

/** A VLAN on a host's only interface, and the host's address in it. */
export interface PrivateVlan {
  /** 1 to 4094. */
  readonly id: number;
  /** IPv4 address with the length of its network, such as `10.70.0.2/22`. */
  readonly address: string;
}

const device = "edgecert-vlan";
const unitName = "edgecert-private-vlan.service";

/**
 * Brings up a host's interface in a private VLAN, now and at every boot, whatever its distribution: Scaleway's Elastic Metal
 * carries private networks as VLANs that the operating system does not know of ("How to use Private Networks with Elastic
 * Metal servers"). A device that has the address already keeps it.
 */
export function privateVlanStep(vlan: PrivateVlan): Step {
  const { address } = vlan;
  const script = scriptOf(vlan);
  return {
    name: "private-vlan",
    why: "hosts of one cluster reach each other by their private network",
    files: [script, unitOf(script)],
    check: [
      `ip -4 -o addr show | grep -qF ' ${address} ' || { needed 'no device has ${address}'; return; }`,
      `[ -e /etc/systemd/system/multi-user.target.wants/${unitName} ] || needed '${device} is not made at boot'`,
    ],
    apply: ["systemctl daemon-reload", `systemctl restart ${unitName}`],
    guard: { undo: [`systemctl stop ${unitName}`], keep: [`systemctl -q enable ${unitName}`] },
  };
}

function scriptOf({ id, address }: PrivateVlan): HostFile {
  const body = [
    "set -eu",
    "PATH=$PATH:/usr/sbin:/sbin",
    `if [ "$1" = down ]; then`,
    `  ip link delete ${device} 2>/dev/null || :`,
    "  exit",
    "fi",
    // Because an administrator may have set it up in the distribution's own way.
    `if ip -4 -o addr show | grep -qF ' ${address} '; then exit; fi`,
    "carrier=$(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)",
    `ip link add link "$carrier" name ${device} type vlan id ${id}`,
    `ip addr add ${address} dev ${device}`,
    `ip link set ${device} up`,
  ];
  return { path: "/usr/local/lib/edgecert/private-vlan", body: `${body.join("\n")}\n` };
}

function unitOf({ path }: HostFile): HostFile {
  const lines = [
    ...["[Unit]", "Description=private network of the cluster"],
    ...["Wants=network-online.target", "After=network-online.target", ""],
    ...["[Service]", "Type=oneshot", "RemainAfterExit=yes"],
    // Because this one also runs where the start failed half-way.
    ...[`ExecStart=/bin/sh ${path} up`, `ExecStopPost=/bin/sh ${path} down`],
    ...["", "[Install]", "WantedBy=multi-user.target"],
  ];
  return { path: `/etc/systemd/system/${unitName}`, body: `${lines.join("\n")}\n` };
}
