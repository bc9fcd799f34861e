import * as z from "zod";
import file from "./aws-machines.json" with { type: "json" };
import type { ListPrice, MachineType } from "./machine-type.ts";

/** The instance types that the original system offered in July 2020. */
export const originalEc2Types: readonly string[] = [
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
];

const machine = z.object({
  name: z.string(),
  hostClass: z.enum(["metal", "nested"]),
  architecture: z.enum(["amd64", "arm64"]),
  cores: z.int(),
  memoryGiB: z.number(),
  disks: z.array(z.object({ count: z.int(), gigabytes: z.number() })).default([]),
  gpus: z.array(z.object({ count: z.int(), model: z.string() })).default([]),
  networkGbps: z.number().nullable().default(null),
  usdPerHour: z.exactOptional(z.number()),
  state: z.enum(["offered", "explicit", "withdrawn"]).default("offered"),
  // One of the two, whichever is shorter to write.
  in: z.exactOptional(z.array(z.string())),
  notIn: z.exactOptional(z.array(z.string())),
});

/** Bare metal and nested virtualisation on EC2: sources and their dates stand in `aws-machines.json`. */
export const awsMachines: readonly MachineType[] = z
  .array(machine)
  .parse(file.machines)
  .map(({ usdPerHour, in: only, notIn, disks, ...known }) => ({
    ...known,
    provider: "aws",
    cpu: null,
    // The instance store of every type here is NVMe (EC2's guide to instance store volumes).
    disks: disks.map((disk) => ({ ...disk, kind: "nvme" })),
    stock: null,
    price: usdPerHour === undefined ? null : priceOf(usdPerHour),
    locations: only ?? (notIn === undefined ? [] : file.regions.filter((region) => !notIn.includes(region))),
    original: originalEc2Types.includes(known.name),
  }));

function priceOf(perHour: number): ListPrice {
  const { source, asOf, region } = file.prices;
  return { currency: "USD", perHour, privateNetworkPerHour: 0, location: region, asOf, source };
}
