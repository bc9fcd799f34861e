import type { Architecture } from "../../catalog/operating-systems.ts";

/** An operating system that becomes a hypervisor, on one architecture. */
export interface HostSystem {
  /** Such as `debian-12`, `ubuntu-24.04`, `almalinux-9` or `rhel-9`. */
  readonly os: string;
  readonly architecture: Architecture;
}

/** What differs between systems. */
export interface SystemTraits {
  readonly manager: "apt" | "dnf";
  /** What makes a hypervisor, without anything that is only recommended. */
  readonly packages: readonly string[];
  readonly clock: { readonly package: string; readonly unit: string };
  /** How the system runs libvirt if nobody says otherwise. */
  readonly libvirt: "monolithic" | "modular";
  /** Groups whose members may use KVM and libvirt. */
  readonly groups: readonly string[];
}

/** Systems by name, and whether a test of this project has made one a hypervisor on a real machine. */
export const hostSystems: Readonly<Record<string, { readonly family: "debian" | "el"; readonly major: number }>> = {
  "debian-11": { family: "debian", major: 11 },
  "debian-12": { family: "debian", major: 12 },
  "debian-13": { family: "debian", major: 13 },
  "ubuntu-22.04": { family: "debian", major: 22 },
  "ubuntu-24.04": { family: "debian", major: 24 },
  "almalinux-8": { family: "el", major: 8 },
  "almalinux-9": { family: "el", major: 9 },
  "almalinux-10": { family: "el", major: 10 },
  "rhel-8": { family: "el", major: 8 },
  "rhel-9": { family: "el", major: 9 },
  "rhel-10": { family: "el", major: 10 },
};

// The packages follow the documentation of each distribution on KVM; what the test guest and the networks need stands behind.
const debianPackages = {
  amd64: ["qemu-system-x86", "ovmf"],
  arm64: ["qemu-system-arm", "qemu-efi-aarch64"],
};
const debianShared = ["qemu-utils", "libvirt-daemon-system", "libvirt-clients", "dnsmasq-base"];
const debianTools = ["iproute2", "iputils-ping", "kmod", "cpio"];
const elFirmware = { amd64: "edk2-ovmf", arm64: "edk2-aarch64" };
const elTools = ["iproute", "iputils", "kmod", "cpio"];

/** What a system is like; undefined for one that nobody has a recipe for. Pure. */
export function traitsOf({ os, architecture }: HostSystem): SystemTraits | undefined {
  const system = hostSystems[os];
  if (system === undefined) return undefined;
  if (system.family === "debian")
    return {
      manager: "apt",
      packages: [...debianPackages[architecture], ...debianShared, ...debianTools],
      clock: { package: "chrony", unit: "chrony.service" },
      libvirt: "monolithic",
      groups: ["kvm", "libvirt"],
    };
  return {
    manager: "dnf",
    packages: ["qemu-kvm", "qemu-img", "libvirt", "libvirt-client", elFirmware[architecture], ...elTools],
    clock: { package: "chrony", unit: "chronyd.service" },
    // Because from 9 on the distribution starts one daemon per driver.
    libvirt: system.major < 9 ? "monolithic" : "modular",
    groups: ["kvm", "libvirt"],
  };
}
