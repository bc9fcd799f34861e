import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { FailureError } from "../../dsl/failure.ts";
import { workerAliveCount } from "../store/session.ts";
import { type Ending, fileOf, type Heading, marks, savedSchemas } from "./document.ts";
import { backupFailure } from "./failures.ts";
import { type DatabasePlace, withDatabase } from "./place.ts";
import { isMark, linesOf, verifyBackup } from "./reading.ts";

/** What is restored, and where. */
export interface RestoreOptions extends DatabasePlace {
  /** Absolute path of the backup. */
  readonly file: string;
  /** Whether what is there already is replaced, rather than refused. */
  readonly present: "refuse" | "replace";
}

/** What was restored. */
export interface Restored {
  readonly heading: Heading;
  readonly ending: Ending;
}

/**
 * Puts a backup back: all of it or nothing. Refuses a damaged file before anything is touched, a database or home that
 * holds runs, and a database that live workers use.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const verified = await verifyBackup(options.file);
  await withDatabase(options, async (client) => {
    await client.query("begin");
    await refuseOccupied(client, options);
    await fillDatabase(client, options);
    await client.query("commit");
  });
  return verified;
}

async function refuseOccupied(client: Client, { home, databaseUrl, present }: RestoreOptions): Promise<void> {
  const { rows } = await client.query<{ made: boolean }>("select to_regclass('edgecert.runs') is not null as made");
  if (rows[0]?.made === true) {
    // Because a new worker must not enter between the look and the replacement.
    await client.query("lock table edgecert.workers, edgecert.runs in access exclusive mode");
    const workers = (await client.query<{ count: number }>(workerAliveCount)).rows[0]?.count ?? 0;
    if (workers > 0) throw new FailureError(backupFailure.inUse(workers));
    const found = await client.query<{ count: number }>("select count(*)::integer from edgecert.runs");
    const runs = found.rows[0]?.count ?? 0;
    if (runs > 0 && present === "refuse")
      throw new FailureError(
        backupFailure.notEmpty(databaseUrl === undefined ? home : "the database", `runs already: ${runs}`),
      );
  }
  const folders = (await readdir(join(home, "runs")).catch(() => [])).filter((name) => !name.startsWith("."));
  if (folders.length > 0 && present === "refuse")
    throw new FailureError(backupFailure.notEmpty(join(home, "runs"), `folders of runs already: ${folders.length}`));
}

/** Fills database and folders of runs from a verified backup; the database changes when the caller's transaction ends. */
export async function fillDatabase(
  client: Client,
  { file, home }: Pick<RestoreOptions, "file" | "home">,
): Promise<void> {
  await client.query(`drop schema if exists ${savedSchemas.join(", ")} cascade`);
  await client.query("set local search_path = pg_catalog; set local client_encoding = 'UTF8'");
  await client.query("set local check_function_bodies = off");
  const staged = join(home, "runs", ".restoring");
  await rm(staged, { recursive: true, force: true });
  const lines = new Lines(linesOf(file));
  for (let line = await lines.next(); line !== null; line = await lines.next()) {
    if (isMark(line, marks.statement)) await client.query(await lines.joined(Number(line.toString().slice(4))));
    else if (isMark(line, "copy ")) await copyRows(client, line.toString("utf8"), lines);
    else if (isMark(line, marks.file)) await writeFile(line.toString("utf8"), { lines, staged, file });
  }
  await placeFiles(staged, home);
}

async function copyRows(client: Client, line: string, lines: Lines): Promise<void> {
  const rows = client.query(copyFrom(line.replace(/;$/, "")));
  await pipeline(Readable.from(lines.rows()), rows);
}

async function writeFile(
  line: string,
  at: { readonly lines: Lines; readonly staged: string; readonly file: string },
): Promise<void> {
  const found = fileOf(line);
  if (found === null) throw new FailureError(backupFailure.damaged(at.file, `it names a file strangely: ${line}`));
  const target = join(at.staged, found.path.replace(/^runs\//, ""));
  await mkdir(dirname(target), { recursive: true });
  await pipeline(Readable.from(at.lines.data(found.bytes)), createWriteStream(target));
}

/** Moves staged folders of runs into their places; where there is one already, file by file over it. */
async function placeFiles(staged: string, home: string): Promise<void> {
  const files = await readdir(staged, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of files.filter((one) => one.isFile())) {
    const from = join(entry.parentPath, entry.name);
    const target = join(home, "runs", from.slice(staged.length + 1));
    await mkdir(dirname(target), { recursive: true });
    await rename(from, target);
  }
  await rm(staged, { recursive: true, force: true });
}

/** Lines of a verified backup, taken one after the other. */
class Lines {
  readonly #source: AsyncGenerator<Buffer>;

  constructor(source: AsyncGenerator<Buffer>) {
    this.#source = source;
  }

  async next(): Promise<Buffer | null> {
    const { value, done } = await this.#source.next();
    return done === true ? null : value;
  }

  async joined(count: number): Promise<string> {
    const lines: string[] = [];
    for (let index = 0; index < count; index += 1) lines.push((await this.next())?.toString("utf8") ?? "");
    return lines.join("\n");
  }

  /** The rows of a table up to `\.`, in pieces of about 64 KiB. */
  async *rows(): AsyncGenerator<Buffer> {
    let piece: Buffer[] = [];
    let bytes = 0;
    for (let line = await this.next(); line !== null && line.toString("latin1") !== "\\."; line = await this.next()) {
      piece.push(line, newline);
      bytes += line.length + 1;
      if (bytes < 65_536) continue;
      yield Buffer.concat(piece);
      [piece, bytes] = [[], 0];
    }
    if (piece.length > 0) yield Buffer.concat(piece);
  }

  /** That many bytes of a file. */
  async *data(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      const line = await this.next();
      const part = Buffer.from(line?.toString("latin1", marks.data.length) ?? "", "base64");
      if (part.length === 0) throw new Error("a file of the backup is shorter than announced");
      left -= part.length;
      yield part;
    }
  }
}

const newline = Buffer.from("\n");
