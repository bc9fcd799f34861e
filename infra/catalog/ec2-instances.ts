import { awsMachines } from "./aws-machines.ts";

/** An EC2 instance type that can be a KVM host. */
export interface Ec2InstanceType {
  readonly name: string;
  /** `nested` needs `cpuOptions.nestedVirtualization`; `metal` is the whole machine. */
  readonly hostClass: "metal" | "nested";
  readonly architecture: "amd64" | "arm64";
  /** `explicit` types are sold as long-term dedicated hosts: used when named, never chosen by us. */
  readonly choice: "automatic" | "explicit";
}

const known = new Map(awsMachines.map((machine) => [machine.name, machine]));
const nestedFamilies = new Set(awsMachines.filter((one) => one.hostClass === "nested").map((one) => family(one.name)));
const metal = /^([a-z0-9-]+)\.metal(-\d+xl)?$/;
const size = /^(\d*x?large|medium)$/;
const arm = /^(a1|[a-z]+\d+g[a-z]*)$/;

/**
 * What an instance type is: from the catalogue, and for types newer than it by the grammar of EC2's names; null where
 * it cannot be a KVM host. Whether a region offers it is for EC2 to say.
 */
export function ec2InstanceType(name: string): Ec2InstanceType | null {
  const found = known.get(name);
  if (found !== undefined) {
    const { hostClass, architecture, state } = found;
    return { name, hostClass, architecture, choice: state === "offered" ? "automatic" : "explicit" };
  }
  if (nestedFamilies.has(family(name)) && size.test(name.slice(name.indexOf(".") + 1)))
    return { name, hostClass: "nested", architecture: "amd64", choice: "automatic" };
  const newer = metal.exec(name)?.[1];
  if (newer === undefined || newer.startsWith("mac")) return null;
  return {
    name,
    hostClass: "metal",
    architecture: arm.test(newer) ? "arm64" : "amd64",
    choice: newer.startsWith("u-") ? "explicit" : "automatic",
  };
}

function family(name: string): string {
  return name.slice(0, name.indexOf("."));
}
