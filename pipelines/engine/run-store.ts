import type { Pool, PoolClient } from "pg";
import type { EventBody, Outcome } from "../dsl/event.ts";
import { FailureError } from "../dsl/failure.ts";
import type { Json } from "../dsl/json.ts";
import type { Plan } from "../dsl/plan-document.ts";
import { engineFailure } from "./failures.ts";
import type { RunMemory, StoredDecision } from "./live-run.ts";
import type { RunEntry, StoredEvent } from "./recorder.ts";
import type { RunOutcome } from "./run-state.ts";
import { channel } from "./schema.ts";
import { workerAlive } from "./session.ts";

/** What is stored of one run, apart from its events. */
export interface RunRecord {
  readonly run: string;
  readonly pipeline: string;
  /** Absolute path of the definition file. */
  readonly definition: string;
  readonly params: Json;
  readonly plan: Plan;
  readonly startedAt: string;
  readonly state: NonNullable<RunEntry["state"]>;
  readonly outcome: RunOutcome | null;
  /** Undo nodes that failed in the end. */
  readonly leaked: number;
  /** Digest and verdict of the sealed certificate; null before the seal. */
  readonly sealed: { readonly digest: string; readonly verdict: string } | null;
  /** Whether a live worker holds the run. */
  readonly alive: boolean;
}

/** What a worker must know of a run beside its record. */
export interface HeldRun {
  readonly record: RunRecord;
  readonly width: number;
  readonly worker: string;
  readonly memory: RunMemory;
  readonly cancelReason: string | null;
  readonly decisions: ReadonlyMap<string, StoredDecision>;
}

/** A new run as it is first stored. */
export interface NewRun {
  readonly run: string;
  readonly definition: string;
  readonly plan: Plan;
  readonly width: number;
  readonly worker: string;
  /** The event `run.started`. */
  readonly event: StoredEvent;
}

