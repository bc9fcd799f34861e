import { Client } from "pg";
import { openPostgres, type PostgresAddress } from "../postgres/server.ts";

/** Which database is meant. */
export interface DatabasePlace {
  readonly home: string;
  /** A Postgres that workers share; absent for our own below the home. */
  readonly databaseUrl?: string;
}

/** Does something on one connection to the database as it is: no table is made. Our own is started and stopped as needed. */
export async function withDatabase<Value>(
  { home, databaseUrl }: DatabasePlace,
  work: (client: Client) => Promise<Value>,
): Promise<Value> {
  if (databaseUrl !== undefined) return withClient(new Client({ connectionString: databaseUrl }), work);
  const connect = async (address: PostgresAddress) => {
    const client = new Client({ ...address });
    await client.connect();
    return client;
  };
  const { server, entered } = await openPostgres(home, connect);
  try {
    return await connected(entered, work);
  } finally {
    await server.release();
  }
}

async function withClient<Value>(client: Client, work: (client: Client) => Promise<Value>): Promise<Value> {
  await client.connect();
  return connected(client, work);
}

async function connected<Value>(client: Client, work: (client: Client) => Promise<Value>): Promise<Value> {
  // Because a connection that breaks fails the query under way, and must not end the process as well.
  client.on("error", () => {});
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
