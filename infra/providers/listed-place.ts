import { InfraError } from "../failure.ts";
import { backOff } from "../ssh/deadline.ts";
import type { Resource } from "./provider.ts";
import { defaultPatienceMs, type TaggedPlace } from "./tagged-place.ts";

/** Something that a provider's API lists with tags of ours. */
export interface ListedThing {
  /** Unique among things of its type and place. */
  readonly id: string;
  readonly type: string;
  /** The provider's word for where it is; empty where that does not matter. */
  readonly place: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** An API that lists all of ours in the order in which it can be deleted, and deletes one; deleting what is gone succeeds. */
export interface Listing<Thing extends ListedThing> {
  readonly provider: string;
  list(filter: { readonly run?: string }, signal?: AbortSignal): Promise<readonly Thing[]>;
  remove(thing: Thing, signal: AbortSignal): Promise<void>;
}

/** A place over such an API. Ids read `fr-par-1/11111111-...`, without a place the API's own. */
export function listedPlace<Thing extends ListedThing>(listing: Listing<Thing>): TaggedPlace {
  const { provider } = listing;
  return {
    provider,
    async list({ run, node }) {
      const all = (await listing.list(run === undefined ? {} : { run })).map((thing) => plain(provider, thing));
      return node === undefined ? all : all.filter((one) => one.node === node);
    },
    async release(resources, io) {
      const deadline = Date.now() + (io.patienceMs ?? defaultPatienceMs);
      const wanted = new Set(resources.map(({ kind, id }) => `${kind} ${id}`));
      // Listed again because only what carries our tags now is ours to remove.
      const ours = (await listing.list({}, io.signal)).filter((thing) => wanted.has(`${thing.type} ${idOf(thing)}`));
      const left = [];
      // One type after another, because each stands in the next; those of a type at once.
      for (const [, things] of Map.groupBy(ours, ({ type }) => type)) {
        const tried = things.map(async (thing) => ({
          thing,
          why: await removed(listing, thing, { deadline, signal: io.signal }),
        }));
        for (const { thing, why } of await Promise.all(tried))
          if (why !== null) left.push({ resource: plain(provider, thing), why });
      }
      return left;
    },
  };
}

/** For one attempt, whatever became of all patience: what stands last in the order may go at once. */
const attemptMs = 30_000;

/** Null when it is gone, else why it is not: what will pass is tried again as long as there is time. */
async function removed<Thing extends ListedThing>(
  { remove }: Pick<Listing<Thing>, "remove">,
  thing: Thing,
  until: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<string | null> {
  for (let attempt = 0; ; attempt += 1) {
    const time = AbortSignal.timeout(Math.max(attemptMs, until.deadline - Date.now()));
    const signal = AbortSignal.any([time, until.signal]);
    try {
      await remove(thing, signal);
      return null;
    } catch (error) {
      if (signal.aborted) return "it is still being removed, and there was no time left";
      const said = error instanceof Error ? error.message : String(error);
      const passes = error instanceof InfraError && error.failure.class === "transient";
      if (!passes || Date.now() >= until.deadline) return said;
      await backOff(attempt, 250, 8_000, signal).catch(() => {});
    }
  }
}

function idOf({ place, id }: ListedThing): string {
  return place === "" ? id : `${place}/${id}`;
}

function plain(provider: string, thing: ListedThing): Resource {
  const tag = (name: string): string => thing.tags.get(name) ?? "";
  return {
    provider,
    id: idOf(thing),
    kind: thing.type,
    run: tag("run"),
    node: tag("node"),
    expiresAt: tag("expires-at"),
  };
}
