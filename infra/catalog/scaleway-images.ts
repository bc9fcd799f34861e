/** How an operating system is found among those that Elastic Metal installs. */
export interface ScalewayImage {
  /** Scaleway's words for it. */
  readonly name: string;
  readonly version: string;
  /** User that the login key is given to. */
  readonly user: string;
}

/**
 * Those that take cloud-init, without which a host would have a host key that nobody knows: Scaleway's own list of
 * operating systems in fr-par-2 on 2025-11-30, as recorded by the tests of terraform-provider-scaleway.
 */
const images: Readonly<Record<string, ScalewayImage>> = {
  "centos-7": { name: "CentOS", version: "7", user: "root" },
  "debian-11": { name: "Debian", version: "11 (Bullseye)", user: "root" },
  "debian-12": { name: "Debian", version: "12 (Bookworm)", user: "root" },
  "debian-13": { name: "Debian", version: "13 (Trixie)", user: "root" },
  "rocky-8": { name: "Rocky Linux", version: "8", user: "root" },
  "rocky-9": { name: "Rocky Linux", version: "9", user: "root" },
  "ubuntu-22.04": { name: "Ubuntu", version: "22.04 LTS (Jammy Jellyfish)", user: "ubuntu" },
  "ubuntu-24.04": { name: "Ubuntu", version: "24.04 LTS (Noble Numbat)", user: "ubuntu" },
};

/** Operating systems that can be installed on hosts of ours, such as `debian-12`. */
export const scalewayOperatingSystems: readonly string[] = Object.keys(images);

/** How an operating system is found; null where it is not installed, or not with cloud-init. */
export function scalewayImage(os: string): ScalewayImage | null {
  return images[os] ?? null;
}
