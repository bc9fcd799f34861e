import type { PlanConcurrency, PlanSource } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";
import { didYouMean } from "./suggestion.ts";

/** What a run does that finds another one in its lane: wait for its end, end it and go first, or not start. */
export type ConcurrencyMode = "queue" | "replace" | "refuse";

/** How runs of one definition share what they need. Runs of different keys never wait for each other. */
export interface ConcurrencySpec<Params> {
  /** What two runs must have in common to be in each other's way. Default: the refs of all declared sources. */
  readonly key?: (input: { readonly params: Params }) => string;
  /** `queue` waits, first come first served; `replace` cancels the older, whose undo runs first; `refuse` ends at once. */
  readonly mode: ConcurrencyMode;
}

const modes: readonly string[] = ["queue", "replace", "refuse"] satisfies readonly ConcurrencyMode[];

/** Longest key, in characters: it stands in messages. */
const longestKey = 200;

/** The lane of runs that get in each other's way: the pipeline, and what its key says. */
export function laneOf(pipeline: string, key: string): string {
  return key === "" ? pipeline : `${pipeline} ${key}`;
}

/** What runs have in common where nobody says it: the refs of the sources, each once. */
export function refsOf(sources: Readonly<Record<string, PlanSource>>): string {
  return [...new Set(Object.values(sources).map(({ ref }) => ref))].join(" ");
}

/** What the plan says of concurrency, absent where the definition says nothing; and what is wrong with that. */
export function readConcurrency(
  written: { readonly name: string; readonly concurrency: ConcurrencySpec<unknown> | null },
  sources: Readonly<Record<string, PlanSource>>,
  params: unknown,
): { readonly concurrency?: PlanConcurrency; readonly problems: readonly Problem[] } {
  const { name, concurrency } = written;
  if (concurrency === null) return { problems: [] };
  const { mode } = concurrency;
  const title = `Bad concurrency of ${name}`;
  if (!modes.includes(mode)) {
    const detail = `${JSON.stringify(mode)} is no mode.`;
    return { problems: [{ title, detail, next: didYouMean(String(mode), modes) }] };
  }
  try {
    const key = concurrency.key === undefined ? refsOf(sources) : concurrency.key({ params });
    if (typeof key === "string" && key.length <= longestKey && !/\p{Cc}/u.test(key))
      return { concurrency: { lane: laneOf(name, key), mode }, problems: [] };
    const next = `Give a text of one line, ${longestKey} characters at most, from the parameters.`;
    return { problems: [{ title, detail: `its key is ${JSON.stringify(key)}.`, next }] };
  } catch (error) {
    const detail = `its key threw: ${error instanceof Error ? error.message : String(error)}`;
    return { problems: [{ title, detail, next: "It must only compute, from params." }] };
  }
}
