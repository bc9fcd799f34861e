import type { Pool, PoolClient } from "pg";
import { FailureError } from "../../dsl/failure.ts";
import { engineFailure } from "../failures.ts";
import { patiently } from "./patience.ts";
import type { StoredEvent } from "./recorder.ts";
import type { StoredDecision } from "./run-memory.ts";
import { channel } from "./schema.ts";
import { appendEvent, transaction } from "./transaction.ts";

/** What reached a run from other processes. */
export interface Messages {
  readonly cancelReason: string | null;
  readonly decisions: ReadonlyMap<string, StoredDecision>;
}

/** The messages that reached a run: whether it is to be cancelled, and what was decided. */
export function messages(pool: Pool, run: string): Promise<Messages> {
  return patiently(async () => {
    const { rows } = await pool.query<{ cancel_reason: string | null }>(
      "select cancel_reason from edgecert.runs where run = $1",
      [run],
    );
    return { cancelReason: rows[0]?.cancel_reason ?? null, decisions: await storedDecisions(pool, run) };
  });
}

/**
 * Stores a cancel with its event, once. A run that waits for its turn has done nothing, so it has finished with that.
 * Throws for an unknown or finished run.
 */
export function storeCancel(pool: Pool, run: string, event: StoredEvent, reason: string): Promise<void> {
  const store = async (client: PoolClient, again: boolean): Promise<void> => {
    const { rows } = await client.query<{ state: string; cancel_reason: string | null }>(
      "select state, cancel_reason from edgecert.runs where run = $1 for update",
      [run],
    );
    const [row] = rows;
    if (row === undefined) throw new FailureError(engineFailure.unknownRun(run));
    if (again && row.cancel_reason === reason) return;
    if (row.state === "finished") throw new FailureError(engineFailure.runFinished(run));
    if (row.cancel_reason !== null) return;
    await client.query("update edgecert.runs set cancel_reason = $2 where run = $1", [run, reason]);
    await appendEvent(client, run, event);
    if (row.state !== "queued") return;
    const { rowCount } = await client.query("select 1 from edgecert.nodes where run = $1 limit 1", [run]);
    // Because a run that was interrupted waits again for its turn, and what it holds must be given back.
    if (rowCount !== 0) return;
    await client.query("update edgecert.runs set state = 'finished', outcome = 'cancelled' where run = $1", [run]);
    await appendEvent(client, run, { at: event.at, type: "run.finished", data: { outcome: "cancelled", leaked: 0 } });
  };
  return patiently((again) => transaction(pool, (client) => store(client, again)));
}

/** What is decided about one approval, on the sealed certificate of one digest. */
export interface DecisionSpec {
  readonly node: string;
  readonly decision: "approved" | "rejected";
  readonly by: string;
  readonly reason: string;
  readonly digest: string;
}

/** Stores a decision. Throws where the approval is not open, has expired, was decided, or the digest is not the sealed one. */
export function storeDecision(pool: Pool, run: string, spec: DecisionSpec): Promise<void> {
  return patiently(async (again) => {
    const stored = again ? (await storedDecisions(pool, run)).get(spec.node) : undefined;
    const { decision, by, reason } = spec;
    // Because it may have been stored before the connection went.
    if (stored?.decision === decision && stored.by === by && stored.reason === reason) return;
    await transaction(pool, (client) => decideOnce(client, run, spec));
  });
}

async function decideOnce(client: PoolClient, run: string, spec: DecisionSpec): Promise<void> {
  const { node, decision, by, reason, digest } = spec;
  const { rows } = await client.query<DecidedRow>(
    `select r.sealed_digest, n.opened, n.outcome, now() as at from edgecert.runs r
     left join edgecert.nodes n on n.run = r.run and n.node = $2 where r.run = $1 for update of r`,
    [run, node],
  );
  const [row] = rows;
  if (row === undefined) throw new FailureError(engineFailure.unknownRun(run));
  const refuse = (why: string) => new FailureError(engineFailure.notWaiting(run, node, why));
  if (row.sealed_digest === null) throw refuse("The run is not sealed yet.");
  if (row.opened === null) throw refuse("It is no approval that waits.");
  if (row.outcome !== null) throw refuse("It has been decided already.");
  if (row.sealed_digest !== digest) throw new FailureError(engineFailure.digestChanged(run, row.sealed_digest, digest));
  const { expiresAt } = row.opened;
  // Because while no worker holds the run nobody has said that the time is over.
  if (expiresAt !== null && expiresAt <= row.at.toISOString())
    throw new FailureError(engineFailure.decidedTooLate(node, expiresAt));
  const { rowCount } = await client.query(
    `insert into edgecert.decisions (run, node, decision, by, reason) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [run, node, decision, by, reason],
  );
  if (rowCount === 0) throw refuse("It has been decided already.");
  await client.query(`select pg_notify('${channel}', $1)`, [run]);
}

interface DecidedRow {
  readonly sealed_digest: string | null;
  readonly opened: { readonly expiresAt: string | null } | null;
  readonly outcome: string | null;
  /** The database's clock: the decision is stored with the same time. */
  readonly at: Date;
}

/** Appends one event, whoever holds the run. */
export async function storeEvent(pool: Pool, run: string, event: StoredEvent): Promise<void> {
  await transaction(pool, (client) => appendEvent(client, run, event));
}

async function storedDecisions(pool: Pool, run: string): Promise<ReadonlyMap<string, StoredDecision>> {
  const { rows } = await pool.query<{
    node: string;
    decision: StoredDecision["decision"];
    by: string;
    reason: string;
    at: Date;
  }>("select node, decision, by, reason, at from edgecert.decisions where run = $1", [run]);
  return new Map(
    rows.map(({ node, decision, by, reason, at }) => [node, { decision, by, reason, at: at.toISOString() }]),
  );
}
