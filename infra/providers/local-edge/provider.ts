import { join } from "node:path";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { hasImage } from "../../images/image.ts";
import type { ClusterEstimate, ClusterProvider } from "../cluster.ts";
import { keepGroup } from "../local/keep.ts";
import { listResources } from "../local/listing.ts";
import { type LocalOptions, localProvider, useOf } from "../local/provider.ts";
import type { Use } from "../local/provision.ts";
import { releaseAll, releaseOne } from "../local/release.ts";
import type { Resource } from "../provider.ts";
import { priceOf, serversOf } from "./offer.ts";
import { localEdgeName, provisionHosts } from "./provision.ts";
import { hostSettings } from "./settings.ts";

/**
 * The rehearsal of an edge location on this machine: its metal machines are local virtual machines with a working
 * `/dev/kvm`, brought up by the same user data and met in the same way as those of a cloud. They stand apart from the
 * servers of runs: below `edge` in the home, with the images of the home.
 */
export function localEdgeProvider(options: Omit<LocalOptions, "images">): ClusterProvider {
  const use = useOf({ ...options, home: join(options.home, "edge"), images: options.home });
  const { places } = use;
  return {
    name: localEdgeName,
    estimate: (request) => estimate(use, request),
    provision: async (request, owner, io) => {
      const settings = hostSettings(request);
      if ("reason" in settings) throw new InfraError(settings);
      return provisionHosts(use, { request, settings, owner }, io);
    },
    destroy: async (owner, signal) => (await releaseAll(places, owner, signal)).map(ours),
    list: async (filter) => (await listResources(places, filter)).map(ours),
    release: (resource, signal) => releaseOne(places, resource, signal),
    keep: (holder, until, signal) => keepGroup(places, holder, until, signal),
    classify: (error) => localProvider(options).classify(error),
  };
}

async function estimate(use: Use, request: ClusterRequest): Promise<ClusterEstimate | Failure> {
  const servers = serversOf(use, request);
  if ("reason" in servers) return servers;
  const [first] = servers;
  const isThere = first !== undefined && (await hasImage(first, use.images));
  return priceOf(use, request.count, isThere ? "there" : "to be built");
}

function ours(resource: Resource): Resource {
  return { ...resource, provider: localEdgeName };
}
