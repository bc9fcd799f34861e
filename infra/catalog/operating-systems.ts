/** Processors of servers, by Debian's names. */
export type Architecture = "amd64" | "arm64";

/** A guest operating system that this project can bootstrap an image of. */
export interface OperatingSystem {
  /** The name used in cells and requests, such as `debian-12`. */
  readonly name: string;
  /** Debian's suite, such as `bookworm`. */
  readonly suite: string;
  /**
   * Whether mirrors may have dropped it, so that its packages are looked for in the distribution's archive where the
   * mirror does not have them.
   */
  readonly support: "current" | "ended";
}

/** Every operating system that local servers run. Sources: Debian's release names and its calendar of support. */
export const operatingSystems: readonly OperatingSystem[] = [
  { name: "debian-11", suite: "bullseye", support: "ended" },
  { name: "debian-12", suite: "bookworm", support: "current" },
  { name: "debian-13", suite: "trixie", support: "current" },
];

/** The operating system of that name, or undefined where none is known. */
export function operatingSystem(name: string): OperatingSystem | undefined {
  return operatingSystems.find((system) => system.name === name);
}

/** The kernel package of images: the full one, whose modules include `kvm_amd` and `kvm_intel`. */
export function kernelPackage(architecture: Architecture): string {
  return `linux-image-${architecture}`;
}
