import { failureBehind, InfraError } from "./failure.ts";
import { climb, type Ladder } from "./ladder/climb.ts";
import { ladderExhausted, noRung } from "./ladder/failures.ts";
import { estimateRung } from "./ladder/offer.ts";
import { giveBack } from "./ladder/phases.ts";
import type { Rung } from "./ladder/rung.ts";
import { defaultPolicy, type LadderPolicy } from "./ladder/shape.ts";
import type { Provider, Resource } from "./providers/provider.ts";

/** Name of a ladder as a provider; what it lists carries the names of its rungs' providers. */
export const ladderName = "ladder";

/** A ladder's rungs, on-premises first, and how failures are met on it. */
export interface LadderOptions extends Pick<Ladder, "mostDollarsPerHour" | "pauseMs"> {
  readonly rungs: readonly Rung[];
  readonly policy?: Partial<LadderPolicy>;
}

/**
 * Several places as one provider: pools on-premises in their order, then edge providers in theirs. Servers come from the
 * first that can give the whole group; what is listed, destroyed and released is of all of them.
 */
export function ladderProvider(options: LadderOptions): Provider {
  const { rungs, policy } = options;
  const ladder: Ladder = { ...options, policy: { ...defaultPolicy, ...policy }, closed: new Map() };
  const pools = rungs.flatMap((rung) => (rung.kind === "pool" ? [rung.provider] : []));
  const named = (name: string) => rungs.find((rung) => rung.provider.name === name)?.provider;
  return {
    name: ladderName,
    estimate: async (requests) => {
      const offers = await Promise.all(rungs.map((rung) => estimateRung(rung, requests)));
      const first = offers.find((offer) => !("reason" in offer.answer))?.answer;
      return first ?? (offers.length === 0 ? noRung() : ladderExhausted(offers.map(({ step }) => step)));
    },
    provision: (requests, owner, io) => climb(ladder, { requests, owner }, io),
    destroy: async (owner, signal) => {
      const held = await listAll(rungs, { run: owner.run, node: owner.node });
      // Because one place that cannot be reached must not keep the others from giving back.
      const ends = await Promise.allSettled(rungs.map((rung) => giveBack({ rung, owner }, signal)));
      const failed = ends.find((end) => end.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      return held;
    },
    list: (filter) => listAll(rungs, filter),
    release: async (resource, signal) => {
      const place = named(resource.provider);
      if (place === undefined) throw new InfraError(noRung());
      await place.release(resource, signal);
    },
    isGone: async (server) =>
      (await pools.find((one) => one.name === server.facts.provider)?.isGone?.(server)) ?? false,
    keep: async (holder, until, signal) => {
      for (const { provider } of rungs) await provider.keep(holder, until, signal);
    },
    consolePath: (server) => pools.find((one) => one.name === server.facts.provider)?.consolePath?.(server) ?? null,
    classify: (error) =>
      error instanceof InfraError ? error.failure : (rungs[0]?.provider.classify(error) ?? failureBehind(error)),
  };
}

async function listAll(rungs: readonly Rung[], filter: Parameters<Provider["list"]>[0]): Promise<readonly Resource[]> {
  return (await Promise.all(rungs.map(({ provider }) => provider.list(filter)))).flat();
}
