import type { Disks, MachineType } from "./machine-type.ts";

/**
 * The plans that the original system offered in July 2020, each with the slug that the API knew it by, and as Packet
 * listed it then: physical cores doubled where they had hyper-threading.
 */
const plans: readonly (readonly [name: string, slug: string, cores: number, memoryGiB: number, ...disks: Disk[]])[] = [
  ["t1.small.x86", "baremetal_0", 4, 8, [1, 80, "ssd"]],
  ["c1.small.x86", "baremetal_1", 8, 32, [2, 120, "ssd"]],
  ["x1.small.x86", "baremetal_1e", 8, 32, [1, 240, "ssd"]],
  ["m1.xlarge.x86", "baremetal_2", 48, 256, [6, 480, "ssd"]],
  ["c1.xlarge.x86", "baremetal_3", 32, 128, [1, 1600, "nvme"]],
  ["s1.large.x86", "baremetal_s", 32, 128, [12, 2000, "hdd"], [2, 480, "ssd"]],
  ["c3.small.x86", "c3.small.x86", 16, 32, [2, 480, "ssd"]],
  ["c3.medium.x86", "c3.medium.x86", 48, 64, [2, 240, "ssd"], [2, 480, "ssd"]],
  ["m3.large.x86", "m3.large.x86", 64, 256, [2, 240, "ssd"], [2, 3800, "nvme"]],
  ["s3.xlarge.x86", "s3.xlarge.x86", 48, 192, [12, 8000, "hdd"], [2, 480, "ssd"]],
  ["c2.medium.x86", "c2.medium.x86", 48, 64, [2, 120, "ssd"], [2, 480, "ssd"]],
  ["m2.xlarge.x86", "m2.xlarge.x86", 56, 384, [2, 120, "ssd"], [1, 3800, "nvme"]],
  ["n2.xlarge.x86", "n2.xlarge.x86", 56, 384, [2, 240, "ssd"], [1, 3800, "nvme"]],
  ["x2.xlarge.x86", "x2.xlarge.x86", 56, 384, [2, 120, "ssd"], [1, 3800, "nvme"]],
  ["g2.large.x86", "g2.large.x86", 56, 192, [2, 120, "ssd"], [1, 480, "ssd"]],
];

type Disk = readonly [count: number, gigabytes: number, kind: Disks["kind"]];

/** Every plan: withdrawn, because the service ended on 30 June 2026. */
export const equinixMachines: readonly MachineType[] = plans.map(([name, , cores, memoryGiB, ...disks]) => ({
  provider: "equinix-metal",
  name,
  hostClass: "metal",
  architecture: "amd64",
  cpu: null,
  cores,
  memoryGiB,
  disks: disks.map(([count, gigabytes, kind]) => ({ count, gigabytes, kind })),
  gpus: name === "g2.large.x86" ? [{ count: 2, model: "NVIDIA V100" }] : [],
  networkGbps: null,
  price: null,
  stock: null,
  locations: [],
  state: "withdrawn",
  original: true,
}));

/** Names of the plans that could be ordered. */
export const equinixPlans: readonly string[] = plans.map(([name]) => name);

/** The API's slug of a plan, which may be named by its slug too; null for a plan that never was. */
export function equinixPlanSlug(plan: string): string | null {
  return plans.find(([name, slug]) => name === plan || slug === plan)?.[1] ?? null;
}

/** The API's slug of an operating system: `debian-12` is `debian_12`, `almalinux-9` is `alma_9`. */
export function equinixSystemSlug(os: string): string {
  return os.replace(/^almalinux-/, "alma-").replaceAll(/[-.]/g, "_");
}
