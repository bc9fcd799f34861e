import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "../pipelines/dsl/event.ts";
import { sha256 } from "./canonical-json.ts";

/** What is installed on a server: `version architecture` by the name of the package. */
export type Installed = ReadonlyMap<string, string>;

/**
 * The packages of every described server, by the server's id. A list that is missing, or not the bytes that were
 * recorded, leaves its server out: then nothing is said about its packages.
 */
export async function installedPackages(
  events: readonly Event[],
  runFolder: string,
): Promise<ReadonlyMap<string, Installed>> {
  const found = new Map<string, Installed>();
  for (const event of events) {
    if (event.type !== "server.described") continue;
    const { id, packages } = event.data;
    const bytes = await readFile(join(runFolder, packages.path)).catch(() => null);
    if (bytes !== null && sha256(bytes) === packages.sha256) found.set(id, parseInstalled(bytes.toString("utf8")));
  }
  return found;
}

/** Reads lines of `name version architecture`; several architectures of a package stand side by side. */
export function parseInstalled(text: string): Installed {
  const packages = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [name = "", version = "", architecture = ""] = line.split(" ");
    if (name === "" || version === "") continue;
    const known = packages.get(name);
    const said = `${version} ${architecture}`.trim();
    packages.set(name, known === undefined ? said : `${known}, ${said}`);
  }
  return packages;
}
