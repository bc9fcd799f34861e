import type { Pool, PoolClient } from "pg";
import type { EventBody, Outcome } from "../../dsl/event.ts";
import { FailureError } from "../../dsl/failure.ts";
import type { Json } from "../../dsl/json.ts";
import type { Plan } from "../../dsl/plan-document.ts";
import { engineFailure } from "../failures.ts";
import { enterLane, type Lane } from "../lane.ts";
import { patiently } from "./patience.ts";
import type { StoredEvent } from "./recorder.ts";
import { listed, type RunSummary, type SummaryRow, summaryOf } from "./run-list.ts";
import type { RunMemory } from "./run-memory.ts";
import { type Messages, messages } from "./run-messages.ts";
import { protocol } from "./schema.ts";
import { workerAlive } from "./session.ts";
import { appendEvent, transaction } from "./transaction.ts";

/** What is stored of one run, apart from its events. */
export interface RunRecord extends RunSummary {
  readonly plan: Plan;
}

/** What a worker must know of a run beside its record. */
export interface HeldRun {
  readonly record: RunRecord;
  readonly width: number;
  readonly worker: string;
  readonly memory: RunMemory;
  /** Null where runs work side by side. */
  readonly lane: Lane | null;
  readonly messages: Messages;
}

/** A new run as it is first stored. */
export interface NewRun {
  readonly run: string;
  readonly definition: string;
  readonly plan: Plan;
  readonly width: number;
  readonly worker: string;
  readonly follows?: string | undefined;
  /** Absent where it works beside all others. */
  readonly lane?: Lane | undefined;
  /** The event `run.started`. */
  readonly event: StoredEvent;
}

/** Stores a run and its first event, and puts it into its lane. False where the run exists already. */
export function insertRun(pool: Pool, spec: NewRun): Promise<boolean> {
  return patiently(async (again) => (again && (await isStored(pool, spec))) || storeRun(pool, spec));
}

/** Whether this very run was stored, although nobody was told. */
async function isStored(pool: Pool, { run, worker, event }: NewRun): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select 1 from edgecert.runs r join edgecert.events e on e.run = r.run and e.seq = 1
     where r.run = $1 and r.worker = $2 and e.at = $3`,
    [run, worker, event.at],
  );
  return rowCount === 1;
}

function storeRun(pool: Pool, spec: NewRun): Promise<boolean> {
  const { run, plan } = spec;
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `insert into edgecert.runs (run, pipeline, definition, plan, plan_digest, width, worker, follows, protocol)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
      [run, plan.pipeline, spec.definition, plan, plan.digest, spec.width, spec.worker, spec.follows ?? null, protocol],
    );
    if (rowCount === 0) return false;
    await appendEvent(client, run, spec.event);
    if (spec.lane !== undefined) await enterLane(client, run, spec.lane);
    return true;
  });
}

/** The record of one run; null where there is none of that name. */
export async function runRecord(pool: Pool, run: string): Promise<RunRecord | null> {
  const { rows } = await patiently(() =>
    pool.query<RunRow>(
      `select r.*, r.plan->'params' as params, ${workerAlive} as alive from edgecert.runs r where r.run = $1 and ${listed}`,
      [run],
    ),
  );
  return rows[0] === undefined ? null : recordOf(rows[0]);
}

/**
 * How often a run may be taken over while it works. Beyond that whatever kills its workers may be the run itself: it is
 * cancelled, and everything it holds is given back.
 */
export const mostTakeovers = 100;

/** How long a database may take to see that a killed worker's connection is gone, in milliseconds. */
const deathNoticeMs = 1500;

/** Makes this worker the holder of a run, unless a live one is. Gives what the run remembers. */
export async function takeRun(pool: Pool, run: string, worker: string): Promise<HeldRun> {
  const deadline = Date.now() + deathNoticeMs;
  for (;;) {
    const holder = await patiently(async (again) => {
      const found = await transaction(pool, (client) => takeFromDead(client, run, worker));
      return again && found === worker ? null : found;
    });
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
  // Because others of its lane may work by now, what has work left waits for its turn again.
  await client.query(
    `update edgecert.runs set worker = $2, takeovers = takeovers + 1, state =
       case when lane is null or sealed_digest is not null or cancel_reason is not null or state = 'finished'
         then 'running' else 'queued' end
     where run = $1`,
    [run, worker],
  );
  return null;
}

/** What a run remembers, for the worker that holds it. */
export function heldRun(pool: Pool, run: string): Promise<HeldRun> {
  return patiently(() => readHeldRun(pool, run));
}

async function readHeldRun(pool: Pool, run: string): Promise<HeldRun> {
  const { rows } = await pool.query<RunRow>(
    `select r.*, r.plan->'params' as params, true as alive from edgecert.runs r where r.run = $1`,
    [run],
  );
  const [row] = rows;
  if (row === undefined) throw new FailureError(engineFailure.unknownRun(run));
  const nodes = await pool.query<NodeRow>("select * from edgecert.nodes where run = $1", [run]);
  const settled = nodes.rows.flatMap((each) => {
    const { node, outcome, round, output, lost } = each;
    if (outcome === null) return [];
    const value = output?.value === undefined ? {} : { output: output.value };
    return [[node, { outcome, round, ...value, ...(lost === true ? { lost } : {}) }] as const];
  });
  const opened = nodes.rows.flatMap(({ node, opened }) => (opened === null ? [] : [[node, opened.expiresAt] as const]));
  return {
    record: recordOf(row),
    width: row.width,
    worker: row.worker,
    lane: row.lane === null || row.lane_mode === null ? null : { lane: row.lane, mode: row.lane_mode },
    messages: await messages(pool, run),
    memory: {
      takeovers: row.takeovers,
      sealed: row.sealed_verdict,
      outcome: row.outcome,
      settled: new Map(settled),
      attempts: new Map(
        nodes.rows.flatMap(({ node, attempt }) => (attempt === null ? [] : [[node, attempt] as const])),
      ),
      rounds: new Map(nodes.rows.map(({ node, round }) => [node, round])),
      opened: new Map(opened),
    },
  };
}

interface RunRow extends SummaryRow {
  readonly plan: Plan;
  readonly width: number;
  readonly worker: string;
  readonly takeovers: number;
  readonly lane: string | null;
  readonly lane_mode: Lane["mode"] | null;
}

interface NodeRow {
  readonly node: string;
  readonly attempt: number | null;
  readonly round: number;
  readonly outcome: Outcome | null;
  readonly lost: boolean | null;
  readonly output: { readonly value?: Json } | null;
  readonly opened: Extract<EventBody, { type: "approval.waiting" }>["data"] | null;
}

function recordOf(row: RunRow): RunRecord {
  return { ...summaryOf(row), plan: row.plan };
}
