import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { readRecord, writeRecord } from "../../hosts/record-file.ts";
import { encodeTags, tagsOf } from "../../tags.ts";
import { type Places, placesIn, serverFiles } from "./places.ts";

const processIdentity = z.object({ pid: z.number(), startTime: z.string() });

const serverRecord = z.object({
  v: z.literal(1),
  id: z.string(),
  name: z.string(),
  run: z.string(),
  node: z.string(),
  attempt: z.number(),
  token: z.number(),
  expiresAt: z.string(),
  claim: z.string(),
  /** Number of the group on this machine: its addresses follow from it. */
  group: z.number(),
  /** Place inside the group, from 0. */
  index: z.number(),
  /** Promised to the server, with what QEMU itself needs. */
  memoryMiB: z.number(),
  cores: z.number(),
  /** The process that provisions: while it lives, the promise stands even before QEMU runs. */
  holder: processIdentity,
  qemu: processIdentity.nullable(),
});

/** What stands in `server.json`: written before anything of the server exists. */
export type ServerRecord = z.infer<typeof serverRecord>;

/** Makes the folder of a new server with its record in it, at once: a folder without a record never counts. */
export async function createServer(places: Places, record: ServerRecord): Promise<void> {
  const temporary = join(places.servers, `.${record.id}`);
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  await writeRecord(join(temporary, "server.json"), record);
  await rename(temporary, serverFiles(places, record.id).folder);
}

/** Removes half-made folders that a killed process left. The caller holds the allocation lock. */
export async function removeHalfMade(places: Places): Promise<void> {
  const names = await readdir(places.servers).catch(() => []);
  const halfMade = names.filter((name) => name.startsWith("."));
  await Promise.all(halfMade.map((name) => rm(join(places.servers, name), { recursive: true, force: true })));
}

/**
 * A folder among the servers that holds no server: half made, half removed, or without a readable record, in which case
 * nobody knows whose it is.
 */
export interface LeftFolder {
  /** Name of the folder. */
  readonly name: string;
  readonly record: ServerRecord | undefined;
}

/** The folders of a home that are listed although no server is recorded in them. */
export async function leftFolders(places: Places): Promise<readonly LeftFolder[]> {
  const names = await readdir(places.servers).catch(() => []);
  const read = names.map(async (name) => ({
    name,
    record: await readRecord(serverFiles(places, name).record, serverRecord),
  }));
  return (await Promise.all(read)).filter(({ name, record }) => name.startsWith(".") || record === undefined);
}

/** Removes the folder of a server: hidden first, its record last, so that a killed removal is still known as its own. */
export async function removeFolder(places: Places, id: string): Promise<void> {
  const hidden = join(places.servers, `.${id.replace(/^\./, "")}`);
  await emptyAndRemove(hidden);
  await rename(join(places.servers, id), hidden).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await emptyAndRemove(hidden);
}

async function emptyAndRemove(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const others = names.filter((name) => name !== "server.json");
  await Promise.all(others.map((name) => rm(join(folder, name), { recursive: true, force: true })));
  await rm(folder, { recursive: true, force: true });
}

/** All servers recorded in a home. */
export async function readServers(home: string): Promise<readonly ServerRecord[]> {
  const places = placesIn(home);
  const names = await readdir(places.servers).catch(() => []);
  const ids = names.filter((name) => !name.startsWith("."));
  const records = await Promise.all(ids.map((id) => readRecord(serverFiles(places, id).record, serverRecord)));
  return records.filter((record) => record !== undefined);
}

/** The tags on a server's command line: those of its owner, and what counts its share of the machine. */
export function commandLineTags(home: string, owner: Owner, record: ServerRecord): string {
  return encodeTags({
    id: record.id,
    ...tagsOf(owner),
    home,
    group: String(record.group),
    "memory-mib": String(record.memoryMiB),
    cores: String(record.cores),
  });
}

/** What two requests must not share, and what a host name must look like: the sentence that refuses, or undefined. */
export function badNames(requests: readonly ServerRequest[]): string | undefined {
  const names = requests.map((request) => request.name);
  const bad = names.filter((name) => !/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name));
  if (bad.length > 0) return `${bad.map((name) => JSON.stringify(name)).join(", ")}: not a DNS label of at most 32`;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `two servers are named ${twice}`;
}
