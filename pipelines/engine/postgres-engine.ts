import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { EventBody } from "../dsl/event.ts";
import { FailureError } from "../dsl/failure.ts";
import type { Json } from "../dsl/json.ts";
import type { Pipeline } from "../dsl/pipeline.ts";
import { refuseStranger } from "./continuing.ts";
import type { Durable } from "./durable.ts";
import type { Engine, EngineOptions, RunEnd, StartSpec } from "./engine.ts";
import { engineFailure } from "./failures.ts";
import { HeldRuns } from "./held-runs.ts";
import type { EventPlace } from "./live-run.ts";
import { checkRunName, newRunName } from "./run-name.ts";
import { type Database, openDatabase } from "./store/database.ts";
import { readEvents } from "./store/event-reader.ts";
import { type PastRun, pastRuns } from "./store/past-runs.ts";
import { type RunChoice, type RunSummary, runCount, runNames, runSummaries } from "./store/run-list.ts";
import { type DecisionSpec, messages, storeCancel, storeDecision, storeEvent } from "./store/run-messages.ts";
import { type RunRemovals, runRemovals } from "./store/run-removal.ts";
import * as store from "./store/run-store.ts";
import { storedEvent } from "./store/stored-event.ts";
import { refuseHeldLane, Turns } from "./turns.ts";

