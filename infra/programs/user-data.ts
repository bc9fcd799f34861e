import * as pulumi from "@pulumi/pulumi";
import { InfraError } from "../failure.ts";
import type { ClusterArgs, HostKey } from "./edge-cluster.ts";
import { hostKeyCount } from "./failures.ts";

/** Epoch seconds after which a host powers itself off; overwritten over SSH when a cluster is renewed. */
export const expiryFile = "/etc/edgecert/expires-at";

/** What a host does with itself on its first boot. */
export interface FirstBoot {
  readonly hostname: string;
  readonly hostKey: { readonly publicKey: string; readonly privateKey: string };
  /** UTC time of the host powering itself off; null where that would not end its cost. */
  readonly powerOffAt: string | null;
}

/** A host to create: its name and its key. */
export interface NamedKey {
  readonly hostname: string;
  readonly hostKey: HostKey;
}

/** The hosts of a cluster, named `<cluster>-1`, `<cluster>-2`. Throws an InfraError unless each has a key of its own. */
export function namedKeys(cluster: string, args: ClusterArgs): NamedKey[] {
  const distinct = new Set(args.hostKeys.map((key) => key.publicKey)).size;
  if (distinct !== args.count || args.hostKeys.length !== args.count)
    throw new InfraError(hostKeyCount(args.count, distinct));
  return args.hostKeys.map((hostKey, index) => ({ hostname: `${cluster}-${index + 1}`, hostKey }));
}

/** Cloud-init's cloud-config for a host, secret because it holds the private host key. */
export function userData({ hostname, hostKey }: NamedKey, powerOffAt: string | null): pulumi.Output<string> {
  const { publicKey } = hostKey;
  return pulumi
    .secret(hostKey.privateKey)
    .apply((privateKey) => cloudConfig({ hostname, hostKey: { publicKey, privateKey }, powerOffAt }));
}

/** Cloud-init's cloud-config as text; JSON, which is YAML. */
export function cloudConfig({ hostname, hostKey, powerOffAt }: FirstBoot): string {
  const expiry = powerOffAt === null ? {} : expiryTimer(powerOffAt);
  return `#cloud-config\n${JSON.stringify(
    {
      hostname,
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
      ssh_pwauth: false,
      ...expiry,
    },
    null,
    1,
  )}\n`;
}

function expiryTimer(powerOffAt: string) {
  const seconds = Math.floor(Date.parse(powerOffAt) / 1000);
  const unit = "/etc/systemd/system/edgecert-expiry";
  // Asked every minute rather than at one time, because a metal host may boot after its expiry; a missing or damaged
  // file makes the comparison fail, which powers off: the safe side is the one that stops the cost.
  // Twice $ and % because systemd reads them first.
  const check = `/bin/sh -c '[ "$$(date -u +%%s)" -lt "$$(cat ${expiryFile})" ] || systemctl poweroff'`;
  return {
    write_files: [
      { path: expiryFile, content: `${seconds}\n` },
      { path: `${unit}.service`, content: `[Service]\nType=oneshot\nExecStart=${check}\n` },
      {
        path: `${unit}.timer`,
        content: "[Timer]\nOnBootSec=1min\nOnUnitActiveSec=1min\n\n[Install]\nWantedBy=timers.target\n",
      },
    ],
    runcmd: [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "edgecert-expiry.timer"],
    ],
  };
}
