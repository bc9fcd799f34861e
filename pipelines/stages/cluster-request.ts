import type { InventorySettings } from "../../infra/providers/inventory/settings.ts";
import type { HostSettings } from "../../infra/providers/local-edge/settings.ts";
import type { AwsSettings, EquinixMetalSettings, ScalewaySettings } from "../../infra/providers/pulumi/settings.ts";
import type { Json } from "../dsl/json.ts";
import type { ClusterRequest } from "../dsl/request.ts";

/** What every request for a cluster says, whatever its provider. */
export type ClusterSize = Pick<ClusterRequest, "count" | "os" | "mostDollarsPerHour">;

/** A cluster on Amazon EC2: `awsCluster({ count: 2, os: "debian-12" }, { region: "eu-central-1", ... })`. */
export function awsCluster(size: ClusterSize, settings: AwsSettings): ClusterRequest {
  return request("aws", size, settings);
}

/** A cluster at Scaleway Elastic Metal. */
export function scalewayCluster(size: ClusterSize, settings: ScalewaySettings): ClusterRequest {
  return request("scaleway", size, settings);
}

/** A cluster at Equinix Metal, which ended on 30 June 2026: only its fake can be had. */
export function equinixMetalCluster(size: ClusterSize, settings: EquinixMetalSettings): ClusterRequest {
  return request("equinix-metal", size, settings);
}

/** Whole machines of the inventory that `edgecert run --inventory FILE` names: `inventoryCluster({ count: 2, os: "debian-12" })`. */
export function inventoryCluster(size: ClusterSize, settings: InventorySettings = {}): ClusterRequest {
  return request("inventory", size, settings);
}

/** Hosts that are virtual machines of this machine, brought up and met as those of a cloud are: an edge location to rehearse. */
export function localEdgeCluster(size: ClusterSize, settings: Partial<HostSettings> = {}): ClusterRequest {
  return request("local-edge", size, settings);
}

function request(provider: string, size: ClusterSize, settings: object): ClusterRequest {
  const plain: Readonly<Record<string, Json>> = JSON.parse(JSON.stringify(settings));
  return { provider, ...size, settings: plain };
}
