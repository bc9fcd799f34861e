import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { InfraError } from "../../failure.ts";
import { type InventoryDocument, readInventory } from "../../inventory-document.ts";
import { damagedRunInventory } from "./failures.ts";
import { readInventoryFile } from "./request.ts";

/** An inventory as it was when a run started: the run uses this one to its end, whatever becomes of the file. */
export interface RunInventory {
  /** Where it was read, absolute. */
  readonly file: string;
  /** Of the text. */
  readonly sha256: string;
  readonly text: string;
}

/** The inventory of a file (absolute), with its digest. Throws an InfraError where it cannot be read or is not one. */
export function takeInventory(file: string): RunInventory {
  const text = readInventoryFile(file);
  readInventory(text, file);
  return { file, sha256: digestOf(text), text };
}

/** Writes the inventory of a run into the run's folder, which is made where it is missing. */
export async function keepInventory(folder: string, { sha256, text }: RunInventory): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `inventory-${sha256}.json`);
  const file = await open(`${path}.tmp`, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}

/** Path of what a run's folder keeps, as it was written then; undefined where the run was started without an inventory. */
export async function keptInventory(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((one) => keptName.test(one));
  return name === undefined ? undefined : join(folder, name);
}

/** The hosts of {@link keptInventory}. Throws an InfraError where the file is not what was written. */
export async function keptHosts(folder: string): Promise<InventoryDocument | undefined> {
  const path = await keptInventory(folder);
  if (path === undefined) return undefined;
  const text = await readFile(path, "utf8");
  const [, sha256 = ""] = keptName.exec(path) ?? [];
  if (digestOf(text) !== sha256) throw new InfraError(damagedRunInventory(path));
  return readInventory(text, path);
}

const keptName = /inventory-([0-9a-f]{64})\.json$/;

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
