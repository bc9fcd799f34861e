import type { Provider, Resource } from "../../infra/providers/provider.ts";
import { standingRun } from "../../infra/standing/record.ts";
import { type Failure, failureOf } from "../dsl/failure.ts";
import type { RunRecord } from "../engine/engine.ts";
import { UsageError } from "./exit.ts";
import { HeldTrouble, heldAt, type SilentPlace, silence } from "./held.ts";
import type { Rows } from "./runs.ts";

/** What of the listed things is to be given back. */
export interface ReleaseChoice {
  /** One run, of which everything is given back; null for what has expired of all. */
  readonly run: string | null;
  /** Also what has not expired yet. */
  readonly force: boolean;
}

/** For all that one node holds at a place, in milliseconds: a bare-metal host alone may take ten minutes to go. */
const releaseMs = 1_200_000;

/**
 * Gives back what the provider lists, except what belongs to a run that a live process works on: `edgecert cancel` is
 * for those. Says what was given back, what was kept, and what could not be given back or listed: one keeps no other. A
 * UsageError refuses a named run that is worked on.
 */
export async function releaseListed(
  provider: Pick<Provider, "list" | "release" | "places">,
  runs: readonly Pick<RunRecord, "run" | "alive">[],
  { run, force }: ReleaseChoice,
): Promise<Rows> {
  const alive = new Set(runs.filter((one) => one.alive).map((one) => one.run));
  if (run !== null && alive.has(run))
    throw new UsageError("The run is being worked on", run, `stop it with: edgecert cancel ${run}`);
  const { found, silent } = await heldAt(provider, run === null ? {} : { run });
  // Because a cluster that stands belongs to no run, and may be in use by any.
  const stands = (one: Resource) => run === null && one.run === standingRun;
  const due = (one: Resource) => run !== null || (force && !stands(one)) || Date.parse(one.expiresAt) <= Date.now();
  const tried = await releaseAll(
    provider,
    found.filter((one) => !alive.has(one.run) && due(one)),
  );
  const line = (one: Resource) => {
    const what = `${one.id}  ${one.kind}  ${one.run}  ${one.node}`;
    const failure = tried.get(one);
    if (failure === null) return `released  ${what}`;
    if (failure !== undefined) return `left      ${what}  ${failure.title}`;
    const why = alive.has(one.run) ? "a live process works on the run" : `until ${one.expiresAt}`;
    return `kept      ${what}  ${why}${stands(one) ? "; it goes by: edgecert clusters down" : ""}`;
  };
  return {
    lines: found.length === 0 && silent.length === 0 ? ["Nothing is held: 0 machines, 0 files."] : found.map(line),
    json: found.map((one) => ({ ...one, released: tried.get(one) === null })),
    trouble: troubleOf(silent, tried),
  };
}

/** Null for what was given back. */
async function releaseAll(provider: Pick<Provider, "release">, chosen: readonly Resource[]) {
  const tried = new Map<Resource, Failure | null>();
  for (const [, group] of Map.groupBy(chosen, (one) => JSON.stringify([one.provider, one.run, one.node]))) {
    // Because a cluster goes as a whole, what keeps one of its resources must not be waited for at each.
    const signal = AbortSignal.timeout(releaseMs);
    for (const one of group) tried.set(one, await provider.release(one, signal).then(() => null, failureOf));
  }
  return tried;
}

function troubleOf(silent: readonly SilentPlace[], tried: ReadonlyMap<Resource, Failure | null>) {
  const left = [...tried].flatMap(([{ id }, failure]) => (failure === null ? [] : [{ about: id, failure }]));
  if (left.length === 0) return silence(silent);
  const unknown = silent.map(({ place, failure }) => ({ about: place, failure }));
  return new HeldTrouble(`${left.length} could not be given back`, [...unknown, ...left]);
}
