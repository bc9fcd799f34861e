import type { Pool } from "pg";
import { FailureError, failureOf } from "../dsl/failure.ts";
import type { Engine, RunRecord, StartSpec } from "./engine.ts";
import { engineFailure } from "./failures.ts";
import { ahead, type LaneRun, laneRuns, replaced, takeTurn } from "./lane.ts";
import type { LiveRun } from "./live-run.ts";
import type { Database } from "./store/database.ts";
import { patiently } from "./store/patience.ts";
import { storeEvent } from "./store/run-messages.ts";
import { type HeldRun, heldRun } from "./store/run-store.ts";
import { storedEvent } from "./store/stored-event.ts";

/** How the work of a run begins once its turn has come. */
export interface Beginning {
  begin(): Promise<void>;
  readonly giveBack?: StartSpec["giveBack"];
}

/** Longest time between two looks, in milliseconds: nobody tells when a worker was killed. */
const lookMs = 1000;

/** The runs of this process that wait for their turn. */
export class Turns {
  readonly #engine: Pick<Engine, "append" | "cancel" | "record" | "resume" | "wait">;
  readonly #database: Pick<Database, "pool" | "session">;
  readonly #waiting = new Set<Promise<void>>();
  /** Runs of dead workers that were replaced from here. */
  readonly #replaced = new Set<string>();

  constructor(
    engine: Pick<Engine, "append" | "cancel" | "record" | "resume" | "wait">,
    database: Pick<Database, "pool" | "session">,
  ) {
    this.#engine = engine;
    this.#database = database;
  }

  /** Begins the work of a run: at once or, where it is queued, when its turn has come; it does not wait for that. */
  async begin(held: HeldRun, live: LiveRun, beginning: Beginning): Promise<void> {
    if (held.lane === null || held.record.state !== "queued") return beginning.begin();
    const turn = this.#turn(held, live, beginning)
      .then((now) => (now ? beginning.begin() : undefined))
      .catch((error) => live.release(error instanceof Error ? error : new Error(String(error))));
    this.#waiting.add(turn);
    void turn.then(() => this.#waiting.delete(turn));
  }

  /** Resolves when nothing waits here any more: every run has been let go of. */
  async ended(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  /** Resolves when what replaced runs held is given back, also where the run that replaced them was cancelled. */
  async givenBack(): Promise<void> {
    for (const run of this.#replaced) await this.#engine.wait(run).catch(() => {});
  }

  /** Waits until the run may work. False where it was cancelled meanwhile, or let go of. */
  async #turn({ record, lane }: HeldRun, live: LiveRun, { giveBack }: Beginning): Promise<boolean> {
    const { pool, session } = this.#database;
    const { run } = record;
    const released = live.released.signal;
    let told = "";
    while (lane !== null && !released.aborted) {
      if (lane.mode === "replace") await this.#replaceOlder(run, lane.lane, giveBack);
      const turn = await patiently(() => takeTurn(pool, run, lane.lane));
      if (turn.type !== "later") return turn.type === "now";
      const { behind } = turn;
      if (lane.mode === "refuse") throw new FailureError(engineFailure.laneHeld(lane.lane, behind));
      const event = storedEvent({ type: "run.queued", data: { lane: lane.lane, behind } });
      if (told !== behind.join()) await storeEvent(pool, run, event);
      told = behind.join();
      await Promise.race([run, ...behind].map((name) => session.next(name, lookMs, released)));
    }
    return false;
  }

  async #replaceOlder(run: string, lane: string, giveBack: Beginning["giveBack"]): Promise<void> {
    const others = await patiently(() => laneRuns(this.#database.pool, run, lane));
    for (const other of replaced(others)) {
      if (this.#replaced.has(other.run)) continue;
      try {
        await this.#replace(run, other, giveBack);
      } catch (error) {
        const { reason, title, detail } = failureOf(error);
        // Because it may have ended by itself, or somebody else gives it back: then there is nothing to tell.
        if (reason === "run-finished" || reason === "run-alive") continue;
        const text = `${other.run} is replaced, but not given back (${title}: ${detail}): edgecert cancel ${other.run}`;
        await this.#engine.append(run, { type: "note", data: { text } });
      }
    }
  }

  /** Cancels an older run for a newer one; what a dead worker left of it is given back here. */
  async #replace(run: string, other: LaneRun, giveBack: Beginning["giveBack"]): Promise<void> {
    const engine = this.#engine;
    await engine.cancel(other.run, `replaced by ${run}`);
    const record: RunRecord | null = other.alive ? null : await engine.record(other.run);
    if (record === null || record.state === "finished" || giveBack === undefined) return;
    this.#replaced.add(other.run);
    await engine.resume(other.run, await giveBack(record), "give-back");
    await engine.wait(other.run);
  }
}

/** Because a run that refuses others refuses to wait for them too, it is told before it is taken over. */
export async function refuseHeldLane(pool: Pool, { run, sealed }: RunRecord): Promise<void> {
  const { lane } = await heldRun(pool, run);
  if (lane?.mode !== "refuse" || sealed !== null) return;
  const holders = ahead(await laneRuns(pool, run, lane.lane));
  if (holders.length > 0) throw new FailureError(engineFailure.laneHeld(lane.lane, holders));
}
