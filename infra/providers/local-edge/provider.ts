import { join } from "node:path";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { hasImage } from "../../images/image.ts";
import type { ClusterEstimate, ClusterProvider } from "../cluster.ts";
import { keepGroup } from "../local/keep.ts";
import { listResources } from "../local/listing.ts";
import { serverOf } from "../local/metal.ts";
import { type LocalOptions, localProvider, refusalOf, useOf } from "../local/provider.ts";
import type { Use } from "../local/provision.ts";
import { releaseAll, releaseOne } from "../local/release.ts";
import type { Resource } from "../provider.ts";
import { localEdgeName, provisionHosts } from "./provision.ts";
import { hostSettings, namesOf } from "./settings.ts";

/** Measured under emulation on 2 cores: an image, and a boot with cloud-init and first contact, of two hosts at once. */
const imageSeconds = 60;
const bootSeconds = 90;

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
  const settings = hostSettings(request);
  if ("reason" in settings) return settings;
  const plain = { os: request.os, ...settings, userData: "", loginKey: "", account: "root" };
  const servers = namesOf(request).map((name) => serverOf({ ...plain, name }));
  const refusal = refusalOf(use, servers);
  if (refusal !== undefined) return refusal;
  const [first] = servers;
  const isThere = first !== undefined && (await hasImage(first, use.images));
  const boots = Math.ceil(request.count / use.bootSlots);
  return { dollarsPerHour: 0, secondsToReady: (isThere ? 0 : imageSeconds) + boots * bootSeconds };
}

function ours(resource: Resource): Resource {
  return { ...resource, provider: localEdgeName };
}
