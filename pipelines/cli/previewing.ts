import type { ClusterPreview } from "../../infra/providers/cluster.ts";
import { clusterProviderNamed } from "../../infra/providers/cluster-providers.ts";
import { type Failure, FailureError } from "../dsl/failure.ts";
import type { Plan } from "../dsl/plan-document.ts";
import type { ClusterRequest } from "../dsl/request.ts";
import { homeFolder } from "./home.ts";

/**
 * Tells what each cluster of a plan would create and cost, as its provider's program says; equal requests are asked for
 * once. Creates nothing. Throws the failure of the first that cannot be had: exit code 2 for a wrong request or missing
 * credentials, 3 for trouble at the provider.
 */
export async function previewClusters(plan: Plan, say: (line: string) => void): Promise<void> {
  const nodes = new Map<string, { readonly request: ClusterRequest; readonly ids: string[] }>();
  for (const { id, cluster } of plan.nodes) {
    if (cluster === undefined) continue;
    const key = JSON.stringify(cluster);
    const known = nodes.get(key) ?? { request: cluster, ids: [] };
    known.ids.push(id);
    nodes.set(key, known);
  }
  if (nodes.size === 0) return say("\nNo cluster is asked for: there is nothing to preview.");
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort(new FailureError(previewInterrupted));
  // Because what is not awaited leaves the keys and the passphrase of the preview behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  try {
    for (const { request, ids } of nodes.values()) {
      const provider = clusterProviderNamed(request.provider, homeFolder());
      say(`\nPreview of the cluster of ${ids.join(", ")} at ${request.provider}; nothing is created`);
      if (provider.preview === undefined) say("  this provider has no program that could be previewed");
      else {
        const previewed = await provider.preview(request, interrupted.signal).catch((error: unknown) => {
          throw error instanceof FailureError ? error : new FailureError(provider.classify(error), { cause: error });
        });
        for (const line of lines(previewed)) say(`  ${line}`);
      }
    }
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  }
}

const previewInterrupted: Failure = {
  reason: "preview-interrupted",
  class: "cancelled",
  title: "The preview was interrupted",
  detail: "It was ended before it was done.",
  next: "Nothing was created and nothing is left; run it again to see it whole.",
};

function lines({ resources, dollarsPerHour, secondsToReady }: ClusterPreview): string[] {
  const price =
    dollarsPerHour === null ? "no list price known" : `$${dollarsPerHour.toFixed(2)} per hour by list prices`;
  return [
    ...resources.map(({ type, name }) => `+ ${type} ${name}`),
    `${resources.length} to create; ${price}, ready in about ${Math.ceil(secondsToReady / 60)} minutes`,
  ];
}
