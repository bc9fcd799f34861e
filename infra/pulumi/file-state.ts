import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Resource } from "../providers/provider.ts";
import type { StackLock } from "./stack-lock.ts";
import { projectName, type StackPlace, stateFolder } from "./stack-place.ts";

const lockFile = z.object({ pid: z.number(), username: z.string(), hostname: z.string(), timestamp: z.string() });

/** Pulumi's layout of a `file://` state (pkg/backend/diy of 3.250.0): one organization, stacks by project. */
function folderOf(place: StackPlace, part: "locks" | "stacks"): string | undefined {
  const root = stateFolder(place);
  if (root === undefined) return undefined;
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

/** Whether there is a state of the stack; undefined where it does not lie in files and only Pulumi can say. */
export async function hasFileState(place: StackPlace): Promise<boolean | undefined> {
  const folder = folderOf(place, "stacks");
  return folder === undefined ? undefined : (await stateFiles(folder, place)).length > 0;
}

/**
 * Whether Pulumi's state names each of these, by the last part of its id. False where it cannot be read from here: what it
 * says is then unknown. Volumes are not asked for: a state has them as a part of their machine, or not at all.
 */
export async function stateNames(place: StackPlace, found: readonly Resource[]): Promise<boolean> {
  const folder = folderOf(place, "stacks");
  if (folder === undefined) return false;
  const state = await readFile(join(folder, `${place.stack}.json`), "utf8").catch(() => "");
  return found.every(({ id, kind }) => kind === "volume" || state.includes(`${id.slice(id.lastIndexOf("/") + 1)}"`));
}

/** Sets a state that Pulumi cannot read aside, so that the stack is no more. False where the state is not in files. */
export async function setStateAside(place: StackPlace): Promise<boolean> {
  const folder = folderOf(place, "stacks");
  if (folder === undefined) return false;
  for (const name of await stateFiles(folder, place))
    await rename(join(folder, name), join(folder, `${name}.broken-${Date.now()}`));
  return true;
}

/** Without the copies and attributes that Pulumi keeps beside it, also when the stack is removed. */
async function stateFiles(folder: string, { stack }: StackPlace): Promise<string[]> {
  const names = ["", ".gz", ".zst"].map((ending) => `${stack}.json${ending}`);
  return (await readdir(folder).catch(() => [])).filter((name) => names.includes(name));
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
