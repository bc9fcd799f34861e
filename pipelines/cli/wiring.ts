import { machinesOf } from "../../infra/providers/machines.ts";
import type { Provider } from "../../infra/providers/provider.ts";
import type { Pipeline } from "../dsl/pipeline.ts";
import type { Engine, RunRecord } from "../engine/engine.ts";
import { openEngine } from "../engine/postgres-engine.ts";
import { type DiskWatch, watchDisks } from "./disk-watch.ts";
import { databasePlace } from "./home.ts";
import { catchInterrupts, type Interrupts } from "./interrupts.ts";
import { pipelineOf } from "./reproduction/pipeline.ts";
import { filledFolders, leastFree } from "./room.ts";
import { sealRun } from "./sealing.ts";
import { sweep } from "./sweeping.ts";

/** An open engine with the providers it works on; closed by `await using`. */
export interface Wiring extends AsyncDisposable {
  readonly engine: Engine;
  readonly provider: Provider;
  readonly home: string;
  /** Whether other machines may use the same database. */
  readonly shared: boolean;
}

/** A wiring that works on a run, and turns interrupts into a cancel of it. */
export interface Worker extends Wiring {
  readonly interrupts: Interrupts;
  readonly disks: DiskWatch;
}

/** Opens the engine so that it does work. What has expired and belongs to no live run is given back first. */
export async function openWorker(
  options: { readonly width?: number; readonly minFree?: number } = {},
): Promise<Worker> {
  const { minFree = leastFree, ...rest } = options;
  const work = await openEngineHere({ ...rest, worker: true });
  await sweep(work);
  const disks = watchDisks(work.engine, filledFolders, minFree);
  const interrupts = catchInterrupts(work.engine);
  const close = async () => {
    interrupts[Symbol.dispose]();
    disks[Symbol.dispose]();
    await work.engine.close();
  };
  return { ...work, interrupts, disks, [Symbol.asyncDispose]: close };
}

/** Opens the engine to read, and to leave messages; no work starts. */
export function openReader(): Promise<Wiring> {
  return openEngineHere({ worker: false });
}

/** Opens the engine of this home, or of the shared database, without listening for interrupts. */
export async function openEngineHere(options: { readonly width?: number; readonly worker: boolean }): Promise<Wiring> {
  const { home, databaseUrl } = databasePlace();
  const provider = machinesOf(home);
  const shared = databaseUrl !== undefined;
  const engine: Engine = await openEngine({
    home,
    ...options,
    ...(shared ? { databaseUrl } : {}),
    keep: (held, until) => provider.keep(held, until, AbortSignal.timeout(60_000)),
    seal: (run, clean) => sealRun({ engine, provider, home, clean }, run),
  });
  return { engine, provider, home, shared, [Symbol.asyncDispose]: () => engine.close() };
}

/**
 * Takes an interrupted or waiting run up again, with the definition file that it was started from, or a cancelled one
 * with the pipeline that gives back what it holds. Gives the `seq` of the last event before that.
 */
export async function continueRun(work: Worker, record: RunRecord, giveBack?: Pipeline): Promise<number> {
  const pipeline = giveBack ?? (await pipelineOf(record));
  let seen = 0;
  for await (const event of work.engine.events(record.run)) seen = event.seq;
  await work.engine.resume(record.run, pipeline, giveBack === undefined ? "go-on" : "give-back");
  work.interrupts.watch(record.run);
  work.disks.watch(record.run);
  return seen;
}
