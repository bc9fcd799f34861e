import type { Pool } from "pg";
import type { StoredEvent } from "./recorder.ts";
import { removalLock } from "./schema.ts";
import { workerAlive } from "./session.ts";
import { appendEvent, transaction } from "./transaction.ts";

/**
 * How far a run goes: `whole`, or `output`: what it printed, while its row, its decisions and the rest of its events
 * stay, because somebody decided on its certificate.
 */
export type Removal = "whole" | "output";

/** A run that may be removed. */
export interface OldRun {
  readonly run: string;
  readonly pipeline: string;
  /** UTC, ISO 8601: when the last thing happened in it. */
  readonly endedAt: string;
  readonly events: number;
  readonly removal: Removal;
}

/** Takes finished runs out of the record so that a removal which is killed at any moment is seen and finished later. */
export interface RunRemovals {
  /** Does something while nobody else removes runs of this database. */
  exclusively<Value>(work: () => Promise<Value>): Promise<Value>;
  /**
   * The runs that may go, oldest first: finished, nothing leaked, not yet reduced, and not among the `keepLast` newest
   * of their pipeline. One that a live worker has just finished waits a minute.
   */
  removable(keepLast: number): AsyncGenerator<OldRun>;
  /** Runs whose removal was begun and not finished. They are in no list any more where they go whole. */
  begun(): Promise<readonly BegunRemoval[]>;
  /** Begins the removal of those that still may go; of the `decided` ones only what they printed goes. */
  begin(runs: readonly string[], decided: readonly string[]): Promise<readonly BegunRemoval[]>;
  /** Ends begun removals: call when the files are out of the way. */
  finish(removals: readonly BegunRemoval[]): Promise<void>;
  /** Lets the database use the room of what was removed again. Gives its size in bytes. */
  tidy(): Promise<number>;
}

/** A removal that was begun. */
export interface BegunRemoval {
  readonly run: string;
  readonly removal: Removal;
}

const pageSize = 200;

// Because the worker of a run that has just finished may not have closed its books yet.
const settled = `(not (${workerAlive}) or exists (
  select 1 from edgecert.events e
  where e.run = r.run and e.seq = r.last_seq and e.at::timestamptz < now() - interval '1 minute'))`;
const mayGo = `r.removal is null and r.state = 'finished' and r.leaked = 0 and ${settled}`;
const wasDecided = "exists (select 1 from edgecert.decisions d where d.run = r.run)";

/** Removals in one database. `deleteWorkflows` takes away what the workflow engine keeps of runs. */
export function runRemovals(pool: Pool, deleteWorkflows: (roots: readonly string[]) => Promise<void>): RunRemovals {
  return {
    exclusively: (work) => exclusively(pool, work),
    removable: (keepLast) => removable(pool, keepLast),
    async begun() {
      const { rows } = await pool.query<BegunRemoval>(
        "select run, removal from edgecert.runs where removal in ('whole', 'output') order by run",
      );
      return rows;
    },
    async begin(runs, decided) {
      const { rows } = await pool.query<BegunRemoval>(
        `update edgecert.runs r set removal = case when ${wasDecided} or r.run = any($2) then 'output' else 'whole' end
         where r.run = any($1) and ${mayGo} returning r.run, r.removal`,
        [runs, decided],
      );
      return rows;
    },
    finish: (removals) => finish(pool, deleteWorkflows, removals),
    async tidy() {
      await pool.query("vacuum edgecert.runs, edgecert.nodes, edgecert.events");
      const { rows } = await pool.query<{ bytes: string }>("select pg_database_size(current_database()) as bytes");
      return Number(rows[0]?.bytes ?? 0);
    },
  };
}

async function exclusively<Value>(pool: Pool, work: () => Promise<Value>): Promise<Value> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [removalLock]);
    return await work();
  } finally {
    // Because the lock must go with whatever state the connection is in, it is closed rather than kept.
    client.release(true);
  }
}

async function* removable(pool: Pool, keepLast: number): AsyncGenerator<OldRun> {
  let after: readonly [string, string] = ["-infinity", ""];
  for (;;) {
    const { rows } = await pool.query<OldRow>(
      `with ranked as (
         select run, row_number() over (partition by pipeline order by started_at desc, run desc) as place
         from edgecert.runs
       )
       select r.run, r.pipeline, r.last_seq, r.started_at::text as begun, coalesce(e.at::timestamptz, r.started_at) as ended,
         case when ${wasDecided} then 'output' else 'whole' end as removal
       from edgecert.runs r join ranked on ranked.run = r.run and ranked.place > $1
       left join edgecert.events e on e.run = r.run and e.seq = r.last_seq
       where ${mayGo} and (r.started_at, r.run) > ($2::timestamptz, $3) order by r.started_at, r.run limit ${pageSize}`,
      [keepLast, ...after],
    );
    for (const { run, pipeline, last_seq, begun, ended, removal } of rows) {
      after = [begun, run];
      yield { run, pipeline, endedAt: ended.toISOString(), events: Number(last_seq), removal };
    }
    if (rows.length < pageSize) return;
  }
}

interface OldRow {
  readonly run: string;
  readonly pipeline: string;
  readonly last_seq: string;
  readonly begun: string;
  readonly ended: Date;
  readonly removal: Removal;
}

async function finish(
  pool: Pool,
  deleteWorkflows: (roots: readonly string[]) => Promise<void>,
  removals: readonly BegunRemoval[],
): Promise<void> {
  if (removals.length === 0) return;
  const named = (removal: Removal) => removals.filter((one) => one.removal === removal).map(({ run }) => run);
  const { rows } = await pool.query<{ root: string }>(
    `select case takeover when 0 then run else run || '#' || takeover end as root
     from edgecert.runs, generate_series(0, takeovers) as takeover where run = any($1)`,
    [removals.map(({ run }) => run)],
  );
  await deleteWorkflows(rows.map(({ root }) => root));
  await pool.query("delete from edgecert.runs where run = any($1) and removal = 'whole'", [named("whole")]);
  for (const run of named("output")) await reduce(pool, run);
}

/** Takes away what a run printed, and says so in its stream. */
async function reduce(pool: Pool, run: string): Promise<void> {
  const text = "what this run printed, its packages and its results were pruned; certificate and decisions stay";
  const event: StoredEvent = { at: new Date().toISOString(), type: "note", data: { text } };
  await transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      "update edgecert.runs set removal = 'done' where run = $1 and removal = 'output'",
      [run],
    );
    // Because of two that finish the same removal only one may say so.
    if (rowCount === 0) return;
    await client.query("delete from edgecert.events where run = $1 and type = 'log'", [run]);
    await appendEvent(client, run, event);
  });
}
