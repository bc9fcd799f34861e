import type { Provider, Resource } from "../../infra/providers/provider.ts";
import type { RunRecord } from "../engine/engine.ts";
import { UsageError } from "./exit.ts";
import type { Rows } from "./runs.ts";

/** What of the listed things is to be given back. */
export interface ReleaseChoice {
  /** One run, of which everything is given back; null for what has expired of all. */
  readonly run: string | null;
  /** Also what has not expired yet. */
  readonly force: boolean;
}

/**
 * Gives back what the provider lists, except what belongs to a run that a live process works on: `edgecert cancel` is
 * for those. Says what was given back and what was kept. A UsageError refuses a named run that is worked on.
 */
export async function releaseListed(
  provider: Pick<Provider, "list" | "release">,
  runs: readonly Pick<RunRecord, "run" | "alive">[],
  { run, force }: ReleaseChoice,
): Promise<Rows> {
  const alive = new Set(runs.filter((one) => one.alive).map((one) => one.run));
  if (run !== null && alive.has(run))
    throw new UsageError("The run is being worked on", run, `stop it with: edgecert cancel ${run}`);
  const found = await provider.list(run === null ? {} : { run });
  const due = (one: Resource) => run !== null || force || Date.parse(one.expiresAt) <= Date.now();
  const chosen = found.filter((one) => !alive.has(one.run) && due(one));
  for (const one of chosen) await provider.release(one, AbortSignal.timeout(120_000));
  const released = new Set(chosen);
  const line = (one: Resource) => {
    const what = `${one.id}  ${one.kind}  ${one.run}  ${one.node}`;
    if (released.has(one)) return `released  ${what}`;
    return `kept      ${what}  ${alive.has(one.run) ? "a live process works on the run" : `until ${one.expiresAt}`}`;
  };
  return {
    lines: found.length === 0 ? ["Nothing is held: 0 machines, 0 files."] : found.map(line),
    json: found.map((one) => ({ ...one, released: released.has(one) })),
  };
}
