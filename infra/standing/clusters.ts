import type { ClusterProvider } from "../providers/cluster.ts";
import { keepStanding, takeDown } from "./ending.ts";
import { joinOrMake, leaveAll, renewFor } from "./joining.ts";
import { endCluster } from "./making.ts";
import { isJoinable, type StandingOptions, type Tended } from "./options.ts";
import { readRecords, standingRun } from "./record.ts";
import { bringUp, tend } from "./tending.ts";

/**
 * Clusters of a provider that are kept between runs: a request joins one of its kind that stands and has a place free, else
 * one is made, which stands too where there are terms for it. A user leaves by `destroy`; the cluster itself goes by `tend`, once it was idle long enough or is closed.
 * Everything is written down before it happens, so that a killed process leaves nothing that is not known.
 */
export function standingClusters(options: StandingOptions): ClusterProvider & Tended {
  const { provider, folder } = options;
  return {
    name: provider.name,
    estimate: async (request) => {
      const offer = await provider.estimate(request);
      if ("reason" in offer) return offer;
      const free = (await readRecords(folder)).some((one) => isJoinable(options, one, request));
      return free ? { ...offer, secondsToReady: 1 } : offer;
    },
    provision: (request, owner, io) => joinOrMake(options, { request, owner }, io),
    destroy: async (owner, signal) => {
      await leaveAll(options, owner, signal);
      // Because the node may hold an ephemeral cluster as well, of a time before clusters stood.
      return provider.destroy(owner, signal);
    },
    list: (filter) => provider.list(filter),
    release: async (resource, signal) => {
      const known = resource.run === standingRun && (await readRecords(folder)).some(({ id }) => id === resource.node);
      if (known) await endCluster(options, resource.node, signal, true);
      else await provider.release(resource, signal);
    },
    keep: async (holder, until, signal) => {
      await renewFor(options, holder, until, signal);
      await provider.keep(holder, until, signal);
    },
    classify: (error) => provider.classify(error),
    ...(provider.preview === undefined ? {} : { preview: provider.preview }),
    tend: (minimum, io) => tend(options, minimum, io),
    bringUp: (minimum, io) => bringUp(options, minimum, io),
    takeDown: (ids, which, signal) => takeDown(options, { ids, which }, signal),
    keepStanding: (id, until, signal) => keepStanding(options, { id, until }, signal),
  };
}
