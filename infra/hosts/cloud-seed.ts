import { cardSlots } from "./qemu-arguments.ts";
import type { ArchiveFile } from "./tar.ts";

/** What a machine is told as a cloud tells it: user data and a login key by cloud-init, cables by its firmware. */
export interface CloudSeed {
  /** Unique among machines: cloud-init works once for each. */
  readonly instance: string;
  /** Cloud-init's configuration, byte for byte. */
  readonly userData: string;
  /** Public key that the account may log in with. */
  readonly loginKey: string;
  /** Account that the publisher of the image gives login keys to; others than `root` may use sudo. */
  readonly account: string;
  /** 32 hex digits. */
  readonly machineId: string;
  /** MAC addresses: towards the outside, and among the machines of one cluster. */
  readonly outsideMac: string;
  readonly groupMac: string;
  /** IPv4 address among the machines of one cluster, with prefix. */
  readonly groupAddress: string;
  /** Files by which it reaches packages as its host does. */
  readonly surroundings: readonly ArchiveFile[];
}

/** Packages that make an image of ours one of a cloud. */
export const cloudPackages: readonly string[] = ["cloud-init", "dbus", "iputils-ping", "libnss-myhostname", "sudo"];

/** Where cloud-init's NoCloud finds its data without a volume. */
const seedFolder = "var/lib/cloud/seed/nocloud";

/**
 * The files of a machine whose image has {@link cloudPackages}: what a publisher puts into an image (account, modules of
 * cloud-init), cables, and the data of cloud-init's NoCloud. Host name, keys and services are left to the user data. Pure.
 */
export function cloudSeedFiles(seed: CloudSeed): readonly ArchiveFile[] {
  // Because QEMU's user network always offers these two addresses: guest .15, gateway .2.
  const network = [
    `${cardSlots.outside} ${seed.outsideMac} 10.0.2.15/24 10.0.2.2`,
    `${cardSlots.group} ${seed.groupMac} ${seed.groupAddress}`,
  ];
  return [
    { path: "etc/machine-id", mode: 0o444, content: `${seed.machineId}\n` },
    { path: "etc/edgecert/network", mode: 0o644, content: `${network.join("\n")}\n` },
    {
      path: "etc/cloud/cloud.cfg.d/90_edgecert.cfg",
      mode: 0o644,
      content: `${JSON.stringify(publisherSettings(seed))}\n`,
    },
    { path: `${seedFolder}/meta-data`, mode: 0o600, content: `${JSON.stringify(metaData(seed))}\n` },
    { path: `${seedFolder}/user-data`, mode: 0o600, content: seed.userData },
    ...seed.surroundings,
  ];
}

function metaData({ instance, loginKey }: CloudSeed) {
  return { "instance-id": instance, "public-keys": [loginKey] };
}

/** The settings of an image. Modules that do nothing for a host are left out: each costs an emulated machine a second. */
function publisherSettings({ account }: CloudSeed) {
  const isRoot = account === "root";
  const sudoer = { name: account, lock_passwd: true, shell: "/bin/bash", sudo: ["ALL=(ALL) NOPASSWD:ALL"] };
  return {
    datasource_list: ["NoCloud"],
    network: { config: "disabled" },
    manage_etc_hosts: false,
    locale: false,
    apt: { preserve_sources_list: true },
    disable_root: !isRoot,
    users: isRoot ? [{ name: "root" }] : ["default"],
    ...(isRoot ? {} : { system_info: { distro: "debian", default_user: sudoer } }),
    cloud_init_modules: ["bootcmd", "write-files", "set_hostname", "update_hostname", "users-groups", "ssh"],
    cloud_config_modules: ["set-passwords", "runcmd"],
    cloud_final_modules: ["package-update-upgrade-install", "scripts-user"],
  };
}
