import { InfraError } from "../failure.ts";
import type { EdgeRung, Rung } from "../ladder/rung.ts";
import { ladderProvider } from "../ladder.ts";
import type { Provider } from "./provider.ts";

/** Environment variable that names the places where new servers come from, in order; `local` without it. */
export const providerVariable = "EDGECERT_PROVIDER";

/** How a place of that name is made; with how long it waits for room, in milliseconds, where that is said. */
export type PoolMakers = Readonly<Record<string, (patienceMs?: number) => Provider>>;

/** A place as the environment names it. */
export interface ChosenPool {
  readonly name: string;
  /** Path of the file that describes edge clusters; absent for a pool. */
  readonly file?: string;
  /** How long it waits for room, in milliseconds; absent where it decides itself. */
  readonly patienceMs?: number;
}

/** How long a place that is not the last one waits for room, unless something else is said. */
export const patienceMs = 120_000;

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/**
 * What a word such as `opennebula:2m,local,edge=edge.json` names: places in the order in which they are asked, pools with
 * their patience, edge clusters by the file that describes them.
 * Throws an InfraError for one that is not understood.
 */
export function readPools(word: string): readonly ChosenPool[] {
  const entries = word.split(",").map((entry) => entry.trim());
  return (word.trim() === "" ? ["local"] : entries).map((entry, at) => {
    const [, file] = /^edge=(.+)$/.exec(entry) ?? [];
    if (file !== undefined) return { name: "edge", file };
    const [, name = "", number, unit = ""] = /^([a-z-]+)(?::(\d+)([smh]))?$/.exec(entry) ?? [];
    if (name === "") throw new InfraError(badPool(word, entry));
    if (number !== undefined) return { name, patienceMs: Number(number) * (units[unit] ?? 0) };
    return at < entries.length - 1 ? { name, patienceMs } : { name };
  });
}

/** Whether a word of {@link providerVariable} names a place; false for a word that is not understood. */
export function namesPool(word: string, name: string): boolean {
  try {
    return readPools(word).some((pool) => pool.name === name);
  } catch {
    return false;
  }
}

/** How the rungs of a file of edge clusters are made. */
export type EdgeMaker = (file: string) => readonly EdgeRung[];

/** The places of a word as one provider: that very place where it names one pool, else a ladder over them. */
export function poolsNamed(word: string, makers: PoolMakers, edges: EdgeMaker): Provider {
  const rungs = readPools(word).flatMap(({ name, file, patienceMs: patience }): readonly Rung[] => {
    if (file !== undefined) return edges(file);
    const make = makers[name];
    if (make === undefined) throw new InfraError(noSuchProvider(name, Object.keys(makers)));
    const provider = make(patience);
    return [{ kind: "pool", name: provider.name, provider }];
  });
  const [first] = rungs;
  return first?.kind === "pool" && rungs.length === 1 ? first.provider : ladderProvider({ rungs });
}

function noSuchProvider(name: string, known: readonly string[]) {
  return {
    reason: "no-such-provider",
    class: "configuration",
    title: "No such provider",
    detail: `${providerVariable} is ${JSON.stringify(name)}.`,
    next: `Leave it out, or choose one of ${known.join(", ")}, or several in their order, such as opennebula:2m,local,edge=edge.json.`,
  } as const;
}

function badPool(word: string, entry: string) {
  return {
    reason: "bad-provider",
    class: "configuration",
    title: `${providerVariable} is not understood`,
    detail: `${JSON.stringify(entry)} in ${JSON.stringify(word)} is neither a name nor a name with a patience.`,
    next: "Write names with commas between, each with how long it waits for room where you want: opennebula:2m,local.",
  } as const;
}
