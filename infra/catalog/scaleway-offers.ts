import * as z from "zod";
import type { MachineType } from "./machine-type.ts";
import file from "./scaleway-offers.json" with { type: "json" };

const offer = z.object({
  name: z.string(),
  cpu: z.string(),
  threads: z.int(),
  memoryGiB: z.number(),
  disks: z.array(z.object({ count: z.int(), gigabytes: z.number(), kind: z.enum(["nvme", "ssd", "hdd"]) })),
  gpus: z.array(z.object({ count: z.int(), model: z.string() })).default([]),
  networkGbps: z.number(),
  eurPerHour: z.number(),
  privateNetworkEurPerHour: z.number(),
  cloudInit: z.boolean(),
  stock: z.enum(["available", "low", "empty"]),
  /** The list that price and stock were read in. */
  listed: z.enum(["2026", "2025"]).default("2026"),
  in: z.array(z.string()),
});

/**
 * Elastic Metal offers by the hour: sources and their dates stand in `scaleway-offers.json`. The network is the one among
 * servers, the same interface as the public one, which has 0.5 or 1 Gbit/s. Offers without cloud-init cannot be given our
 * host keys.
 */
export const scalewayMachines: readonly MachineType[] = z
  .array(offer)
  .parse(file.offers)
  .map((known) => ({
    provider: "scaleway",
    name: known.name,
    hostClass: "metal",
    architecture: "amd64",
    cpu: known.cpu,
    cores: known.threads,
    memoryGiB: known.memoryGiB,
    disks: known.disks,
    gpus: known.gpus,
    networkGbps: known.networkGbps,
    price: {
      currency: "EUR",
      perHour: known.eurPerHour,
      privateNetworkPerHour: known.privateNetworkEurPerHour,
      ...file.lists[known.listed],
    },
    stock: known.stock,
    locations: known.in,
    state: known.cloudInit ? "offered" : "unsuitable",
    original: false,
  }));

/** Names of the offers that can be hosts of ours. */
export const scalewayOffers: readonly string[] = scalewayMachines
  .filter(({ state }) => state === "offered")
  .map(({ name }) => name);
