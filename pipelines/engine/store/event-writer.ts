import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { FailureError } from "../../dsl/failure.ts";
import { engineFailure } from "../failures.ts";
import { patiently } from "./patience.ts";
import type { NodeEntry, RecordEntry, Recorder, RunEntry, StoredEvent } from "./recorder.ts";
import { channel } from "./schema.ts";

/** Most entries in one statement. */
const largestBatch = 2000;
/** How long entries that nobody waits for may gather, in milliseconds. */
const gatherMs = 50;

/** How a writer reaches the database, and whom it tells that it no longer may. */
export interface WriterOptions {
  readonly pool: Pool;
  readonly run: string;
  /** The worker that must still hold the run. */
  readonly worker: string;
  lost(why: FailureError): void;
  /** Where the database lies, for people. */
  readonly place: string;
  /** Why the database does not come back, where that is known. */
  trouble(): FailureError | null;
}

/** Writes the record of one run: one statement at a time, entries gathered meanwhile go together in the next. */
export class EventWriter implements Recorder {
  readonly #options: WriterOptions;
  #pending: RecordEntry[] = [];
  #pushed = 0;
  #stored = 0;
  #waiters: { readonly upTo: number; resolve(): void; reject(error: Error): void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #lost: FailureError | null = null;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  push(entry: RecordEntry): void {
    if (this.#lost !== null) return;
    this.#pending.push(entry);
    this.#pushed += 1;
    if (this.#writing) return;
    if (this.#pending.length >= largestBatch) void this.#write();
    else this.#timer ??= setTimeout(() => void this.#write(), gatherMs);
  }

  flushed(): Promise<void> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    if (this.#stored >= this.#pushed) return Promise.resolve();
    const done = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ upTo: this.#pushed, resolve, reject });
    });
    // Because the callers of this turn should share one statement.
    if (!this.#writing) setImmediate(() => void this.#write());
    return done;
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      while (this.#pending.length > 0) {
        const batch = this.#pending.splice(0, largestBatch);
        await this.#store(batch);
        this.#stored += batch.length;
        this.#settle();
        // Because lines that nobody waits for are written in larger batches.
        if (this.#waiters.length === 0) break;
      }
    } catch (error) {
      this.#giveUp(
        error instanceof FailureError ? error : (this.#options.trouble() ?? lostDatabase(this.#options.place, error)),
      );
    } finally {
      this.#writing = false;
      if (this.#pending.length > 0 && this.#lost === null)
        this.#timer ??= setTimeout(() => void this.#write(), gatherMs);
    }
  }

  #settle(): void {
    const ready = this.#waiters.filter(({ upTo }) => upTo <= this.#stored);
    this.#waiters = this.#waiters.filter(({ upTo }) => upTo > this.#stored);
    for (const waiter of ready) waiter.resolve();
  }

  #giveUp(why: FailureError): void {
    this.#lost = why;
    this.#pending = [];
    for (const waiter of this.#waiters.splice(0)) waiter.reject(why);
    this.#options.lost(why);
  }

  async #store(batch: readonly RecordEntry[]): Promise<void> {
    const id = randomUUID();
    await patiently(() => storeBatch(this.#options, batch, id));
  }
}

/** One statement: sequence numbers without gaps under the run's row lock, refused where another worker holds the run. */
const statement = `
with fence as (
  update edgecert.runs set
    last_seq = last_seq + $3, last_batch = $4,
    state = coalesce($7::json->>'state', state),
    outcome = coalesce($7::json->>'outcome', outcome),
    leaked = coalesce(($7::json->>'leaked')::integer, leaked),
    sealed_digest = coalesce($7::json->'sealed'->>'digest', sealed_digest),
    sealed_verdict = coalesce($7::json->'sealed'->>'verdict', sealed_verdict)
  where run = $1 and worker = $2 and last_batch is distinct from $4
  returning last_seq - $3 as before
), nodes as (
  insert into edgecert.nodes as old (run, node, attempt, round, outcome, lost, output, opened)
  select $1, n.node, n.attempt, coalesce(n.round, 0), n.outcome, n.lost, n.output, n.opened
  from fence, json_to_recordset($6::json)
    as n(node text, attempt integer, round integer, outcome text, lost boolean, output json, opened json)
  on conflict (run, node) do update set
    attempt = coalesce(excluded.attempt, old.attempt),
    round = greatest(excluded.round, old.round),
    outcome = case when excluded.round > old.round then excluded.outcome else coalesce(excluded.outcome, old.outcome) end,
    lost = case when excluded.round > old.round then excluded.lost else coalesce(excluded.lost, old.lost) end,
    output = case when excluded.round > old.round then excluded.output else coalesce(excluded.output, old.output) end,
    opened = coalesce(excluded.opened, old.opened)
), events as (
  insert into edgecert.events (run, seq, at, node, attempt, host, type, data)
  select $1, fence.before + e.position, e.event->>'at', e.event->>'node', (e.event->>'attempt')::integer,
    e.event->>'host', e.event->>'type', e.event->'data'
  from fence, json_array_elements($5::json) with ordinality as e(event, position)
)
select pg_notify('${channel}', $1) from fence`;

async function storeBatch(options: WriterOptions, batch: readonly RecordEntry[], id: string): Promise<void> {
  const { pool, run, worker } = options;
  const events = batch.flatMap(({ event }): readonly StoredEvent[] => (event === undefined ? [] : [event]));
  const nodes = mergedNodes(batch);
  const state: RunEntry = Object.assign({}, ...batch.map((entry) => entry.run ?? {}));
  const { rowCount } = await pool.query({
    name: "edgecert-record",
    text: statement,
    values: [run, worker, events.length, id, JSON.stringify(events), JSON.stringify(nodes), JSON.stringify(state)],
  });
  if (rowCount !== 0) return;
  // Because a statement whose answer was lost is sent again: then the batch is there already.
  const { rows } = await pool.query("select 1 from edgecert.runs where run = $1 and last_batch = $2", [run, id]);
  if (rows.length === 0) throw new FailureError(engineFailure.takenOver(run));
}

/** One entry per node, because one statement may not touch a row twice. */
function mergedNodes(batch: readonly RecordEntry[]): readonly NodeEntry[] {
  const merged = new Map<string, NodeEntry>();
  for (const { node } of batch) {
    if (node !== undefined) merged.set(node.node, { ...kept(merged.get(node.node), node), ...node });
  }
  return [...merged.values()];
}

function kept(known: NodeEntry | undefined, next: NodeEntry): Partial<NodeEntry> {
  if (known === undefined || (next.round ?? 0) <= (known.round ?? 0)) return known ?? {};
  const { outcome: _, lost: __, output: ___, ...rest } = known;
  return rest;
}

function lostDatabase(place: string, error: unknown): FailureError {
  const detail = error instanceof Error ? error.message : String(error);
  // 53100: disk_full, as Postgres words it with the path of the file that it could not extend.
  const full = error instanceof Error && "code" in error && error.code === "53100";
  return new FailureError(full ? engineFailure.diskFull(place, detail) : engineFailure.databaseLost(detail), {
    cause: error,
  });
}