/**
 * Opens the engine of a home, on Postgres and DBOS. A worker may start and resume runs; opening alone starts nothing, and
 * DBOS is loaded by the first run that is started or resumed.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  await mkdir(options.home, { recursive: true });
  const worker = options.worker === false ? null : randomUUID().slice(0, 13);
  const held = new HeldRuns(options);
  const database = await openDatabase({
    home: options.home,
    ...(options.databaseUrl === undefined ? {} : { url: options.databaseUrl }),
    worker,
    changed: (run) => void held.refresh(run).catch(() => {}),
  });
  held.database = database;
  return new PostgresEngine({ options, database, held, worker });
}

interface EngineParts {
  readonly options: EngineOptions;
  readonly database: Database;
  readonly held: HeldRuns;
  readonly worker: string | null;
}

class PostgresEngine implements Engine {
  readonly #parts: EngineParts;
  #durable: Promise<Durable> | null = null;
  readonly #turns: Turns;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#turns = new Turns(this, parts.database);
  }

  async start(spec: StartSpec): Promise<string> {
    const worker = this.#worker();
    if (spec.run !== undefined) checkRunName(spec.run);
    const durable = await this.#launched();
    const { held, options } = this.#parts;
    const width = options.width ?? Math.max(4, availableParallelism());
    const { follows, origin } = spec;
    const started: EventBody = {
      type: "run.started",
      data: {
        planDigest: spec.plan.digest,
        resumed: false,
        nodes: spec.plan.nodes.length,
        ...(follows === undefined ? {} : { follows }),
        ...origin,
      },
    };
    for (;;) {
      const run = spec.run ?? newRunName();
      const { definition, plan } = spec;
      await spec.prepare?.(run);
      const row = { run, definition, plan, width, worker, follows, lane: spec.lane, event: storedEvent(started) };
      if (await store.insertRun(this.#pool, row)) {
        const stored = await store.heldRun(this.#pool, run);
        const live = await held.hold(stored, spec.pipeline);
        await this.#turns.begin(stored, live, { begin: () => durable.start(run), giveBack: spec.giveBack });
        return run;
      }
      if (spec.run === undefined) continue;
      const known = await this.record(run);
      if (known?.plan.digest !== plan.digest) throw new FailureError(engineFailure.runExists(run));
      return run;
    }
  }

  async resume(run: string, pipeline: Pipeline, purpose: "go-on" | "give-back" = "go-on"): Promise<void> {
    const worker = this.#worker();
    const known = await this.record(run);
    if (known === null) throw new FailureError(engineFailure.unknownRun(run));
    const finished = known.state === "finished";
    if (finished && known.leaked === 0) throw new FailureError(engineFailure.runFinished(run));
    // Because a cancelled run starts no work any more, and what it holds must not depend on an edited definition.
    const cancelled = purpose === "give-back" && (await messages(this.#pool, run)).cancelReason !== null;
    await refuseStranger(this.#pool, known, cancelled ? null : pipeline);
    const durable = await this.#launched();
    if (!cancelled && !finished) await refuseHeldLane(this.#pool, known);
    const taken = await store.takeRun(this.#pool, run, worker);
    const live = await this.#parts.held.hold(taken, pipeline);
    live.tell({ type: "run.resumed", data: { reason: finished ? "some undos had leaked" : "its worker was gone" } });
    await live.flushed();
    // Because a run that only waits for a person is taken over by whoever looks after it, it may be so for ever.
    if (known.state === "running" && taken.memory.takeovers > store.mostTakeovers) {
      await this.cancel(run, `taken over ${taken.memory.takeovers} times without coming to its end`);
    }
    await this.#turns.begin(taken, live, { begin: () => durable.takeOver(run, finished) });
    await this.#parts.held.refresh(run);
  }

  async check(run: string, pipeline: Pipeline): Promise<void> {
    const known = await this.record(run);
    if (known === null) throw new FailureError(engineFailure.unknownRun(run));
    await refuseStranger(this.#pool, known, pipeline);
  }

  async wait(run: string): Promise<RunEnd> {
    const { session, pool } = this.#parts.database;
    for (;;) {
      const woken = session.next(run, 2000);
      const record = await store.runRecord(pool, run);
      if (record === null) throw new FailureError(engineFailure.unknownRun(run));
      const { state, outcome, leaked } = record;
      if (state === "finished") return { outcome: outcome ?? "failed", leaked };
      if (state === "waiting-approval" && (await this.#undecided(record))) {
        return { outcome: "waiting-approval", leaked };
      }
      const why = this.#parts.held.find(run)?.released.signal.reason;
      if (why !== undefined) throw why;
      await woken;
    }
  }

  async cancel(run: string, reason: string, cause?: "infrastructure"): Promise<void> {
    const event = storedEvent({ type: "cancel.requested", data: { reason, ...(cause && { cause }) } });
    await storeCancel(this.#pool, run, event, reason);
    await this.#parts.held.refresh(run);
  }

  async decide(run: string, decision: DecisionSpec): Promise<void> {
    await storeDecision(this.#pool, run, decision);
    await this.#parts.held.refresh(run);
  }

  record(run: string): Promise<store.RunRecord | null> {
    return store.runRecord(this.#pool, run);
  }

  runs(choice: RunChoice = {}): Promise<readonly RunSummary[]> {
    return runSummaries(this.#pool, choice);
  }

  count(): Promise<number> {
    return runCount(this.#pool);
  }

  names(): Promise<readonly string[]> {
    return runNames(this.#pool);
  }

  get removals(): RunRemovals {
    const { database } = this.#parts;
    // Because it takes a third of a second to load and only a removal needs it.
    return runRemovals(database.pool, async (roots) =>
      (await import("./store/workflow-removal.ts")).deleteWorkflows(database, roots),
    );
  }

  past(pipeline: string, atMost: number): Promise<readonly PastRun[]> {
    return pastRuns(this.#pool, pipeline, atMost);
  }

  async owed(run: string): Promise<readonly string[]> {
    const { record, memory } = await store.heldRun(this.#pool, run);
    return record.plan.nodes.flatMap(({ id, undoOf }) => {
      const outcome = memory.settled.get(id)?.outcome;
      const done = outcome === "passed" || outcome === "skipped";
      return undoOf !== null && memory.attempts.has(undoOf) && !done ? [id] : [];
    });
  }

  async outputs(run: string): Promise<ReadonlyMap<string, Json>> {
    const { memory } = await store.heldRun(this.#pool, run);
    const given = [...memory.settled].flatMap(([node, { output }]) =>
      output === undefined ? [] : [[node, output] as const],
    );
    return new Map(given);
  }

  events(run: string, options: Parameters<Engine["events"]>[1] = {}): ReturnType<Engine["events"]> {
    return readEvents(this.#pool, this.#parts.database.session, run, options);
  }

  async append(run: string, body: EventBody, place: EventPlace = {}): Promise<void> {
    const live = this.#parts.held.find(run);
    if (live === undefined || live.released.signal.aborted) {
      return storeEvent(this.#pool, run, storedEvent(body, place));
    }
    live.tell(body, place);
    return live.flushed();
  }

  async close(): Promise<void> {
    const { held, database } = this.#parts;
    await this.#turns.givenBack();
    await held.release(new Error("the engine was closed"));
    await this.#turns.ended();
    if (this.#durable !== null) await (await this.#durable).close();
    await database.close();
  }

  get #pool() {
    return this.#parts.database.pool;
  }

  #worker(): string {
    const { worker } = this.#parts;
    if (worker === null) throw new TypeError("this engine was opened without a worker: it starts and resumes nothing");
    return worker;
  }

  #launched(): Promise<Durable> {
    const { database, held } = this.#parts;
    // Because it takes a third of a second to load and nothing that only looks needs it.
    this.#durable ??= import("./durable.ts").then(({ openDurable }) =>
      openDurable({ url: database.url, pool: database.pool, worker: this.#worker(), holder: held }),
    );
    return this.#durable;
  }

  /**
   * Whether only a person can bring a waiting run on. A live worker may have a decision, or an approval whose time is
   * over, or even have settled it, before the run's row says so.
   */
  async #undecided({ run, alive }: store.RunRecord): Promise<boolean> {
    if (!alive) return true;
    const { messages, memory } = await store.heldRun(this.#pool, run);
    const now = new Date().toISOString();
    return [...memory.opened].some(
      ([node, expiresAt]) =>
        (expiresAt === null || expiresAt > now) && !messages.decisions.has(node) && !memory.settled.has(node),
    );
  }
}
