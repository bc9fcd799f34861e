import { cardSlots } from "./qemu-arguments.ts";
import type { SshKeyPair } from "./ssh-key-pair.ts";
import type { ArchiveFile } from "./tar.ts";

/** One server of a group, as its neighbours know it. */
export interface Member {
  /** Host name, a DNS label. */
  readonly name: string;
  /** IPv4 address on the group's network, without prefix. */
  readonly address: string;
  readonly hostKey: SshKeyPair;
}

/** What a server is told about itself and its group before its services start. */
export interface Seed {
  readonly self: Member;
  /** 32 hex digits. */
  readonly machineId: string;
  /** Every server of the group, this one included. */
  readonly group: readonly Member[];
  /** MAC addresses: towards the outside, and on the group's network. */
  readonly outsideMac: string;
  readonly groupMac: string;
  /** Public key that may log in as root from outside. */
  readonly loginKey: string;
  /** Key pair with which root of each server logs in on the others. */
  readonly groupKey: SshKeyPair;
  /** Files by which it reaches packages as its host does. */
  readonly surroundings: readonly ArchiveFile[];
}

/** The files of a seed, by their paths in the guest: names that resolve, keys that we made, addresses. Pure. */
export function seedFiles(seed: Seed): readonly ArchiveFile[] {
  const { self, group, groupKey } = seed;
  const hosts = ["127.0.0.1 localhost", "::1 localhost", ...group.map((one) => `${one.address} ${one.name}`)];
  const known = group.map((one) => `${one.name},${one.address} ${bare(one.hostKey.publicKey)}`);
  // Because QEMU's user network always offers these two addresses: guest .15, gateway .2.
  const network = [
    `${cardSlots.outside} ${seed.outsideMac} 10.0.2.15/24 10.0.2.2`,
    `${cardSlots.group} ${seed.groupMac} ${self.address}/24`,
  ];
  return [
    { path: "etc/hostname", mode: 0o644, content: `${self.name}\n` },
    { path: "etc/machine-id", mode: 0o444, content: `${seed.machineId}\n` },
    { path: "etc/hosts", mode: 0o644, content: lines(hosts) },
    { path: "etc/edgecert/network", mode: 0o644, content: lines(network) },
    { path: "etc/ssh/ssh_host_ed25519_key", mode: 0o600, content: self.hostKey.privateKey },
    { path: "etc/ssh/ssh_host_ed25519_key.pub", mode: 0o644, content: lines([self.hostKey.publicKey]) },
    { path: "etc/ssh/ssh_known_hosts", mode: 0o644, content: lines(known) },
    { path: "root/.ssh/authorized_keys", mode: 0o600, content: lines([seed.loginKey, groupKey.publicKey]) },
    { path: "root/.ssh/id_ed25519", mode: 0o600, content: groupKey.privateKey },
    { path: "root/.ssh/id_ed25519.pub", mode: 0o644, content: lines([groupKey.publicKey]) },
    ...seed.surroundings,
  ];
}

function bare(publicKey: string): string {
  return publicKey.split(" ").slice(0, 2).join(" ");
}

function lines(content: readonly string[]): string {
  return `${content.join("\n")}\n`;
}
