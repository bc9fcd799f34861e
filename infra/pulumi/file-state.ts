import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { StackLock } from "./stack-lock.ts";
import { projectName, type StackPlace } from "./stack-place.ts";

const lockFile = z.object({ pid: z.number(), username: z.string(), hostname: z.string(), timestamp: z.string() });

/** Pulumi's layout of a `file://` state (pkg/backend/diy of 3.250.0): one organization, stacks by project. */
function folderOf(place: StackPlace, part: "locks" | "stacks"): string | undefined {
  if (!place.backend.startsWith("file://")) return undefined;
  const root = fileURLToPath(place.backend.split("?")[0] ?? "");
  const stack = ["organization", projectName, place.stack];
  return join(root, ".pulumi", part, ...(part === "locks" ? stack : [projectName]));
}

/** The locks on a stack whose state lies in files; undefined where it lies elsewhere and only Pulumi can say. */
export async function fileLocks(place: StackPlace): Promise<readonly StackLock[] | undefined> {
  const folder = folderOf(place, "locks");
  if (folder === undefined) return undefined;
  // Beside each lock lies a file of its attributes, and sometimes a half-written one under another name.
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  const found = await Promise.all(names.map((name) => readLock(join(folder, name))));
  return found.flatMap((lock) => (lock === undefined ? [] : [lock]));
}

/** Removes one lock, and no other that came meanwhile, as `pulumi cancel` would. */
export async function removeFileLock({ where }: StackLock): Promise<void> {
  await rm(where, { force: true });
  await rm(`${where}.attrs`, { force: true });
}

/** Sets a state that Pulumi cannot read aside, so that the stack is no more. False where the state is not in files. */
export async function setStateAside(place: StackPlace): Promise<boolean> {
  const folder = folderOf(place, "stacks");
  if (folder === undefined) return false;
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(`${place.stack}.json`) && !one.includes(".broken")))
    await rename(join(folder, name), join(folder, `${name}.broken-${Date.now()}`));
  return true;
}

/** What cannot be read is a lock too: whoever wrote it may be at work. Its holder is then nobody we know. */
async function readLock(where: string): Promise<StackLock | undefined> {
  try {
    const { pid, username, hostname, timestamp } = lockFile.parse(JSON.parse(await readFile(where, "utf8")));
    return { user: username, host: hostname, pid, since: new Date(timestamp).toISOString(), where };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    return { user: "unknown", host: "unknown", pid: 0, since: new Date(0).toISOString(), where };
  }
}
