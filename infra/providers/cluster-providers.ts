import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import { InfraError } from "../failure.ts";
import { poolsFolder } from "../pool/places.ts";
import { inventoryName } from "../pool/release.ts";
import { standingClusters } from "../standing/clusters.ts";
import type { Tended } from "../standing/options.ts";
import { standingFolder } from "../standing/record.ts";
import type { ClusterEstimate, ClusterProvider } from "./cluster.ts";
import { inventoryVariable } from "./inventory/failures.ts";
import { inventoryClusters } from "./inventory/provider.ts";
import { inventoryOffer } from "./inventory/request.ts";
import { localEdgeOffer } from "./local-edge/offer.ts";
import { localEdgeProvider } from "./local-edge/provider.ts";
import { localEdgeName } from "./local-edge/provision.ts";
import { pulumiClusters } from "./pulumi/clusters.ts";
import { priced } from "./pulumi/estimate.ts";
import { pulumiProviders } from "./pulumi/settings.ts";

/** A place where clusters come from, and those of this home that stand there: a request joins one of its kind, if it is free. */
export type ClusterPlace = ClusterProvider & Tended;

/** Every place where whole clusters come from; for a run, whose folder is given, with the inventory that it keeps. */
export function clusterProviders(
  home: string,
  environment: NodeJS.ProcessEnv = process.env,
  runFolder?: string,
): readonly ClusterPlace[] {
  const file = environment[inventoryVariable];
  const places = [
    ...pulumiProviders.map((provider) => pulumiClusters({ home, provider, environment })),
    localEdgeProvider({ home }),
    inventoryClusters({ file, folder: poolsFolder(environment), home, ...(runFolder && { runFolder }) }),
  ];
  return places.map((provider) => standingClusters({ provider, folder: standingFolder(home, provider.name) }));
}

/** The place of that name, for a run where its folder is given. Throws an InfraError that names those there are. */
export function clusterProviderNamed(name: string, home: string, runFolder?: string): ClusterPlace {
  const all = clusterProviders(home, process.env, runFolder);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new InfraError({
    reason: "no-such-provider",
    class: "configuration",
    title: "No such provider of clusters",
    detail: `A cluster is asked for at ${JSON.stringify(name)}.`,
    next: `Use one of ${all.map((one) => one.name).join(", ")}.`,
  });
}

/** What a cluster would cost and take, or why it can never be had; for planning, which asks no provider. */
export function clusterOffer(request: ClusterRequest): ClusterEstimate | Failure {
  if (request.provider === localEdgeName) return localEdgeOffer(request);
  return request.provider === inventoryName ? inventoryOffer(request) : priced(request);
}
