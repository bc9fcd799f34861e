import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { postgresAccount } from "../../../pipelines/engine/postgres/account.ts";
import { postgresPlace } from "../../../pipelines/engine/postgres/place.ts";

/** A new home whose database lies in it, also where root runs the tests. */
export async function databaseHome(name: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), `edgecert-${name}-`));
  // Because mkdtemp gives 0700, which sends root's database elsewhere: this one shall stay in its home.
  await chmod(home, 0o755);
  return home;
}

/** Asks the running database of a home. */
export async function ask<Row extends object>(home: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = await connected(home);
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** A connection to the running database of a home. */
export async function connected(home: string): Promise<Client> {
  const place = await postgresPlace(home, await postgresAccount());
  const client = new Client({ host: place.sockets, user: "edgecert", database: "postgres" });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Removes a home whose database was stopped. */
export async function removeHome(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true });
}
