import { ec2Image, ec2OperatingSystems } from "./ec2-images.ts";
import type { Renter } from "./machine-type.ts";
import { scalewayImage, scalewayOperatingSystems } from "./scaleway-images.ts";

/** An operating system that hosts at a provider can have. */
export interface HostSystem {
  readonly provider: Renter;
  /** Such as `debian-12`. */
  readonly os: string;
  /** User that the login key is given to. */
  readonly user: string;
  /** `withdrawn`: its publisher or the provider gave it up, and no program of ours looks for it. */
  readonly state: "offered" | "withdrawn";
  /** Whether the original system of 2020 offered it for hosts. */
  readonly original: boolean;
}

/** Host operating systems of the original, at both of its providers. */
const original = ["centos-7", "ubuntu-16.04", "ubuntu-18.04"];
/** What Equinix Metal had beside them when it ended. */
const lastOfEquinixMetal = [
  ...["debian-11", "debian-12", "ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04"],
  ...["almalinux-8", "almalinux-9", "rocky-8", "rocky-9"],
];

/** Every operating system of hosts, of the original and of today. */
export const hostSystems: readonly HostSystem[] = [
  ...original.map((os) => withdrawn("aws", os, os.startsWith("centos") ? "centos" : "ubuntu")),
  ...ec2OperatingSystems.map((os) => offered("aws", os, ec2Image(os, "amd64")?.user ?? "")),
  ...[...original, ...lastOfEquinixMetal].map((os) => withdrawn("equinix-metal", os, "root")),
  ...scalewayOperatingSystems.map((os) => offered("scaleway", os, scalewayImage(os)?.user ?? "")),
];

function offered(provider: Renter, os: string, user: string): HostSystem {
  return { provider, os, user, state: "offered", original: false };
}

function withdrawn(provider: Renter, os: string, user: string): HostSystem {
  return { provider, os, user, state: "withdrawn", original: original.includes(os) };
}

/** What a cluster was, or is, made of where nobody says anything else. */
export interface HostDefault {
  readonly provider: Renter;
  /** `original`: of the system of 2020; `today`: what comes nearest to it and can be had. */
  readonly of: "original" | "today";
  /** Null where the original named none. */
  readonly machine: string | null;
  readonly location: string;
  readonly os: string | null;
}

/** Defaults of each provider. Packet had no default but the place at which the original was measured: Amsterdam. */
export const hostDefaults: readonly HostDefault[] = [
  { provider: "aws", of: "original", machine: "i3.metal", location: "us-east-1", os: "ubuntu-18.04" },
  { provider: "aws", of: "today", machine: "i3en.metal", location: "us-east-1", os: "ubuntu-24.04" },
  { provider: "equinix-metal", of: "original", machine: null, location: "am", os: null },
  { provider: "scaleway", of: "today", machine: "EM-B520E-NVME", location: "nl-ams-1", os: "ubuntu-24.04" },
];
