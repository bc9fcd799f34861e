import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, open, readFile, rename, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { Account } from "./account.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { postgresError } from "./failures.ts";
import type { PostgresPlace } from "./place.ts";
import { type PostgresAddress, probe } from "./probe.ts";

/** How long Postgres may take to answer, or to go, in milliseconds. */
const patienceMs = 60_000;
/** How long it may say that it is starting: after a crash it first syncs every file, on a disk that may be busy. */
const recoveryMs = 300_000;
/** How long the last processes of a killed server may take to go, in milliseconds. */
const remainsMs = 10_000;
/** Size at which its log is begun anew, in bytes. */
const largestLog = 10 * 1024 * 1024;

/** A server of ours, running or not. Whoever starts or stops it holds the lock of its place. */
export interface PostgresProcess {
  readonly place: PostgresPlace;
  readonly address: PostgresAddress;
  readonly account: Account | null;
  binaries(): Promise<PostgresBinaries>;
}

/** Whether a server answers; waits for one that is coming up or going down. */
export async function answers({ address, place }: Pick<PostgresProcess, "address" | "place">): Promise<boolean> {
  const deadline = Date.now() + recoveryMs;
  for (;;) {
    const answer = await probe(address);
    if (answer === "ready") return true;
    if (answer === "gone") return false;
    if (Date.now() > deadline) throw await startError(place, "It has been starting or stopping for five minutes.");
    await pause();
  }
}

/** Starts the server, on a new data folder where there is none, and waits until it answers. */
export async function startPostgres(server: PostgresProcess): Promise<void> {
  const deadline = Date.now() + remainsMs;
  for (;;) {
    try {
      return await startOnce(server);
    } catch (error) {
      // Because what is left of a killed server holds its lock file or its memory until its last process is gone.
      const remains = await stat(join(server.place.data, "postmaster.pid")).catch(() => null);
      if (remains === null || Date.now() > deadline) throw error;
      await pause();
    }
  }
}

async function startOnce(server: PostgresProcess): Promise<void> {
  const { place, address, account } = server;
  const binaries = await server.binaries();
  const made = await stat(place.data).then(
    () => true,
    () => false,
  );
  if (!made) await initialise(place, binaries, account);
  const { child, exited } = await spawnLogged(binaries.postgres, serverArguments(place, address), { place, account });
  child.unref();
  const began = Date.now();
  for (;;) {
    const code = await Promise.race([exited, pause()]);
    const answer = await probe(address);
    if (answer === "ready") return;
    if (code !== undefined) throw await startError(place, `Postgres ended with code ${code}.`);
    const limit = answer === "changing" ? recoveryMs : patienceMs;
    if (Date.now() - began > limit) throw await startError(place, `It was not ready within ${limit / 1000} seconds.`);
  }
}

function serverArguments(place: PostgresPlace, { port = 5432 }: PostgresAddress): readonly string[] {
  const settings = {
    listen_addresses: "",
    port: String(port),
    unix_socket_directories: place.sockets,
    unix_socket_permissions: "0700",
    max_connections: "100",
    shared_buffers: "64MB",
    log_min_messages: "warning",
  };
  return ["-D", place.data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/** Makes the data folder under another name first: a half-made one is never taken for a whole one. */
async function initialise(place: PostgresPlace, binaries: PostgresBinaries, account: Account | null): Promise<void> {
  const half = `${place.data}.new`;
  await rm(half, { recursive: true, force: true });
  const options = ["-U", "edgecert", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"];
  const { exited } = await spawnLogged(binaries.initdb, ["-D", half, ...options], { place, account });
  const code = await exited;
  if (code !== 0) {
    const error = await startError(place, `initdb ended with code ${code}.`);
    await rm(half, { recursive: true, force: true });
    throw error;
  }
  await rename(half, place.data);
}

async function spawnLogged(
  file: string,
  args: readonly string[],
  { place, account }: { readonly place: PostgresPlace; readonly account: Account | null },
) {
  const size = await stat(place.log).then(
    (found) => found.size,
    () => 0,
  );
  if (size > largestLog) await truncate(place.log, 0);
  const log = await open(place.log, "a", 0o600);
  if (account !== null) await chown(place.log, account.uid, account.gid);
  // Because an interrupt of the terminal goes to its whole process group, the server gets a session of its own.
  const child = spawn(file, [...args], {
    cwd: place.folder,
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    ...(account === null ? {} : account),
  });
  // Because a program that ends at once does so before its caller could listen. Null where a signal ended it.
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  try {
    await once(child, "spawn");
  } catch (error) {
    throw postgresError(file, place.log, error instanceof Error ? error.message : String(error));
  } finally {
    await log.close();
  }
  return { child, exited };
}

/** Stops the server that runs on the data folder, whoever is connected; none is no mistake. */
export async function stopPostgres({ data }: Pick<PostgresPlace, "data">): Promise<void> {
  const pid = Number((await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return;
  // SIGINT is Postgres' fast shutdown: sessions are ended, what was committed stays.
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + patienceMs;
  while (isAlive(pid) && Date.now() < deadline) await pause();
}

/** Whether a process of that number is there, a zombie too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function startError(place: PostgresPlace, what: string): Promise<Error> {
  const log = await readFile(place.log, "utf8").catch(() => "");
  const last = log.trimEnd().split("\n").slice(-5).join("\n");
  return postgresError(place.data, place.log, last === "" ? what : `${what}\n${last}`);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
