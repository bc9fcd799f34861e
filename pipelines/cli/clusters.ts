import type { ClusterIo } from "../../infra/providers/cluster.ts";
import { type ClusterPlace, clusterProviderNamed, clusterProviders } from "../../infra/providers/cluster-providers.ts";
import type { StandingMinimum, TendedClusters } from "../../infra/standing/options.ts";
import { readRecords, type StandingRecord, standingFolder } from "../../infra/standing/record.ts";
import { FailureError } from "../dsl/failure.ts";
import { closest } from "../dsl/suggestion.ts";
import { clustersVariable, readClusters } from "./clusters-file.ts";
import { clusterRows } from "./clusters-table.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { homeFolder } from "./home.ts";
import type { Rows } from "./runs.ts";

/** What was said on the command line. */
export interface ClustersWords {
  /** File of the clusters that are to stand. */
  readonly clusters?: string;
  readonly json?: boolean;
}

/** Rows of what stands after a command, and its exit code. */
export type ClustersEnd = Rows & { readonly code: number };

/** What stands in this home, and what of the file does not; no file is needed. */
export async function listClusters(words: ClustersWords): Promise<ClustersEnd> {
  const file = words.clusters ?? process.env[clustersVariable];
  const wanted = file === undefined || file === "" ? [] : readClusters(file);
  return { ...clusterRows(await standing(), wanted), code: exitCodes.passed };
}

/** Makes what is missing of the named clusters, at least one of each. */
export async function upClusters(names: readonly string[], words: ClustersWords): Promise<ClustersEnd> {
  const all = readClusters(words.clusters ?? process.env[clustersVariable]);
  const known = all.map(({ terms }) => terms.name);
  for (const name of names) if (!known.includes(name)) throw unknown(name, known);
  const chosen = all.filter(({ terms }) => names.includes(terms.name));
  const wanted = chosen.map((one) => ({ ...one, ready: Math.max(1, one.ready) }));
  return worked((io) => atEach(wanted, (place, own) => place.bringUp(own, io)));
}

/** Brings the minimum up, and lets what is idle, closed or left by a dead process go. */
export async function tendClusters(words: ClustersWords): Promise<ClustersEnd> {
  const all = readClusters(words.clusters ?? process.env[clustersVariable]);
  // Because what was taken out of the file goes too.
  const others = (await standing()).map(({ provider }) => provider);
  return worked((io) => atEach(all, (place, own) => place.tend(own, io), others));
}

/** Ends clusters by name or id: those that somebody uses take no more users, and end only where `now` is said. */
export async function downClusters(names: readonly string[], { now }: { readonly now: boolean }): Promise<ClustersEnd> {
  const chosen = chosenOf(names, await standing());
  return worked(({ signal }) =>
    together(
      placesOf(chosen).map(({ place, ids }) => place.takeDown(ids, now ? "even-used" : "without-users", signal)),
    ),
  );
}

/** Lets clusters stand until that time (UTC, ISO 8601) at least. */
export async function keepClusters(names: readonly string[], until: string): Promise<ClustersEnd> {
  const chosen = chosenOf(names, await standing());
  const signal = AbortSignal.timeout(600_000);
  for (const { place, ids } of placesOf(chosen)) for (const id of ids) await place.keepStanding(id, until, signal);
  return { ...clusterRows(await standing(), []), code: exitCodes.passed };
}

async function standing(): Promise<readonly StandingRecord[]> {
  const home = homeFolder();
  const folders = clusterProviders(home).map(({ name }) => standingFolder(home, name));
  return (await Promise.all(folders.map(readRecords))).flat();
}

function chosenOf(names: readonly string[], all: readonly StandingRecord[]): readonly StandingRecord[] {
  const known = [...new Set(all.flatMap(({ name, id }) => [name, id]))];
  for (const name of names) if (!known.includes(name)) throw unknown(name, known);
  return all.filter(({ name, id }) => names.includes(name) || names.includes(id));
}

function unknown(name: string, known: readonly string[]): UsageError {
  const meant = closest(name, known);
  const next = known.length === 0 ? "nothing stands: edgecert clusters up NAME" : `there are ${known.join(", ")}`;
  return new UsageError("No such cluster", JSON.stringify(name), meant === undefined ? next : `did you mean ${meant}?`);
}

function placesOf(records: readonly StandingRecord[]) {
  const home = homeFolder();
  return [...Map.groupBy(records, ({ provider }) => provider)].map(([provider, own]) => ({
    place: clusterProviderNamed(provider, home),
    ids: own.map(({ id }) => id),
  }));
}

function atEach(
  wanted: readonly StandingMinimum[],
  work: (place: ClusterPlace, own: readonly StandingMinimum[]) => Promise<TendedClusters>,
  others: readonly string[] = [],
): Promise<TendedClusters> {
  const providers = new Set([...wanted.map(({ request }) => request.provider), ...others]);
  const places = [...providers].map((name) => clusterProviderNamed(name, homeFolder()));
  return together(
    places.map((place) =>
      work(
        place,
        wanted.filter(({ request }) => request.provider === place.name),
      ),
    ),
  );
}

async function together(works: readonly Promise<TendedClusters>[]): Promise<TendedClusters> {
  // Because one place that throws must not leave another at work behind the end of the command.
  await Promise.allSettled(works);
  const all = await Promise.all(works);
  return {
    ended: all.flatMap(({ ended }) => ended),
    made: all.flatMap(({ made }) => made),
    failed: all.flatMap(({ failed }) => failed),
  };
}

/** Does work that an interrupt ends: what is half made is given back. Says what failed, and gives what stands then. */
async function worked(work: (io: ClusterIo) => Promise<TendedClusters>): Promise<ClustersEnd> {
  const say = (text: string) => console.error(`edgecert: ${text}`);
  const stop = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => {
    if (!stop.signal.aborted) say(`${signal}: stopping; what is half made is given back.`);
    stop.abort(interrupted(signal));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  const io: ClusterIo = {
    signal: stop.signal,
    note: say,
    step: ({ type, name, operation, state, done, known }) => {
      if (state !== "started")
        say(`${done} of ${known}: ${operation} ${type} ${name}${state === "done" ? "" : " failed"}`);
    },
  };
  const { failed, made, ended } = await work(io);
  if (made.length > 0) say(`up: ${made.join(", ")}`);
  if (ended.length > 0) say(`gone: ${ended.join(", ")}`);
  for (const { id, what, failure } of failed)
    say(
      `${id} could not be ${what === "make" ? "made" : "ended"}. ${failure.title}: ${failure.detail}\n  ${failure.next}`,
    );
  const code = failed.some(({ what }) => what === "end") ? exitCodes.leaked : exitCodes.infrastructure;
  return { ...clusterRows(await standing(), []), code: failed.length === 0 ? exitCodes.passed : code };
}

function interrupted(signal: NodeJS.Signals): FailureError {
  const title = "The work on clusters was interrupted";
  const next = "`edgecert clusters` shows what stands; `edgecert clusters tend` ends what nobody works on.";
  return new FailureError({ reason: "interrupted", class: "cancelled", title, detail: `By ${signal}.`, next });
}
