import type { Pool } from "pg";
import type { Event } from "../../dsl/event.ts";
import { patiently } from "./patience.ts";
import type { Wakeups } from "./session.ts";

/** Longest silence before the table is read again, for a notification that was lost, in milliseconds. */
const slowPollMs = 2000;
const pageSize = 1000;

/** What a reader may be asked for. */
export interface ReadOptions {
  /** Only events with a larger `seq`. */
  readonly after?: number;
  /** Goes on until the run has finished. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** The stored events of a run in order. With `follow` it ends behind the last `run.finished` of a finished run. */
export async function* readEvents(
  pool: Pool,
  wakeups: Wakeups,
  run: string,
  { after = 0, follow = false, signal }: ReadOptions,
): AsyncGenerator<Event> {
  let seq = after;
  while (!signal?.aborted) {
    // Because a note that arrives while the table is read must not be missed: first listen, then read.
    const woken = follow ? wakeups.next(run, slowPollMs, signal) : null;
    const page = await patiently(() => readPage(pool, run, seq));
    for (const event of page.events) {
      seq = event.seq;
      yield event;
      if (signal?.aborted) return;
    }
    if (page.events.length === pageSize) continue;
    if (woken === null || (page.finished && seq >= page.lastSeq)) return;
    await woken;
  }
}

interface Page {
  readonly events: readonly Event[];
  readonly finished: boolean;
  readonly lastSeq: number;
}

async function readPage(pool: Pool, run: string, after: number): Promise<Page> {
  const state = await pool.query<{ state: string; last_seq: string }>(
    "select state, last_seq from edgecert.runs where run = $1",
    [run],
  );
  const { rows } = await pool.query<EventRow>(
    "select seq, at, node, attempt, host, type, data from edgecert.events where run = $1 and seq > $2 order by seq limit $3",
    [run, after, pageSize],
  );
  const [row] = state.rows;
  const events = rows.map((each) => decodeEvent(run, each));
  return { events, finished: row === undefined || row.state === "finished", lastSeq: Number(row?.last_seq ?? 0) };
}

interface EventRow {
  readonly seq: string;
  readonly at: string;
  readonly node: string | null;
  readonly attempt: number | null;
  readonly host: string | null;
  readonly type: string;
  readonly data: unknown;
}

function decodeEvent(run: string, row: EventRow): Event {
  const { at, node, attempt, host, type, data } = row;
  const place = {
    ...(node === null ? {} : { node }),
    ...(attempt === null ? {} : { attempt }),
    ...(host === null ? {} : { host }),
  };
  // The cast is a decoder's: only our own writer inserts rows, from values of type EventBody.
  return { v: 1, seq: Number(row.seq), at, run, ...place, type, data } as Event;
}
