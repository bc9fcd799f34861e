import { InfraError } from "../../failure.ts";
import { failureOfClient } from "../../pulumi/diagnostics.ts";
import type { ClusterProvider } from "../cluster.ts";
import { priced } from "./estimate.ts";
import { clusterError } from "./failures.ts";
import { previewCluster } from "./preview.ts";
import { provisionCluster } from "./provision.ts";
import { destroyCluster, keepCluster, listClusters, releaseResource } from "./release.ts";
import { type PulumiClusterOptions, useOf } from "./use.ts";

/**
 * Clusters that Pulumi brings up at one provider: a stack and a work folder for each run and node. Credentials come from
 * the environment as the provider's own tools read them.
 */
export function pulumiClusters(options: PulumiClusterOptions): ClusterProvider {
  const use = useOf(options);
  const { provider } = options;
  // Because what a provider's own client throws, such as missing credentials, is expected and must say what to do.
  const worded = async <Value>(work: Promise<Value>): Promise<Value> => {
    try {
      return await work;
    } catch (error) {
      const isClients = error instanceof Error && "$metadata" in error;
      const isCredentials = error instanceof Error && error.name.endsWith("ProviderError");
      throw isClients || isCredentials ? new InfraError(failureOfClient(provider, error), { cause: error }) : error;
    }
  };
  return {
    name: provider,
    async estimate(request) {
      const offer = priced(request);
      if ("reason" in offer) return offer;
      const { dollarsPerHour, secondsToReady } = offer;
      return { dollarsPerHour, secondsToReady };
    },
    preview: (request, signal) => previewCluster(use, request, signal),
    provision: (request, owner, io) => worded(provisionCluster(use, request, owner, io)),
    destroy: (owner, signal) => worded(destroyCluster(use, provider, owner, { signal, note: () => {} })),
    list: (filter) => worded(listClusters(use, provider, filter)),
    release: (resource, signal) => worded(releaseResource(use, provider, resource, signal)),
    keep: (holder, until, signal) => keepCluster(use, holder, until, signal),
    classify: (error) => (error instanceof InfraError ? error.failure : clusterError(provider, error)),
  };
}
