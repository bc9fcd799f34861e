import { defaultSshPort } from "./edge-cluster.ts";

/** Epoch seconds after which a host powers itself off; overwritten over SSH when a cluster is renewed. */
export const expiryFile = "/etc/edgecert/expires-at";

/** What a host does with itself on its first boot, but for its name and key. */
export interface Habits {
  /** UTC time of the host powering itself off; null where that would not end its cost. */
  readonly powerOffAt: string | null;
  /** Port that sshd listens at beside 22. */
  readonly sshPort: number;
}

/** All that a host is told for its first boot. */
export interface FirstBoot extends Habits {
  readonly hostname: string;
  readonly hostKey: { readonly publicKey: string; readonly privateKey: string };
}

/** Cloud-init's cloud-config as text; JSON, which is YAML. */
export function cloudConfig({ hostname, hostKey, powerOffAt, sshPort }: FirstBoot): string {
  const parts = [
    ...(powerOffAt === null ? [] : [expiryTimer(powerOffAt)]),
    ...(sshPort === defaultSshPort ? [] : [listeningAt(sshPort)]),
  ];
  const files = parts.flatMap((part) => part.files);
  const commands = parts.flatMap((part) => part.commands);
  return `#cloud-config\n${JSON.stringify(
    {
      hostname,
      ssh_deletekeys: true,
      // Because a configuration that is set from a file loses its last line feed, without which sshd reads no key.
      ssh_keys: { ed25519_private: `${hostKey.privateKey.trimEnd()}\n`, ed25519_public: hostKey.publicKey },
      ssh_pwauth: false,
      ...(files.length === 0 ? {} : { write_files: files }),
      ...(commands.length === 0 ? {} : { runcmd: commands }),
    },
    null,
    1,
  )}\n`;
}

/** Files and commands of one habit. */
interface Part {
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly commands: readonly (readonly string[])[];
}

/** sshd at a second port. Files are written before it starts, so that most systems need no restart. */
function listeningAt(port: number): Part {
  const ports = `Port ${defaultSshPort}\nPort ${port}\n`;
  const script = [
    // OpenSSH 8.0, as in AlmaLinux 8, has no drop-in folder; at the beginning, because the end may belong to a Match.
    `grep -qi '^include .*sshd_config[.]d' /etc/ssh/sshd_config || sed -i '1i Port ${defaultSshPort}\\nPort ${port}' /etc/ssh/sshd_config`,
    // SELinux lets sshd listen at its own ports only.
    `if command -v semanage; then semanage port -a -t ssh_port_t -p tcp ${port} || true; fi`,
    // Ubuntu's sshd is started by a socket, which a generator makes of sshd's configuration.
    "systemctl daemon-reload",
    "for unit in ssh.socket ssh.service sshd.service; do systemctl try-restart $unit || true; done",
  ];
  return {
    files: [{ path: "/etc/ssh/sshd_config.d/10-edgecert.conf", content: ports }],
    commands: [["sh", "-c", script.join("\n")]],
  };
}

/** The host powers itself off when its time is over. */
function expiryTimer(powerOffAt: string): Part {
  const seconds = Math.floor(Date.parse(powerOffAt) / 1000);
  const unit = "/etc/systemd/system/edgecert-expiry";
  // Asked every minute rather than at one time, because a metal host may boot after its expiry; a missing or damaged
  // file makes the comparison fail, which powers off: the safe side is the one that stops the cost.
  // Twice $ and % because systemd reads them first.
  const check = `/bin/sh -c '[ "$$(date -u +%%s)" -lt "$$(cat ${expiryFile})" ] || systemctl poweroff'`;
  return {
    files: [
      { path: expiryFile, content: `${seconds}\n` },
      { path: `${unit}.service`, content: `[Service]\nType=oneshot\nExecStart=${check}\n` },
      {
        path: `${unit}.timer`,
        content: "[Timer]\nOnBootSec=1min\nOnUnitActiveSec=1min\n\n[Install]\nWantedBy=timers.target\n",
      },
    ],
    commands: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "edgecert-expiry.timer"],
    ],
  };
}
