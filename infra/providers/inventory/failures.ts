import type { Failure } from "../../../pipelines/dsl/failure.ts";

/** Environment variable with the inventory file; `edgecert run --inventory FILE` sets it. */
export const inventoryVariable = "EDGECERT_INVENTORY";

/** Nobody named an inventory. */
export function noInventory(): Failure {
  return {
    reason: "no-inventory",
    class: "configuration",
    title: "No inventory is named",
    detail: `Hosts of one are asked for, and ${inventoryVariable} is not set.`,
    next: `Name the file with --inventory FILE, or in ${inventoryVariable}.`,
  };
}

/** An inventory file that cannot be read. */
export function inventoryUnreadable(file: string, why: string): Failure {
  return {
    reason: "inventory-unreadable",
    class: "configuration",
    title: "The inventory cannot be read",
    detail: `${file}: ${why}`,
    next: "Name a JSON file of hosts: `pulumi stack output inventory --json` writes one.",
  };
}

/** The inventory that a run keeps is not the one that it was started with. */
export function damagedRunInventory(path: string): Failure {
  return {
    reason: "damaged-run-inventory",
    class: "configuration",
    title: "The inventory of the run was changed",
    detail: `${path} does not hold what its name says.`,
    next: "Put the file back as it was, or start a new run. `edgecert cancel` gives back what the run holds without it.",
  };
}

/** Settings that an inventory does not know. */
export function badInventorySettings(problems: readonly string[]): Failure {
  return {
    reason: "bad-inventory-request",
    class: "configuration",
    title: "Hosts of an inventory cannot be asked for like that",
    detail: problems.join("; "),
    next: "Use architecture, minCores, minMemoryMiB and features, a list such as [gpu].",
  };
}
