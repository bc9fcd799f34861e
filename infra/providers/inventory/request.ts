import { readFileSync } from "node:fs";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { failureBehind, InfraError } from "../../failure.ts";
import { type InventoryDocument, type InventoryHost, readInventory } from "../../inventory-document.ts";
import { poolNeverFits } from "../../pool/failures.ts";
import type { PoolDemand } from "../../pool/host-pool.ts";
import { inventoryName } from "../../pool/release.ts";
import { neverFitsInventory } from "../../pool/survey.ts";
import type { ClusterEstimate } from "../cluster.ts";
import { badInventorySettings, inventoryUnreadable, inventoryVariable, noInventory } from "./failures.ts";
import { inventorySettings } from "./settings.ts";

/** A look at a host that is up. */
export const secondsToReady = 5;

/** What a request wants of a pool. Throws an InfraError that names every setting that is not understood. */
export function demandFor({ count, settings }: ClusterRequest): PoolDemand {
  const read = inventorySettings.safeParse(settings);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => `${path.join(".") || "settings"}: ${message}`);
    throw new InfraError(badInventorySettings(problems));
  }
  const { architecture, minCores: cores, minMemoryMiB: memoryMiB, features } = read.data;
  const each = { memoryMiB, cores, architecture, features, cpus: "thread", oneNode: false, nestedKvm: false } as const;
  return { kind: "hosts", count, each };
}

/** The hosts of an inventory that have the request's operating system. */
export function hostsFor({ os }: ClusterRequest, { hosts }: InventoryDocument): readonly InventoryHost[] {
  return hosts.filter((host) => host.os === os);
}

/** The inventory of a file. Throws an InfraError where none is named, or where it is not one. */
export function inventoryFrom(file: string | undefined): InventoryDocument {
  if (file === undefined || file === "") throw new InfraError(noInventory());
  return readInventory(readInventoryFile(file), file);
}

/** The text of an inventory file. Throws an InfraError where it cannot be read. */
export function readInventoryFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InfraError(inventoryUnreadable(file, error instanceof Error ? error.message : String(error)));
  }
}

/** What hosts of the inventory would cost and take, or why they can never be had, by the inventory alone: for planning. */
export function inventoryOffer(
  request: ClusterRequest,
  environment: NodeJS.ProcessEnv = process.env,
): ClusterEstimate | Failure {
  try {
    const hosts = hostsFor(request, inventoryFrom(environment[inventoryVariable]));
    const never = neverFitsInventory(hosts, demandFor(request));
    return never === undefined ? { dollarsPerHour: 0, secondsToReady } : poolNeverFits(inventoryName, never);
  } catch (error) {
    return failureBehind(error);
  }
}
