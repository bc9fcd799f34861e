/** A guest operating system that this project can bootstrap an image of. */
export interface OperatingSystem {
  /** The name used in cells and requests, such as `debian-12`. */
  readonly name: string;
  /** Debian's suite, such as `bookworm`. */
  readonly suite: string;
  /** Kernel package: the full one, whose modules include `kvm_amd` and `kvm_intel`. */
  readonly kernelPackage: string;
}

/** Every operating system that local servers run. Sources: Debian's release names. */
export const operatingSystems: readonly OperatingSystem[] = [
  { name: "debian-12", suite: "bookworm", kernelPackage: "linux-image-amd64" },
  { name: "debian-13", suite: "trixie", kernelPackage: "linux-image-amd64" },
];

/** The operating system of that name, or undefined where none is known. */
export function operatingSystem(name: string): OperatingSystem | undefined {
  return operatingSystems.find((system) => system.name === name);
}
