import { resolve } from "node:path";
import { inventoryName } from "../../infra/pool/release.ts";
import { inventoryVariable } from "../../infra/providers/inventory/failures.ts";
import { keepInventory, keptInventory, takeInventory } from "../../infra/providers/inventory/run-inventory.ts";
import type { RunOrigin } from "../dsl/event.ts";
import type { Plan } from "../dsl/plan-document.ts";
import { homeFolder, runFolder } from "./home.ts";

/** Makes the file that a command names the inventory of this process. */
export function nameInventory(file: string | undefined): void {
  // Because planning finds providers by the environment.
  if (file !== undefined) process.env[inventoryVariable] = resolve(file);
}

/** Makes the inventory of an earlier run that of this process, where nobody named another. */
export async function inventoryOfRun(run: string): Promise<void> {
  if (named() !== undefined) return;
  nameInventory(await keptInventory(runFolder(homeFolder(), run)));
}

/** The inventory of a run that is going to start, read once. */
export interface TakenInventory {
  readonly origin: Pick<RunOrigin, "inventory">;
  /** Writes it into the folder of the run. */
  keep(folder: string): Promise<void>;
}

/**
 * The inventory that a run of the plan starts with; undefined where none of its nodes asks for hosts of one. Throws an
 * InfraError for a file that is not an inventory.
 */
export function takenInventory(
  { nodes }: Plan,
  { inventory }: { readonly inventory?: string },
): TakenInventory | undefined {
  const file = named();
  if (file === undefined) return undefined;
  const isUsed = nodes.some(({ cluster }) => cluster?.provider === inventoryName);
  if (!isUsed && inventory === undefined) return undefined;
  const taken = takeInventory(resolve(file));
  if (!isUsed) {
    process.stderr.write(`edgecert: no stage asks for hosts of an inventory: ${inventory} is not used\n`);
    return undefined;
  }
  return {
    origin: { inventory: { file: taken.file, sha256: taken.sha256 } },
    keep: (folder) => keepInventory(folder, taken),
  };
}

function named(): string | undefined {
  return process.env[inventoryVariable] || undefined;
}
