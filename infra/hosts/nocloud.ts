import { type Seed, seedFiles } from "./seed.ts";
import type { ArchiveFile } from "./tar.ts";

/** A server of a cloud image, as its cloud-init is told. */
export interface NoCloudSeed extends Seed {
  /** Unique among servers: cloud-init works once for each. */
  readonly instance: string;
  /** Packages that cloud-init installs before the server counts as ready. */
  readonly packages: readonly string[];
}

/**
 * The three files of cloud-init's NoCloud datasource, saying what the seed says. Format: the documentation of cloud-init;
 * its YAML is written as JSON, which is YAML too. Pure.
 */
export function noCloudFiles(seed: NoCloudSeed): readonly ArchiveFile[] {
  const metaData = { "instance-id": seed.instance, "local-hostname": seed.self.name };
  return [
    text("meta-data", JSON.stringify(metaData)),
    text("network-config", JSON.stringify(networkOf(seed))),
    text("user-data", `#cloud-config\n${JSON.stringify(userData(seed))}`),
  ];
}

function text(path: string, content: string): ArchiveFile {
  return { path, mode: 0o600, content: `${content}\n` };
}

// Because QEMU's user network always offers these addresses: guest .15, gateway .2, name server .3.
function networkOf({ outsideMac, groupMac, self }: Seed) {
  const card = (name: string, mac: string) => ({ match: { macaddress: mac }, "set-name": name });
  const outside = {
    ...card("eth0", outsideMac),
    addresses: ["10.0.2.15/24"],
    routes: [{ to: "0.0.0.0/0", via: "10.0.2.2" }],
    nameservers: { addresses: ["10.0.2.3"] },
  };
  const group = { ...card("eth1", groupMac), addresses: [`${self.address}/24`] };
  return { version: 2, ethernets: { eth0: outside, eth1: group } };
}

// Files of the seed that cloud-init has words of its own for.
const authorities = "usr/local/share/ca-certificates/";
const saidOtherwise = [
  ...[
    "etc/hostname",
    "etc/machine-id",
    "etc/edgecert/",
    "etc/ssh/ssh_host_",
    "root/.ssh/authorized_keys",
    "etc/ssl/certs/",
  ],
  authorities,
];

function userData(seed: NoCloudSeed) {
  const { self, loginKey, groupKey, packages } = seed;
  const files = seedFiles(seed);
  const trusted = files.filter(({ path }) => path.startsWith(authorities)).map(({ content }) => content);
  const written = files.filter(({ path }) => !saidOtherwise.some((prefix) => path.startsWith(prefix)));
  return {
    manage_etc_hosts: false,
    locale: false,
    disable_root: false,
    ssh_pwauth: false,
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: self.hostKey.privateKey, ed25519_public: self.hostKey.publicKey },
    ssh_authorized_keys: [loginKey, groupKey.publicKey],
    // Because a list without a word for the default account keeps cloud-init from making one.
    users: [{ name: "root" }],
    apt: { preserve_sources_list: true },
    ...(trusted.length === 0 ? {} : { ca_certs: { trusted } }),
    write_files: written.map(({ path, mode, content }) => ({
      ...{ path: `/${path}`, content, owner: "root:root", permissions: `0${mode.toString(8)}` },
    })),
    ...(packages.length === 0 ? {} : { package_update: true, packages }),
  };
}
