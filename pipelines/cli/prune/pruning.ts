import { spaceTaken } from "../../../infra/hosts/disk-space.ts";
import type { Provider } from "../../../infra/providers/provider.ts";
import type { BegunRemoval, Engine, OldRun, Removal } from "../../engine/engine.ts";
import { runFolder } from "../home.ts";
import {
  emptyTrash,
  folderNames,
  goingPaths,
  hasFiles,
  hasReleaseRecord,
  keepCertificate,
  moveToTrash,
  outlivingPaths,
  trashFolder,
  trashNames,
} from "./run-folders.ts";

/** What is to go. */
export interface PruneChoice {
  /** Runs that ended before that time go. */
  readonly endedBefore: Date;
  /** The newest runs of each pipeline that stay, whatever their age and size. */
  readonly keepLast: number;
  /** The oldest go until the folders of all runs take no more than this, in bytes; null for no limit. */
  readonly maxBytes: number | null;
  /** What becomes of the certificates of runs that go whole; default: they are kept for the history of the home. */
  readonly certificates?: "keep" | "remove";
  /** Only says what would go. */
  readonly dryRun: boolean;
}

/** Where runs are removed from. */
export interface PruneSources {
  readonly engine: Pick<Engine, "removals" | "names">;
  readonly provider: Pick<Provider, "list">;
  readonly home: string;
  /** Whether other machines, with folders of their own, use the same database: then only runs with files here go. */
  readonly shared: boolean;
}

/** One thing that was removed, would be, or could not be. */
export interface Pruned {
  readonly kind: "run" | "certificate" | "image" | "snapshot" | "rest";
  readonly name: string;
  /** `reduced` is a run that keeps its certificate and its decisions. */
  readonly action: "removed" | "reduced" | "failed";
  readonly bytes: number;
  readonly detail: string;
}

/** What is left in the folders of runs. */
export interface RunsLeft {
  /** Bytes of all run folders; null where no limit asked for them. */
  readonly bytes: number | null;
  /** Names of folders that belong to no run of the database. */
  readonly unknown: readonly string[];
  /** Bytes of the database; null for a dry run. */
  readonly database: number | null;
}

/** Runs per step: their rows go together, and what a kill leaves half done is no more than this. */
const batchSize = 50;

interface Due extends OldRun {
  /** What the folders of runs are smaller by without it; a kept certificate lies elsewhere then and frees nothing. */
  readonly taken: number;
  readonly bytes: number;
}

/**
 * Removes the runs that are due, oldest first, and tells each. Never one that is unfinished, alive, waits for approval,
 * leaks, or of which a provider still lists something. What an earlier prune left half done is finished first.
 */
export async function pruneRuns(sources: PruneSources, choice: PruneChoice, tell: (what: Pruned) => void) {
  const { engine, home } = sources;
  return engine.removals.exclusively(async (): Promise<RunsLeft> => {
    await finishBegun(sources, choice, tell);
    let bytes = choice.maxBytes === null ? null : await bytesOfRuns(home);
    let batch: Due[] = [];
    const flush = async () => {
      await removeBatch(sources, batch, choice, tell);
      batch = [];
    };
    for await (const old of dueRuns(sources, choice, () => bytes)) {
      if (bytes !== null) bytes -= old.taken;
      batch.push(old);
      if (batch.length === batchSize) await flush();
    }
    await flush();
    const known = new Set(await engine.names());
    const unknown = (await folderNames(home)).filter((name) => !known.has(name));
    return { bytes, unknown, database: choice.dryRun ? null : await engine.removals.tidy() };
  });
}

async function* dueRuns(
  { engine, provider, home, shared }: PruneSources,
  { endedBefore, keepLast, maxBytes, certificates = "keep" }: PruneChoice,
  taken: () => number | null,
): AsyncGenerator<Due> {
  const held = new Set((await provider.list({})).map(({ run }) => run));
  for await (const old of engine.removals.removable(keepLast)) {
    const tooMuch = maxBytes !== null && (taken() ?? 0) > maxBytes;
    if (!tooMuch && old.endedAt >= endedBefore.toISOString()) continue;
    if (held.has(old.run) || (shared && !hasFiles(home, old.run))) continue;
    const removal = hasReleaseRecord(home, old.run) ? "output" : old.removal;
    const going = { run: old.run, removal };
    const folders = await bytesGoing(home, going, "remove");
    yield { ...old, removal, taken: folders, bytes: await bytesGoing(home, going, certificates) };
  }
}

