import type { Pool, PoolClient } from "pg";
import { FailureError } from "../dsl/failure.ts";
import { engineFailure } from "./failures.ts";
import { laneLocks } from "./store/schema.ts";
import { workerAlive } from "./store/session.ts";
import { storedEvent } from "./store/stored-event.ts";
import { appendEvent, transaction } from "./store/transaction.ts";

/** A lane in which runs go one after another, and what this run does that finds another one there. */
export interface Lane {
  readonly lane: string;
  readonly mode: "queue" | "replace" | "refuse";
}

/**
 * Where a run stands in its lane. The database is the only arbiter: turns are given under one lock per lane.
 *
 *     (new) --nobody before it--> running --sealed or finished--> (the lane is free)
 *       `----somebody before it---> queued --its turn--> running
 *                                      `--cancelled-----> finished
 *
 * A lane is held by a run that a live worker works on. One whose worker is dead holds nothing: it waits for its turn
 * when it is resumed, before all that came later. A run that waits for an approval has ended its work.
 */
export type Turn =
  | { readonly type: "now" }
  | { readonly type: "later"; readonly behind: readonly string[] }
  /** Cancelled meanwhile, or not waiting. */
  | { readonly type: "none" };

/** Another run of a lane. */
export interface LaneRun {
  readonly run: string;
  readonly state: "queued" | "running";
  readonly alive: boolean;
  readonly older: boolean;
  readonly sealed: boolean;
}

/** Puts a run that has just been stored by this transaction into its lane. Throws where it refuses to wait. */
export async function enterLane(client: PoolClient, run: string, lane: Lane): Promise<void> {
  await lockLane(client, lane.lane);
  // Because tickets are given under the lock, their order is the order in which the runs came.
  await client.query(
    "update edgecert.runs set lane = $2, lane_mode = $3, ticket = nextval('edgecert.tickets') where run = $1",
    [run, lane.lane, lane.mode],
  );
  const others = await laneRuns(client, run, lane.lane);
  const behind = ahead(others);
  if (lane.mode === "refuse" && behind.length > 0) throw new FailureError(engineFailure.laneHeld(lane.lane, behind));
  if (behind.length === 0 && (lane.mode !== "replace" || replaced(others).length === 0)) return;
  await client.query("update edgecert.runs set state = 'queued' where run = $1", [run]);
}

/** Gives a queued run its turn where nobody is before it; otherwise says who is. */
export async function takeTurn(pool: Pool, run: string, lane: string): Promise<Turn> {
  return transaction(pool, async (client): Promise<Turn> => {
    await lockLane(client, lane);
    const { rows } = await client.query<{ state: string; cancel_reason: string | null; waited: number }>(
      `select state, cancel_reason, extract(epoch from now() - started_at) * 1000 as waited from edgecert.runs
       where run = $1 for update`,
      [run],
    );
    const [row] = rows;
    if (row?.state !== "queued") return { type: "none" };
    // Because a cancelled run only gives back what it holds, it waits for nobody.
    const behind = row.cancel_reason !== null ? [] : ahead(await laneRuns(client, run, lane));
    if (behind.length > 0) return { type: "later", behind };
    await client.query("update edgecert.runs set state = 'running' where run = $1", [run]);
    const data = { lane, waitedMs: Math.round(Number(row.waited)) };
    await appendEvent(client, run, storedEvent({ type: "run.admitted", data }));
    return { type: "now" };
  });
}

/** The other runs of a lane that wait or work, dead ones too, oldest first. */
export async function laneRuns(client: Pool | PoolClient, run: string, lane: string): Promise<readonly LaneRun[]> {
  const { rows } = await client.query<LaneRun>(
    `select r.run, r.state, ${workerAlive} as alive, r.sealed_digest is not null as sealed,
       r.ticket < (select ticket from edgecert.runs where run = $1) as older
     from edgecert.runs r where r.lane = $2 and r.run <> $1 and r.state in ('queued', 'running') order by r.ticket`,
    [run, lane],
  );
  return rows;
}

/** The runs that a newer one replaces: not those that are sealed, which publish what somebody approved. */
export function replaced(others: readonly LaneRun[]): readonly LaneRun[] {
  return others.filter(({ older, sealed }) => older && !sealed);
}

/** Who goes first: whoever works, and whoever came earlier and waits; the dead are stepped over. */
export function ahead(others: readonly LaneRun[]): readonly string[] {
  return others.filter(({ alive, state, older }) => alive && (state === "running" || older)).map(({ run }) => run);
}

async function lockLane(client: PoolClient, lane: string): Promise<void> {
  await client.query("select pg_advisory_xact_lock($1, hashtext($2))", [laneLocks, lane]);
}
