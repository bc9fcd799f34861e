import { Client } from "pg";

/** How to connect: by a socket that only this user can reach, so without a password. */
export interface PostgresAddress {
  readonly host: string;
  readonly user: string;
  readonly database: string;
  /** Only names the socket; absent for 5432. */
  readonly port?: number;
}

/** Whether a server answers; `changing` where it says that it is coming up, going down or full. */
export async function probe(address: PostgresAddress): Promise<"ready" | "changing" | "gone"> {
  const client = new Client({ ...address, connectionTimeoutMillis: 5000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return "ready";
  } catch (error) {
    // 57P03: starting up, shutting down or recovering; 53300: too many connections, so it is there.
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return /^(57P0|53300)/.test(code) ? "changing" : "gone";
  } finally {
    await client.end().catch(() => {});
  }
}

/** How many sessions there are beside ours; 1 where nobody can tell. */
export async function otherUsers(address: PostgresAddress): Promise<number> {
  const client = new Client({ ...address, connectionTimeoutMillis: 5000 });
  client.on("error", () => {});
  try {
    await client.connect();
    const count = async () => {
      const { rows } = await client.query<{ count: number }>(
        "select count(*)::integer from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
      );
      return rows[0]?.count ?? 0;
    };
    // Because our own connections may take a moment to disappear after they were closed.
    for (let tries = 0; tries < 20 && (await count()) > 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return await count();
  } catch {
    return 1;
  } finally {
    await client.end().catch(() => {});
  }
}
