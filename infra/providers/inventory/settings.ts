import { z } from "zod";
import { isFeature } from "../../catalog/features.ts";

/** What a request for hosts of an inventory may say beside their number and operating system. */
export const inventorySettings = z.strictObject({
  architecture: z.enum(["amd64", "arm64"]).default("amd64"),
  /** Of each host, as its system counts processors. */
  minCores: z.int().min(1).default(1),
  minMemoryMiB: z.int().min(1).default(1),
  features: z.array(z.string().refine(isFeature, "is not the name of a feature such as gpu")).default([]),
});

/** The settings of a {@link ClusterRequest} for the provider `inventory`. */
export type InventorySettings = z.input<typeof inventorySettings>;
