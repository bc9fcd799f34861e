import { requireSystemPackages } from "../../infra/hosts/requirements.ts";
import { type ConcurrencyMode, laneOf, refsOf } from "../dsl/concurrency.ts";
import type { Plan, PlanConcurrency } from "../dsl/plan-document.ts";
import { attend } from "./attend.ts";
import { givingBack } from "./giving-back.ts";
import { runFolder } from "./home.ts";
import { originOf } from "./origin.ts";
import { makePlan, type PlanChoice } from "./planning.ts";
import { requireRoom } from "./room.ts";
import { takenInventory } from "./run-inventory.ts";
import type { ShowChoice } from "./view/run-view.ts";
import { openWorker } from "./wiring.ts";

/** Words of a new run. */
export interface StartWords extends PlanChoice, ShowChoice {
  readonly width?: number;
  /** Bytes of every disk below which the run is not started, and cancelled. */
  readonly minFree?: number;
  /** What the run does that finds another one in its lane; absent for what the definition says. */
  readonly concurrency?: ConcurrencyMode | "none";
}

/** Starts a run, stays with it, and gives its exit code. */
export async function startRun(definition: string | undefined, words: StartWords): Promise<number> {
  const { file, pipeline, plan, follows } = await makePlan(definition, words);
  const inventory = takenInventory(plan, words);
  requireSystemPackages();
  await requireRoom(plan, words.minFree);
  const { width, minFree } = words;
  await using work = await openWorker({ ...(width && { width }), ...(minFree && { minFree }) });
  const lane = laneFor(plan, words.concurrency);
  const origin = { ...(await originOf(file)), ...inventory?.origin };
  const run = await work.engine.start({
    definition: file,
    origin,
    pipeline,
    plan,
    ...(inventory && { prepare: (name) => inventory.keep(runFolder(work.home, name)) }),
    ...(follows === undefined ? {} : { follows }),
    ...(lane === null ? {} : { lane }),
    giveBack: (replaced) => givingBack(replaced.definition),
  });
  work.interrupts.watch(run);
  work.disks.watch(run);
  // Because the engine would be closed before an unawaited promise is done.
  return await attend(work, run, words);
}

/** The lane that a run of this plan goes in; null where it works beside all others. */
export function laneFor(plan: Plan, mode: StartWords["concurrency"]): PlanConcurrency | null {
  const { pipeline, sources, concurrency = null } = plan;
  if (mode === undefined) return concurrency;
  return mode === "none" ? null : { lane: concurrency?.lane ?? laneOf(pipeline, refsOf(sources)), mode };
}
