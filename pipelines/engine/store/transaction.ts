import type { Pool, PoolClient } from "pg";
import { FailureError } from "../../dsl/failure.ts";
import { engineFailure } from "../failures.ts";
import type { StoredEvent } from "./recorder.ts";
import { channel } from "./schema.ts";

/** Appends one event with the next number; the row lock lasts until the transaction ends. Throws for an unknown run. */
export async function appendEvent(client: PoolClient, run: string, event: StoredEvent): Promise<void> {
  const { rows } = await client.query<{ last_seq: string }>(
    "update edgecert.runs set last_seq = last_seq + 1 where run = $1 returning last_seq",
    [run],
  );
  const [row] = rows;
  if (row === undefined) throw new FailureError(engineFailure.unknownRun(run));
  const { at, node, attempt, host, type, data } = event;
  await client.query(
    "insert into edgecert.events (run, seq, at, node, attempt, host, type, data) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    [run, row.last_seq, at, node ?? null, attempt ?? null, host ?? null, type, JSON.stringify(data)],
  );
  await client.query(`select pg_notify('${channel}', $1)`, [run]);
}

/** Does something in one transaction on one connection. */
export async function transaction<Value>(pool: Pool, work: (client: PoolClient) => Promise<Value>): Promise<Value> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const value = await work(client);
    await client.query("commit");
    return value;
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}
