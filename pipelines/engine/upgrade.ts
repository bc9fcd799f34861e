import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { FailureError } from "../dsl/failure.ts";
import { writeBackup } from "./backup/backup.ts";
import { fillDatabase } from "./backup/restore.ts";
import { postgresFailure } from "./postgres/failures.ts";
import { withLockFile } from "./postgres/lock-file.ts";
import { majorsIn } from "./postgres/major.ts";
import { otherBinaries } from "./postgres/other-binaries.ts";
import { majorVersion } from "./postgres/place.ts";
import { otherUsers } from "./postgres/probe.ts";
import { answers, type PostgresProcess, startPostgres, stopPostgres } from "./postgres/process.ts";
import { homeProcess } from "./postgres/server.ts";

/** How a database is brought to the locked major version of Postgres. */
export interface UpgradeOptions {
  readonly home: string;
  /** Folder of the old major's programs; null to look for them. */
  readonly binaries: string | null;
  /** Version of edgecert. */
  readonly version: string;
  /** Told what is done next. */
  tell(text: string): void;
}

/** What an upgrade did. */
export interface Upgraded {
  /** The old major version; null where there was nothing to do. */
  readonly from: number | null;
  readonly to: number;
  /** Folders and files that are kept, absolute: the old data and the backup that was made of it. */
  readonly kept: readonly string[];
}

// Because nobody else must find these servers, their sockets have other names than the one that commands look for.
const ports = { old: 5433, fresh: 5434 };

/**
 * Brings the database of a home to the locked major version:
 *
 *   data-16 --old server--> upgrade-from-16.backup --new server--> data-17.upgrading --rename--> data-17
 *   data-16 --rename--> kept-16
 *
 * Killed at any moment, one of both is whole under its own name, and the same command goes on.
 */
export async function upgradeDatabase(options: UpgradeOptions): Promise<Upgraded> {
  const current = await homeProcess(options.home);
  const { place } = current;
  return withLockFile(place.lock, async () => {
    const majors = await majorsIn(place);
    const from = majors.filter((major) => major < majorVersion).at(-1) ?? null;
    if (from !== null && !majors.includes(majorVersion)) await bringOver(current, from, options);
    for (const major of majors.filter((one) => one < majorVersion)) {
      await rename(join(place.folder, `data-${major}`), join(place.folder, `kept-${major}`));
    }
    return { from, to: majorVersion, kept: await keptPaths(place.folder) };
  });
}

/** Removes what upgrades kept. Gives the paths that went. */
export async function removeKept(home: string): Promise<readonly string[]> {
  const { place } = await homeProcess(home);
  return withLockFile(place.lock, async () => {
    const paths = await keptPaths(place.folder);
    for (const path of paths) await rm(path, { recursive: true, force: true });
    return paths;
  });
}

async function keptPaths(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /^(kept-\d+|upgrade-from-\d+\.backup(\..+\.part)?|binaries-\d+)$/.test(name))
    .map((name) => join(folder, name));
}

async function bringOver(current: PostgresProcess, from: number, options: UpgradeOptions): Promise<void> {
  const { place } = current;
  const backup = join(place.folder, `upgrade-from-${from}.backup`);
  const old = await oldProcess(current, from, options);
  options.tell(`1/4 saving the database of Postgres ${from}`);
  await serving(old, (client) => writeBackup(client, { ...options, file: backup, files: noFiles, tell() {} }));
  const fresh = freshProcess(current);
  options.tell(`2/4 making a database of Postgres ${majorVersion}`);
  if (await answers(fresh)) await stopPostgres(fresh.place);
  await rm(fresh.place.data, { recursive: true, force: true });
  await serving(fresh, async (client) => {
    options.tell("3/4 filling it");
    await client.query("begin");
    await fillDatabase(client, { file: backup, home: options.home });
    await client.query("commit");
    await client.query("checkpoint");
  });
  options.tell("4/4 putting it into its place");
  await rename(fresh.place.data, place.data);
}

async function oldProcess(current: PostgresProcess, from: number, options: UpgradeOptions): Promise<PostgresProcess> {
  const { account, place, address } = current;
  const data = join(place.folder, `data-${from}`);
  const cache = join(place.folder, `binaries-${from}`);
  const look = { major: from, named: options.binaries, cache, account, tell: options.tell };
  const found = await otherBinaries(look);
  // Because an older edgecert may still use it, on the socket that its commands look for.
  if (await answers(current)) {
    if ((await otherUsers(address)) > 0) throw new FailureError(postgresFailure.oldInUse(data));
    await stopPostgres({ data });
  }
  return { account, place: { ...place, data }, address: { ...address, port: ports.old }, binaries: async () => found };
}

function freshProcess(current: PostgresProcess): PostgresProcess {
  const data = `${current.place.data}.upgrading`;
  return { ...current, place: { ...current.place, data }, address: { ...current.address, port: ports.fresh } };
}

/** Does something on a connection to a server that runs only for that. */
async function serving(server: PostgresProcess, work: (client: Client) => Promise<unknown>): Promise<void> {
  if (!(await answers(server))) await startPostgres(server);
  const client = new Client({ ...server.address });
  client.on("error", () => {});
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
    await stopPostgres(server.place);
  }
}

async function* noFiles(): AsyncGenerator<string> {}
