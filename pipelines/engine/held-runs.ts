import { dirname } from "node:path";
import type { Pipeline } from "../dsl/pipeline.ts";
import type { Holder } from "./durable.ts";
import type { EngineOptions } from "./engine.ts";
import { LiveRun } from "./live-run.ts";
import { planGraph } from "./scheduler/plan-graph.ts";
import { scrubber } from "./scrubber.ts";
import { secretReader } from "./secret-reader.ts";
import type { Database } from "./store/database.ts";
import { EventWriter } from "./store/event-writer.ts";
import { type Messages, messages } from "./store/run-messages.ts";
import type { HeldRun } from "./store/run-store.ts";

/** The runs that this process holds, or held until it let them go. */
export class HeldRuns implements Holder {
  readonly #options: EngineOptions;
  readonly #runs = new Map<string, { readonly live: LiveRun; readonly width: number }>();
  database: Database | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  find(run: string): LiveRun | undefined {
    return this.#runs.get(run)?.live;
  }

  live(run: string): LiveRun {
    const live = this.find(run);
    if (live === undefined) throw new Error(`this process does not hold ${run}`);
    return live;
  }

  options(run: string): ReturnType<Holder["options"]> {
    return { width: this.#runs.get(run)?.width ?? 4, seal: this.#options.seal ?? noSeal, keep: this.#options.keep };
  }

  /** Makes a stored run live in this process. */
  async hold(held: HeldRun, pipeline: Pipeline): Promise<LiveRun> {
    const { home, scrub } = this.#options;
    const { run, definition, plan } = held.record;
    const known = scrubber(scrub);
    const definitionFolder = dirname(definition);
    const secrets = secretReader(pipeline.secrets, definitionFolder, known);
    await secrets.learnAhead();
    const live = new LiveRun({
      run,
      home,
      definitionFolder,
      graph: planGraph(plan),
      pipeline,
      recorder: new EventWriter({
        pool: this.#pool(),
        run,
        worker: held.worker,
        lost: (why) => live.release(why),
        place: this.database?.place ?? "",
        trouble: () => this.database?.session.trouble ?? null,
      }),
      scrubber: known,
      secrets,
      memory: held.memory,
    });
    deliver(live, held.messages);
    this.#runs.set(run, { live, width: held.width });
    return live;
  }

  /** Brings messages from the database to the run they are for; null for all runs. */
  async refresh(run: string | null): Promise<void> {
    for (const name of run === null ? [...this.#runs.keys()] : [run]) {
      const live = this.find(name);
      if (live === undefined || live.released.signal.aborted) continue;
      deliver(live, await messages(this.#pool(), name));
    }
  }

  /** Stores what was said and lets go of every run. */
  async release(why: Error): Promise<void> {
    for (const { live } of this.#runs.values()) {
      await live.flushed().catch(() => {});
      live.release(why);
    }
  }

  #pool(): Database["pool"] {
    if (this.database === null) throw new Error("the database is not open yet");
    return this.database.pool;
  }
}

function deliver(live: LiveRun, { cancelReason, decisions }: Messages): void {
  if (cancelReason !== null) live.cancel(cancelReason);
  for (const [node, decision] of decisions) live.decide(node, decision);
}

async function noSeal(): Promise<never> {
  throw new TypeError("this engine was opened without `seal`");
}
