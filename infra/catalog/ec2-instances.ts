/** An EC2 instance type that can be a KVM host. */
export interface Ec2InstanceType {
  readonly name: string;
  /** `nested` needs `cpuOptions.nestedVirtualization`; `metal` is the whole machine. */
  readonly hostClass: "metal" | "nested";
  readonly architecture: "amd64" | "arm64";
  /** `explicit` types are sold as long-term dedicated hosts: used when named, never chosen by us. */
  readonly choice: "automatic" | "explicit";
}

/** The instance types that the original system offered in July 2020; the EC2 API still knows all of them. */
export const originalEc2Types = [
  "m5dn.metal",
  "u-12tb1.metal",
  "i3.metal",
  "m5n.metal",
  "u-6tb1.metal",
  "u-9tb1.metal",
  "u-18tb1.metal",
  "r5dn.metal",
  "r5n.metal",
  "u-24tb1.metal",
  "c5.metal",
  "i3en.metal",
  "r5.metal",
  "r5d.metal",
  "m5.metal",
  "c5d.metal",
  "g4dn.metal",
  "m5d.metal",
  "z1d.metal",
  "c5n.metal",
] as const;

const metal = /^([a-z0-9-]+)\.metal(-\d+xl)?$/;
// Only these Intel families offer nested virtualisation (announced 12 February 2026).
const nested = /^[cmr]8id?(-flex)?\.(?!metal)[a-z0-9]+$/;
const arm = /^(a1|[a-z]+\d+g[a-z]*)$/;

/**
 * What an instance type is, by the grammar of EC2's names rather than by a list that ages; null where it cannot be a
 * KVM host. Whether a region offers it is for EC2 to say.
 */
export function ec2InstanceType(name: string): Ec2InstanceType | null {
  if (nested.test(name)) return { name, hostClass: "nested", architecture: "amd64", choice: "automatic" };
  const family = metal.exec(name)?.[1];
  if (family === undefined || family.startsWith("mac")) return null;
  return {
    name,
    hostClass: "metal",
    architecture: arm.test(family) ? "arm64" : "amd64",
    choice: family.startsWith("u-") ? "explicit" : "automatic",
  };
}
