import { setTimeout as delay } from "node:timers/promises";
import { failureOf } from "../dsl/failure.ts";
import type { Pipeline } from "../dsl/pipeline.ts";
import type { Engine } from "./engine.ts";
import type { RunSummary } from "./store/run-list.ts";

/** Who takes runs over, and from where. */
export interface AdoptionOptions {
  readonly engine: Pick<Engine, "runs" | "resume">;
  /** The pipeline of a run, from its definition; throws where it cannot be had. */
  load(run: RunSummary): Promise<Pipeline>;
  /** Told of each run that is worked on here from now on. */
  adopted(run: string): void;
  /** Told once of each run that cannot be taken over by this process. */
  refused(run: string, error: unknown): void;
  /** Between two looks, in milliseconds; default 5,000. */
  readonly lookMs?: number;
}

/** Stops looking; what was taken over stays. */
export interface Adoption extends AsyncDisposable {}

/**
 * How often in a row a worker must be seen dead. Because after the database itself was gone every worker looks dead until
 * it has connected again, which takes it less than the time between two looks.
 */
const looks = 3;

/**
 * Takes over what dead workers left, until it is disposed: their runs go on here as if they had been resumed. Of several
 * survivors one wins each run. A survivor needs the definition file and the home folder that the dead one had.
 */
export function adoptRuns(options: AdoptionOptions): Adoption {
  const { engine, lookMs = 5000 } = options;
  const closing = new AbortController();
  let seen = new Map<string, number>();
  const refused = new Set<string>();

  const take = async (run: RunSummary): Promise<void> => {
    try {
      await engine.resume(run.run, await options.load(run));
      options.adopted(run.run);
    } catch (error) {
      // Because another survivor that was quicker is no trouble, and a lane that is held now will be free.
      const { reason } = failureOf(error);
      if (reason === "run-alive" || reason === "run-finished" || reason === "lane-held") return;
      refused.add(run.run);
      options.refused(run.run, error);
    }
  };
  const look = async (): Promise<void> => {
    const orphans = (await engine.runs({ kind: "unfinished" })).filter(({ alive, run }) => !alive && !refused.has(run));
    seen = new Map(orphans.map(({ run }) => [run, (seen.get(run) ?? 0) + 1]));
    for (const run of orphans.toReversed()) {
      if (!closing.signal.aborted && (seen.get(run.run) ?? 0) >= looks) await take(run);
    }
  };
  const watch = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await look().catch(() => {});
      await delay(lookMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await watching;
    },
  };
}
