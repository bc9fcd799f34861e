import { failureOf } from "../dsl/failure.ts";
import { adoptRuns } from "../engine/adoption.ts";
import { pipelineOf } from "./reproduction/pipeline.ts";
import { findRun } from "./runs.ts";
import { sweepRegularly } from "./sweeping.ts";
import { openEngineHere } from "./wiring.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Takes over what dead processes leave, until the first interrupt; says one line for each run. What has expired and
 * belongs to no live run is given back meanwhile.
 */
export async function standBy(): Promise<void> {
  const interrupted = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of signals) process.once(signal, resolve);
  });
  await using work = await openEngineHere({ worker: true });
  await using _sweeps = sweepRegularly(work);
  const held = new Set<string>();
  const adoption = adoptRuns({
    engine: work.engine,
    load: async ({ run }) => pipelineOf(await findRun(work.engine, run)),
    adopted: (run) => {
      held.add(run);
      console.log(`${run}: its process is gone; it goes on here. Follow it: edgecert logs ${run} --follow`);
      void follow(work.engine, run).finally(() => held.delete(run));
    },
    refused: (run, error) => {
      const { title, detail, next } = failureOf(error);
      console.error(`${run}: cannot go on here. ${title}: ${detail}\n  ${next}`);
    },
  });
  console.log("Standing by for runs whose process dies. Stop with Ctrl-C.");
  const signal = await interrupted;
  await adoption[Symbol.asyncDispose]();
  for (const run of held)
    console.log(`${signal}: lets ${run} go, with what it holds; go on with: edgecert resume ${run}`);
}

async function follow(engine: Awaited<ReturnType<typeof openEngineHere>>["engine"], run: string): Promise<void> {
  try {
    for (;;) {
      const { outcome, leaked } = await engine.wait(run);
      if (outcome === "waiting-approval") {
        console.log(`${run}: waits for a decision`);
        for await (const event of engine.events(run, { follow: true })) if (event.type === "run.finished") break;
        continue;
      }
      console.log(`${run}: ${outcome}${leaked === 0 ? "" : `, ${leaked} leaked`}`);
      return;
    }
  } catch (error) {
    console.error(`${run}: let go. ${error instanceof Error ? error.message : String(error)}`);
  }
}