async function removeBatch(
  { engine, home }: PruneSources,
  batch: readonly Due[],
  { dryRun, certificates = "keep" }: PruneChoice,
  tell: (what: Pruned) => void,
): Promise<void> {
  if (dryRun) return batch.forEach((one) => void tell(pruned(one)));
  const names = batch.map(({ run }) => run);
  const decided = batch.filter(({ removal }) => removal === "output").map(({ run }) => run);
  const gone = await takeAway({ engine, home, certificates }, await engine.removals.begin(names, decided), tell);
  for (const one of batch) if (gone.has(one.run)) tell(pruned({ ...one, removal: gone.get(one.run) ?? one.removal }));
}

/** Moves files away, ends the removals whose files could be moved, and removes the files. Gives what went. */
async function takeAway(
  { engine, home, certificates }: Pick<PruneSources, "engine" | "home"> & Pick<Required<PruneChoice>, "certificates">,
  begun: readonly BegunRemoval[],
  tell: (what: Pruned) => void,
): Promise<ReadonlyMap<string, Removal>> {
  const moved: BegunRemoval[] = [];
  for (const one of begun) {
    if (await tried(one.run, tell, () => moveAway(home, one, certificates))) moved.push(one);
  }
  await engine.removals.finish(moved);
  for (const { run } of moved) await tried(run, tell, () => emptyTrash(home, run));
  return new Map(moved.map(({ run, removal }) => [run, removal]));
}

/** Takes the files of a run out of its place; its certificate stays, in a place of its own, unless it is to go too. */
async function moveAway(home: string, one: BegunRemoval, certificates: "keep" | "remove"): Promise<void> {
  if (one.removal === "whole" && certificates !== "remove") await keepCertificate(home, one.run);
  await moveToTrash(home, one.run, one.removal);
}

/** Finishes what an earlier prune began, and removes what it moved away. */
async function finishBegun(sources: PruneSources, choice: PruneChoice, tell: (what: Pruned) => void): Promise<void> {
  const { dryRun, certificates = "keep" } = choice;
  const { engine, home, shared } = sources;
  const left = (await engine.removals.begun()).filter(({ run }) => !shared || hasFiles(home, run));
  const sized = await Promise.all(
    left.map(async (one) => ({ ...one, bytes: await bytesGoing(home, one, certificates) })),
  );
  const trash = await spaceTaken(trashFolder(home));
  const gone = dryRun ? new Set(left.map(({ run }) => run)) : await takeAway({ ...sources, certificates }, left, tell);
  for (const one of sized) {
    if (gone.has(one.run)) tell({ ...pruned(one), detail: "its removal was begun by an earlier prune" });
  }
  if (!dryRun) for (const run of await trashNames(home)) await tried(run, tell, () => emptyTrash(home, run));
  const bytes = trash - (dryRun ? 0 : await spaceTaken(trashFolder(home)));
  if (bytes > 0)
    tell({ kind: "rest", name: trashFolder(home), action: "removed", bytes, detail: "of an earlier prune" });
}

function pruned(
  one: BegunRemoval & { readonly bytes: number; readonly events?: number; readonly pipeline?: string },
): Pruned {
  const action = one.removal === "whole" ? "removed" : "reduced";
  const words = [
    ...(one.pipeline === undefined ? [] : [one.pipeline]),
    ...(one.events === undefined ? [] : [`${one.events} events`]),
    ...(one.removal === "whole" ? [] : ["certificate and release record stay"]),
  ];
  return { kind: "run", name: one.run, action, bytes: one.bytes, detail: words.join(", ") };
}

/** Whether something about a run's files succeeded; what failed is told, and the others go on. */
async function tried(run: string, tell: (what: Pruned) => void, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    tell({ kind: "run", name: run, action: "failed", bytes: 0, detail });
    return false;
  }
}

async function bytesGoing(
  home: string,
  { run, removal }: BegunRemoval,
  certificates: "keep" | "remove",
): Promise<number> {
  let bytes = 0;
  for (const path of await goingPaths(home, run, removal)) bytes += await spaceTaken(path);
  if (removal === "whole" && certificates === "keep")
    for (const path of await outlivingPaths(home, run)) bytes -= await spaceTaken(path);
  return bytes;
}

async function bytesOfRuns(home: string): Promise<number> {
  let bytes = 0;
  for (const name of await folderNames(home)) bytes += await spaceTaken(runFolder(home, name));
  return bytes;
}
