import { DBOSClient } from "@dbos-inc/dbos-sdk";
import type { Pool } from "pg";

/** Removes workflows with all that DBOS keeps of them and of their children. Those that do not exist are no mistake. */
export async function deleteWorkflows(at: { readonly url: string; readonly pool: Pool }, roots: readonly string[]) {
  // Because DBOS makes its tables at its first start, a database in which nothing ever ran has none.
  const { rows } = await at.pool.query<{ made: boolean }>(
    "select to_regclass('dbos.workflow_status') is not null as made",
  );
  if (rows[0]?.made !== true) return;
  const client = await DBOSClient.create({ systemDatabaseUrl: at.url, systemDatabasePool: at.pool });
  try {
    await client.deleteWorkflows([...roots], true);
  } finally {
    await client.destroy();
  }
}
