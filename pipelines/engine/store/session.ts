import { hostname } from "node:os";
import type { Client, Pool } from "pg";
import { FailureError } from "../../dsl/failure.ts";
import { channel, workerLocks } from "./schema.ts";

/** Wakes whoever waits for a run to change. */
export interface Wakeups {
  /** Resolves at the next change of the run, after `atMostMs`, or when the signal is aborted. */
  next(run: string, atMostMs: number, signal?: AbortSignal): Promise<void>;
}

/** How often a worker shows that it lives, in milliseconds; it counts as dead after six times that. */
export const heartbeatMs = 5000;

/** What a session is opened with. */
export interface SessionOptions {
  /** A new, unconnected client of its own. */
  client(): Client;
  readonly pool: Pool;
  /** The name under which this process holds runs; null for one that only looks. */
  readonly worker: string | null;
  /** Brings a server of our own back where it is gone. */
  revive(): Promise<void>;
  /** Called for every change of a run; with null where changes may have been missed. */
  changed(run: string | null): void;
}

/**
 * One connection kept for as long as the engine is open: it listens, and its advisory lock shows that the worker lives.
 * The lock goes with the connection, so a killed worker is seen dead at once.
 */
export class Session implements Wakeups {
  readonly #options: SessionOptions;
  #client: Client | null = null;
  #closed = false;
  #trouble: FailureError | null = null;
  #waiters = new Map<string, Set<() => void>>();
  #heartbeat: NodeJS.Timeout | undefined;

  private constructor(options: SessionOptions) {
    this.#options = options;
  }

  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    await session.#connect();
    if (options.worker !== null) {
      session.#heartbeat = setInterval(() => void session.#beat(options.worker ?? ""), heartbeatMs);
      session.#heartbeat.unref();
    }
    return session;
  }

  /** Why a server of our own does not come back; null where it is there, or nobody knows. */
  get trouble(): FailureError | null {
    return this.#trouble;
  }

  next(run: string, atMostMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(run) ?? new Set();
      this.#waiters.set(run, waiters);
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, atMostMs);
      signal?.addEventListener("abort", done, { once: true });
      waiters.add(done);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    for (const run of this.#waiters.keys()) this.#wake(run);
    const { worker, pool } = this.#options;
    if (worker !== null) await pool.query("delete from edgecert.workers where id = $1", [worker]).catch(() => {});
    await this.#client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = this.#options.client();
    client.on("error", () => {});
    client.on("notification", ({ payload }) => this.#wake(payload ?? ""));
    client.on("end", () => void this.#reconnect(client));
    await client.connect();
    await client.query(`listen ${channel}`);
    const { worker } = this.#options;
    if (worker !== null) {
      const { rows } = await client.query<{ number: number }>(
        `insert into edgecert.workers (id, pid, host) values ($1, $2, $3)
         on conflict (id) do update set seen_at = now() returning number`,
        [worker, process.pid, hostname()],
      );
      await client.query("select pg_advisory_lock($1, $2)", [workerLocks, rows[0]?.number]);
    }
    this.#client = client;
  }

  async #reconnect(lost: Client): Promise<void> {
    if (this.#client !== lost) return;
    for (let pauseMs = 50; !this.#closed; pauseMs = Math.min(2000, pauseMs * 2)) {
      try {
        await this.#options.revive();
        await this.#connect();
        this.#trouble = null;
        this.#options.changed(null);
        return;
      } catch (error) {
        this.#trouble = error instanceof FailureError ? error : null;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  async #beat(worker: string): Promise<void> {
    await this.#options.pool
      .query("update edgecert.workers set seen_at = now() where id = $1", [worker])
      .catch(() => {});
    // Because a notification may have been lost with a connection: the slow look makes up for it.
    this.#options.changed(null);
  }

  #wake(run: string): void {
    for (const waiter of [...(this.#waiters.get(run) ?? [])]) waiter();
    this.#options.changed(run);
  }
}

const aliveWorkers = `
  select w.id from edgecert.workers w
  join pg_locks l on l.locktype = 'advisory' and l.classid::bigint = ${workerLocks} and l.objid::bigint = w.number
    and l.objsubid = 2 and l.granted and l.database = (select oid from pg_database where datname = current_database())
  where w.seen_at > now() - interval '${(6 * heartbeatMs) / 1000} seconds'`;

/** SQL: whether the worker of the row `r` of edgecert.runs lives, by its lock and its heartbeat. */
export const workerAlive = `r.worker in (${aliveWorkers})`;

/** SQL: how many workers live. */
export const workerAliveCount = `select count(*)::integer from (${aliveWorkers}) as alive`;
