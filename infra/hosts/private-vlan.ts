import type { Connection } from "../ssh/connection.ts";
import { quoted } from "../ssh/transfer-script.ts";

/** A VLAN on a host's only interface, and the host's address in it. */
export interface PrivateVlan {
  /** 1 to 4094. */
  readonly id: number;
  /** IPv4 address with the length of its network, such as `10.70.0.2/22`. */
  readonly address: string;
}

/** How long a host may take for it, in milliseconds. */
const joinMs = 60_000;

/**
 * Brings up a host's interface in a private VLAN, now and at every boot, whatever its distribution: Scaleway's Elastic Metal
 * carries private networks as VLANs that the operating system does not know of ("How to use Private Networks with Elastic
 * Metal servers"). Nothing is done where the host has the address already. Needs root, or sudo without a password.
 */
export async function joinPrivateVlan(connection: Connection, vlan: PrivateVlan, signal: AbortSignal): Promise<void> {
  const script = vlanScript(vlan);
  const asRoot = connection.address.user === "root" ? script : `exec sudo -n sh -c ${quoted(script)}`;
  await connection.must(asRoot, { signal, timeoutMs: joinMs });
}

const program = "/usr/local/sbin/edgecert-private-vlan";
const unit = "/etc/systemd/system/edgecert-private-vlan.service";

/** The shell script that does it. */
export function vlanScript({ id, address }: PrivateVlan): string {
  const bringUp = [
    "#!/bin/sh",
    "set -eu",
    "device=$(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)",
    `ip link show edgecert-vlan >/dev/null 2>&1 || ip link add link "$device" name edgecert-vlan type vlan id ${id}`,
    `ip addr replace ${address} dev edgecert-vlan`,
    "ip link set edgecert-vlan up",
  ];
  const service = [
    "[Unit]\nWants=network-online.target\nAfter=network-online.target\n",
    `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${program}\n`,
    "[Install]\nWantedBy=multi-user.target",
  ];
  return [
    "set -eu",
    `if ip -4 -o addr show | grep -qF ' ${address} '; then exit 0; fi`,
    `cat > ${program} <<'end-of-program'\n${bringUp.join("\n")}\nend-of-program`,
    `chmod 755 ${program}`,
    `cat > ${unit} <<'end-of-unit'\n${service.join("\n")}\nend-of-unit`,
    "systemctl daemon-reload",
    "systemctl enable --quiet edgecert-private-vlan.service",
    "systemctl restart edgecert-private-vlan.service",
  ].join("\n");
}