/** Stores a run and its first event. False where the run exists already. */
export async function insertRun(pool: Pool, spec: NewRun): Promise<boolean> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `insert into edgecert.runs (run, pipeline, definition, plan, plan_digest, width, worker)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      [spec.run, spec.plan.pipeline, spec.definition, spec.plan, spec.plan.digest, spec.width, spec.worker],
    );
    if (rowCount === 0) return false;
    await appendEvent(client, spec.run, spec.event);
    return true;
  });
}

/** All runs, newest first, or the one that is named. */
export async function runRecords(pool: Pool, run?: string): Promise<readonly RunRecord[]> {
  const { rows } = await pool.query<RunRow>(
    `select r.*, ${workerAlive} as alive from edgecert.runs r
     where $1::text is null or r.run = $1 order by r.started_at desc, r.run desc`,
    [run ?? null],
  );
  return rows.map(recordOf);
}

/** How long a database may take to see that a killed worker's connection is gone, in milliseconds. */
const deathNoticeMs = 1500;

/** Makes this worker the holder of a run, unless a live one is. Gives what the run remembers. */
export async function takeRun(pool: Pool, run: string, worker: string): Promise<HeldRun> {
  const deadline = Date.now() + deathNoticeMs;
  for (;;) {
    const holder = await transaction(pool, (client) => takeFromDead(client, run, worker));
    if (holder === null) return heldRun(pool, run);
    if (Date.now() > deadline) throw new FailureError(engineFailure.runAlive(run, holder));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The live worker that holds the run; null where this one holds it from now on. */
async function takeFromDead(client: PoolClient, run: string, worker: string): Promise<string | null> {
  // Because of two survivors only one may win: the row lock is held until the new holder is stored.
  await client.query("select 1 from edgecert.runs where run = $1 for update", [run]);
  const { rows } = await client.query<{ worker: string; alive: boolean }>(
    `select r.worker, ${workerAlive} as alive from edgecert.runs r where r.run = $1`,
    [run],
  );
  const [row] = rows;
  if (row === undefined) throw new FailureError(engineFailure.unknownRun(run));
  if (row.alive) return row.worker;
  await client.query(
    "update edgecert.runs set worker = $2, takeovers = takeovers + 1, state = 'running' where run = $1",
    [run, worker],
  );
  return null;
}

/** What a run remembers, for the worker that holds it. */
export async function heldRun(pool: Pool, run: string): Promise<HeldRun> {
  const { rows } = await pool.query<RunRow>(`select r.*, true as alive from edgecert.runs r where r.run = $1`, [run]);
  const [row] = rows;
  if (row === undefined) throw new FailureError(engineFailure.unknownRun(run));
  const nodes = await pool.query<NodeRow>("select * from edgecert.nodes where run = $1", [run]);
  const settled = nodes.rows.flatMap(({ node, outcome, round, output }) =>
    outcome === null
      ? []
      : [[node, { outcome, round, ...(output?.value === undefined ? {} : { output: output.value }) }] as const],
  );
  const opened = nodes.rows.flatMap(({ node, opened }) => (opened === null ? [] : [[node, opened.expiresAt] as const]));
  return {
    record: recordOf(row),
    width: row.width,
    worker: row.worker,
    cancelReason: row.cancel_reason,
    decisions: await storedDecisions(pool, run),
    memory: {
      takeovers: row.takeovers,
      sealed: row.sealed_verdict,
      outcome: row.outcome,
      settled: new Map(settled),
      attempts: new Map(
        nodes.rows.flatMap(({ node, attempt }) => (attempt === null ? [] : [[node, attempt] as const])),
      ),
      opened: new Map(opened),
    },
  };
}

/** The messages that reached a run: whether it is to be cancelled, and what was decided. */
export async function messages(pool: Pool, run: string): Promise<Pick<HeldRun, "cancelReason" | "decisions">> {
  const { rows } = await pool.query<{ cancel_reason: string | null }>(
    "select cancel_reason from edgecert.runs where run = $1",
    [run],
  );
  return { cancelReason: rows[0]?.cancel_reason ?? null, decisions: await storedDecisions(pool, run) };
}

/** Stores a cancel with its event, once. Throws for an unknown or finished run. */
export async function storeCancel(pool: Pool, run: string, event: StoredEvent, reason: string): Promise<void> {
  await transaction(pool, async (client) => {
    const { rows } = await client.query<{ state: string; cancel_reason: string | null }>(
      "select state, cancel_reason from edgecert.runs where run = $1 for update",
      [run],
    );
    const [row] = rows;
    if (row === undefined) throw new FailureError(engineFailure.unknownRun(run));
    if (row.state === "finished") throw new FailureError(engineFailure.runFinished(run));
    if (row.cancel_reason !== null) return;
    await client.query("update edgecert.runs set cancel_reason = $2 where run = $1", [run, reason]);
    await appendEvent(client, run, event);
  });
}

/** What is decided about one approval, on the sealed certificate of one digest. */
export interface DecisionSpec {
  readonly node: string;
  readonly decision: "approved" | "rejected";
  readonly by: string;
  readonly reason: string;
  readonly digest: string;
}

/** Stores a decision. Throws where the approval is not open, was decided, or the digest is not the sealed one. */
export async function storeDecision(pool: Pool, run: string, spec: DecisionSpec): Promise<void> {
  const { node, decision, by, reason, digest } = spec;
  await transaction(pool, async (client) => {
    const { rows } = await client.query<{ sealed_digest: string | null; opened: unknown; outcome: string | null }>(
      `select r.sealed_digest, n.opened, n.outcome from edgecert.runs r
       left join edgecert.nodes n on n.run = r.run and n.node = $2 where r.run = $1 for update of r`,
      [run, node],
    );
    const [row] = rows;
    if (row === undefined) throw new FailureError(engineFailure.unknownRun(run));
    const refuse = (why: string) => new FailureError(engineFailure.notWaiting(run, node, why));
    if (row.sealed_digest === null) throw refuse("The run is not sealed yet.");
    if (row.opened === null) throw refuse("It is no approval that waits.");
    if (row.outcome !== null) throw refuse("It has been decided already.");
    if (row.sealed_digest !== digest)
      throw new FailureError(engineFailure.digestChanged(run, row.sealed_digest, digest));
    const { rowCount } = await client.query(
      `insert into edgecert.decisions (run, node, decision, by, reason) values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [run, node, decision, by, reason],
    );
    if (rowCount === 0) throw refuse("It has been decided already.");
    await client.query(`select pg_notify('${channel}', $1)`, [run]);
  });
}

/** Appends one event, whoever holds the run. */
export async function storeEvent(pool: Pool, run: string, event: StoredEvent): Promise<void> {
  await transaction(pool, (client) => appendEvent(client, run, event));
}

async function appendEvent(client: PoolClient, run: string, event: StoredEvent): Promise<void> {
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

async function transaction<Value>(pool: Pool, work: (client: PoolClient) => Promise<Value>): Promise<Value> {
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

interface RunRow {
  readonly run: string;
  readonly pipeline: string;
  readonly definition: string;
  readonly plan: Plan;
  readonly width: number;
  readonly started_at: Date;
  readonly state: RunRecord["state"];
  readonly outcome: RunOutcome | null;
  readonly leaked: number;
  readonly worker: string;
  readonly takeovers: number;
  readonly cancel_reason: string | null;
  readonly sealed_digest: string | null;
  readonly sealed_verdict: string | null;
  readonly alive: boolean;
}

interface NodeRow {
  readonly node: string;
  readonly attempt: number | null;
  readonly round: number;
  readonly outcome: Outcome | null;
  readonly output: { readonly value?: Json } | null;
  readonly opened: Extract<EventBody, { type: "approval.waiting" }>["data"] | null;
}

function recordOf(row: RunRow): RunRecord {
  const { run, pipeline, definition, plan, state, outcome, leaked, alive } = row;
  const sealed =
    row.sealed_digest === null ? null : { digest: row.sealed_digest, verdict: row.sealed_verdict ?? "unknown" };
  const startedAt = row.started_at.toISOString();
  return { run, pipeline, definition, params: plan.params, plan, startedAt, state, outcome, leaked, sealed, alive };
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
