import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { FailureError } from "../../dsl/failure.ts";
import { type Ending, type Heading, marks, unsavedRows } from "./document.ts";
import { backupFailure } from "./failures.ts";
import { type DatabasePlace, withDatabase } from "./place.ts";
import { readHeading } from "./reading.ts";
import { readDefinitions, type SavedTable } from "./tables.ts";

/** A run that is in the backup. */
export interface SavedRun {
  readonly run: string;
  readonly state: string;
}

/** What a backup is made of. */
export interface BackupOptions extends DatabasePlace {
  /** Absolute path of the backup. */
  readonly file: string;
  /** Version of edgecert. */
  readonly version: string;
  /** Files below the home that go into it, relative with `/`; asked once, with the runs that the backup holds. */
  files(runs: readonly SavedRun[]): AsyncIterable<string>;
  /** Told about each table and file that is saved. */
  tell(what: string, rowsOrBytes: number): void;
}

/**
 * Saves one moment of the database, and files beside it, while runs go on. The file appears when it is whole and on disk;
 * an older backup of that name is replaced then.
 */
export async function makeBackup(options: BackupOptions): Promise<Ending> {
  return withDatabase(options, (client) => writeBackup(client, options));
}

/** As {@link makeBackup}, on a connection that is open already. */
export async function writeBackup(client: Client, options: BackupOptions): Promise<Ending> {
  const { file } = options;
  if ((await stat(file).catch(() => null)) !== null && (await readHeading(file)) === null)
    throw new FailureError(backupFailure.occupied(file));
  const part = `${file}.${randomBytes(4).toString("hex")}.part`;
  try {
    const ending = await writePart(client, options, part);
    await rename(part, file);
    return ending;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function writePart(client: Client, options: BackupOptions, part: string): Promise<Ending> {
  const rows: Record<string, number> = {};
  let files = 0;
  let last: Ending | null = null;
  async function* document(): AsyncGenerator<Buffer> {
    const hash = createHash("sha256");
    for await (const piece of body(client, options, { rows, saved: () => (files += 1) })) {
      const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
      hash.update(bytes);
      yield bytes;
    }
    last = { rows, files, sha256: hash.digest("hex") };
    yield Buffer.from(`${marks.ending}${JSON.stringify(last)}\n`);
  }
  await pipeline(document(), createGzip({ level: 4 }), createWriteStream(part, { mode: 0o600, flags: "wx" }));
  const written = await open(part, "r");
  try {
    await written.sync();
  } finally {
    await written.close();
  }
  if (last === null) throw new Error("a backup without an ending was written");
  return last;
}

async function* body(
  client: Client,
  options: BackupOptions,
  counts: { readonly rows: Record<string, number>; saved(): void },
): AsyncGenerator<Buffer | string> {
  await client.query("begin isolation level repeatable read read only");
  // Because names in definitions are written without their schema where the search path finds them.
  await client.query("set local search_path = pg_catalog; set local client_encoding = 'UTF8'");
  const server = await client.query<{ server_version: string }>("show server_version");
  const postgres = server.rows[0]?.server_version ?? "";
  const heading: Heading = { v: 1, edgecert: options.version, postgres, madeAt: new Date().toISOString() };
  yield `${marks.heading}${JSON.stringify(heading)}\n`;
  const { tables, before, after } = await readDefinitions(client);
  for (const sql of before) yield statement(sql);
  for (const table of tables.filter(({ name }) => !unsavedRows.has(name)))
    yield* rowsOf(client, table, options, counts);
  for (const sql of after) yield statement(sql);
  const { rows: runs } = await client.query<SavedRun>("select run, state from edgecert.runs order by run");
  for await (const path of options.files(runs)) {
    yield* bytesOf(path, options);
    counts.saved();
  }
  await client.query("commit");
}

function statement(sql: string): string {
  const lines = sql.trimEnd().split("\n");
  return `${marks.statement}${lines.length}\n${lines.join("\n")}\n`;
}

async function* rowsOf(
  client: Client,
  { name, target }: SavedTable,
  options: BackupOptions,
  counts: { readonly rows: Record<string, number> },
): AsyncGenerator<Buffer | string> {
  yield `copy ${target} from stdin;\n`;
  let count = 0;
  // The cast is a decoder's: the stream's chunks are bytes of Postgres' text format, one line per row.
  for await (const chunk of client.query(copyTo(`copy ${target} to stdout`)) as AsyncIterable<Buffer>) {
    for (const byte of chunk) if (byte === 10) count += 1;
    yield chunk;
  }
  counts.rows[name] = count;
  options.tell(name, count);
  yield "\\.\n";
}

/** Bytes of one line of base64: a multiple of 3, so that lines can be joined. */
const lineBytes = 3 * 2 ** 14;

async function* bytesOf(path: string, { home, tell }: BackupOptions): AsyncGenerator<string> {
  const file = join(home, path);
  const { size } = await stat(file);
  yield `${marks.file}${JSON.stringify({ path, bytes: size })}\n`;
  let rest = Buffer.alloc(0);
  let left = size;
  if (size > 0) {
    // Because a file that grows meanwhile must not grow beyond what was announced.
    for await (const chunk of createReadStream(file, { end: size - 1 })) {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= lineBytes; rest = rest.subarray(lineBytes)) {
        yield `${marks.data}${rest.subarray(0, lineBytes).toString("base64")}\n`;
      }
      left -= chunk.length;
    }
  }
  if (left !== 0) throw new Error(`${file} changed while it was read`);
  if (rest.length > 0) yield `${marks.data}${rest.toString("base64")}\n`;
  tell(path, size);
}
