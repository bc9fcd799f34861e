import { createHash } from "node:crypto";
import { Client, Pool, type PoolConfig } from "pg";
import { openPostgres } from "../postgres/server.ts";
import { schema, schemaLock } from "./schema.ts";
import { Session } from "./session.ts";

/** The database of an engine, connected. */
export interface Database {
  /** As DBOS wants it, although it uses the pool. */
  readonly url: string;
  /** Where it lies, for people: the folder of our own one. */
  readonly place: string;
  readonly pool: Pool;
  readonly session: Session;
  close(): Promise<void>;
}

/** How a database is opened. */
export interface DatabaseOptions {
  readonly home: string;
  readonly url?: string;
  /** The name under which this process holds runs; null for one that only looks. */
  readonly worker: string | null;
  changed(run: string | null): void;
}

/** Connects to the database that is named, else to our own one, which is started where it does not run. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url } = options;
  const elsewhere = async (): Promise<void> => {};
  if (url !== undefined)
    return {
      url,
      place: "EDGECERT_DATABASE_URL",
      ...(await connect({ connectionString: url }, { ...options, revive: elsewhere })),
    };
  const revive = async (): Promise<void> => void (await openPostgres(options.home, async () => null));
  const { server, entered } = await openPostgres(options.home, (address) =>
    connect({ ...address }, { ...options, revive }),
  );
  const { host, user, database } = server.address;
  return {
    ...entered,
    place: server.folder,
    url: `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(host)}`,
    async close() {
      await entered.close();
      await server.release();
    },
  };
}

async function connect(
  config: PoolConfig,
  options: DatabaseOptions & { revive(): Promise<void> },
): Promise<Omit<Database, "url" | "place">> {
  const settings = { ...config, application_name: `edgecert ${options.worker ?? "reader"}` };
  const pool = new Pool({ ...settings, max: 12 });
  // Because a connection that breaks while it is idle must not end the process.
  pool.on("error", () => {});
  // Because one that breaks while it is lent would too: its user learns it from the query.
  pool.on("connect", (client) => client.on("error", () => {}));
  try {
    await makeTables(pool);
    const { worker, changed, revive } = options;
    const session = await Session.open({ client: () => new Client(settings), pool, worker, changed, revive });
    return {
      pool,
      session,
      async close() {
        await session.close();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/**
 * Makes what is missing. Under a lock, because `if not exists` of two sessions at once still collides, and only where the
 * schema's own comment names another text: looking alone must not wait for whoever reads or writes a table.
 */
async function makeTables(pool: Pool): Promise<void> {
  const digest = createHash("sha256").update(schema).digest("hex");
  const made = "select obj_description(to_regnamespace('edgecert')::oid, 'pg_namespace') as digest";
  if ((await pool.query<{ digest: string | null }>(made)).rows[0]?.digest === digest) return;
  const client = await pool.connect();
  try {
    await client.query(
      `begin; select pg_advisory_xact_lock(${schemaLock}); ${schema} comment on schema edgecert is '${digest}'; commit`,
    );
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}
