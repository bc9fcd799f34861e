import { DBOS, type DLogger } from "@dbos-inc/dbos-sdk";
import type { Pool, PoolClient } from "pg";
import { type InterpreterOptions, interpret, type Journal } from "./interpreter.ts";
import type { LiveRun } from "./live-run.ts";
import { type NodeStep, runNode } from "./node-work.ts";
import { initialState, type LeftState, leakedState } from "./scheduler/run-state.ts";
import { patiently } from "./store/patience.ts";
import { launchLock, protocol } from "./store/schema.ts";

/** The runs that this process holds, and how they are interpreted. */
export interface Holder {
  live(run: string): LiveRun;
  options(run: string): Omit<InterpreterOptions, "state">;
}

/** DBOS, bound to one database and one worker. There is one at most in a process. */
export interface Durable {
  /** Starts a run, once per name. */
  start(run: string): Promise<void>;
  /** Takes over what a dead worker left of a run; of a finished run, what it still owes. */
  takeOver(run: string, finished: boolean): Promise<void>;
  close(): Promise<void>;
}

// Because a lost worker's workflows come back once per takeover, and this limit (100 by default) ends them without their
// undo: ours, which gives everything back first, is `mostTakeovers`.
const forever = { maxRecoveryAttempts: 1_000_000_000 };

let holder: Holder | null = null;

function held(): Holder {
  if (holder === null) throw new Error("no engine is open in this process");
  return holder;
}

/** What a workflow does for a held run. Where it fails for reasons of ours the run is let go, to be taken over later. */
async function guarded<Value>(run: string, work: (live: LiveRun) => Promise<Value>): Promise<Value> {
  const live = held().live(run);
  try {
    return await work(live);
  } catch (error) {
    // Because an error that DBOS records ends the workflow for good, and with it the undo that is owed.
    live.release(error instanceof Error ? error : new Error(String(error)));
    return new Promise(() => {});
  }
}

const nodeWorkflow = DBOS.registerWorkflow(
  (run: string, node: string, round: number): Promise<void> =>
    guarded(run, (live) => {
      const record = (step: () => Promise<NodeStep>) => recorded(run, "attempt", step);
      return runNode(live, node, { round, record });
    }),
  { name: "node", ...forever },
);

const runWorkflow = DBOS.registerWorkflow(
  (run: string): Promise<void> =>
    guarded(run, (live) =>
      interpret(live, journal(run), { ...held().options(run), state: initialState(live.parts.graph) }),
    ),
  { name: "run", ...forever },
);

/** A finished run that leaked: its undos are tried again. */
const againWorkflow = DBOS.registerWorkflow(
  (run: string, left: LeftState): Promise<void> =>
    guarded(run, (live) =>
      interpret(live, journal(run), { ...held().options(run), state: leakedState(live.parts.graph, left) }),
    ),
  { name: "again", ...forever },
);

function recorded<Value>(run: string, name: string, step: () => Promise<Value>): Promise<Value> {
  return DBOS.runStep(() => guarded(run, step), { name });
}

function journal(run: string): Journal {
  return {
    async start(node, round) {
      const workflowID = nodeId(run, node, round);
      await DBOS.startWorkflow(nodeWorkflow, { workflowID })(run, node, round);
    },
    record: (name, step) => recorded(run, name, step),
  };
}

function nodeId(run: string, node: string, round: number): string {
  return `${run}/${node}${round === 0 ? "" : `#${round}`}`;
}

const quiet: DLogger = { info() {}, debug() {}, warn() {}, error() {} };

/** Launches DBOS for one worker. Nothing is continued by itself: a run comes back only by {@link Durable.takeOver}. */
export async function openDurable(options: {
  readonly url: string;
  readonly pool: Pool;
  readonly worker: string;
  readonly holder: Holder;
}): Promise<Durable> {
  if (holder !== null) throw new Error("an engine is open in this process already");
  holder = options.holder;
  const queue = `edgecert-${options.worker}`;
  DBOS.setConfig({
    name: "edgecert",
    systemDatabaseUrl: options.url,
    systemDatabasePool: options.pool,
    applicationVersion: protocol,
    executorID: options.worker,
    listenQueues: [queue],
    logger: quiet,
    useListenNotify: false,
  });
  try {
    await patiently(() => alone(options.pool, launch));
  } catch (error) {
    holder = null;
    throw error;
  }
  return {
    start: async (run) => {
      await DBOS.startWorkflow(runWorkflow, { workflowID: run })(run);
    },
    takeOver: (run, finished) => (finished ? again(run) : takeOver(run, queue)),
    async close() {
      await DBOS.deleteQueue(queue).catch(() => {});
      await DBOS.shutdown();
      holder = null;
    },
  };
}

/** Because a launch that broke off leaves an executor behind, which the next one must not meet. */
async function launch(): Promise<void> {
  try {
    await DBOS.launch();
  } catch (error) {
    await DBOS.shutdown().catch(() => {});
    throw error;
  }
}

/**
 * Does something that only one process at a time may do on a database: DBOS makes its tables with indexes that are built
 * concurrently, and two who do so deadlock.
 */
async function alone(pool: Pool, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    // Because an index that is built concurrently waits for every statement that runs, nobody may wait inside one.
    while (!(await tryLock(client))) await new Promise((resolve) => setTimeout(resolve, 50));
    await work();
    await client.query("select pg_advisory_unlock($1)", [launchLock]);
  } finally {
    // Because a lock that could not be given back goes with its connection.
    client.release(true);
  }
}

async function tryLock(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [launchLock]);
  return rows[0]?.taken === true;
}

async function again(run: string): Promise<void> {
  const live = held().live(run);
  const workflowID = `${run}#${live.parts.memory.takeovers}`;
  await DBOS.startWorkflow(againWorkflow, { workflowID })(run, live.left());
}

async function takeOver(run: string, queue: string): Promise<void> {
  const root = await patiently(() => DBOS.getWorkflowStatus(run));
  if (root === null) {
    await DBOS.startWorkflow(runWorkflow, { workflowID: run })(run);
    return;
  }
  // Because another worker must not pick up a run whose definition it has not loaded, the queue is ours alone.
  const settings = { minPollingIntervalMs: 100, onConflict: "always_update" } as const;
  await patiently(() => DBOS.registerQueue(queue, settings));
  await patiently(async (again) => {
    const left = await DBOS.listWorkflows({
      workflow_id_prefix: [`${run}/`, `${run}#`],
      status: ["PENDING", "ENQUEUED"],
      loadInput: false,
    });
    const all = [(await DBOS.getWorkflowStatus(run)) ?? root, ...left];
    // Because what was resumed before the connection went may be at work here by now.
    const ids = all.filter(({ queueName }) => !again || queueName !== queue).map(({ workflowID }) => workflowID);
    if (ids.length > 0) await DBOS.resumeWorkflows(ids, { queueName: queue });
  });
}
