import * as z from "zod";
import { locations } from "../../catalog/locations.ts";
import { InfraError } from "../../failure.ts";
import { backOff } from "../../ssh/deadline.ts";
import { decodeTags } from "../../tags.ts";
import type { JsonApi } from "../json-api.ts";
import { stillThere } from "../json-api-failures.ts";
import { tagMap } from "../tag-words.ts";
import { everyEntry, scalewayApi } from "./api.ts";

/** Something in an account that carries our tags. */
export interface ScalewayResource {
  /** Scaleway's own id, a UUID. */
  readonly id: string;
  readonly type: "server" | "private-network" | "vpc" | "ssh-key";
  /** Zone of a server, region of a network or VPC; a key has no place: empty. */
  readonly place: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** Which resources of ours: those of one run, or all. */
export interface ScalewayFilter {
  readonly run?: string;
}

const tagged = z.object({ id: z.string(), tags: z.array(z.string()) });
const named = z.object({ id: z.string(), name: z.string() });

/** Zones that have Elastic Metal. */
export const scalewayZones: readonly string[] = locations
  .filter(({ provider }) => provider === "scaleway")
  .map(({ id }) => id);

/**
 * What exists in zones, and in their regions, and carries our tags, whether or not anybody remembers it: in an order in
 * which it can be deleted. Servers that are being deleted are not gone yet. Asks for everything and looks at the tags here,
 * because what a wrong filter hides would go on costing. Credentials come from the environment: {@link scalewayApi}.
 */
export async function listScaleway(
  zones: readonly string[] = scalewayZones,
  filter: ScalewayFilter = {},
  signal: AbortSignal = AbortSignal.timeout(300_000),
): Promise<readonly ScalewayResource[]> {
  const api = scalewayApi();
  const regions = [...new Set(zones.map((zone) => zone.replace(/-\d+$/, "")))];
  const lists = [
    ...zones.map((zone) => listTagged(api, { type: "server", place: zone }, signal)),
    ...regions.map((region) => listTagged(api, { type: "private-network", place: region }, signal)),
    ...regions.map((region) => listTagged(api, { type: "vpc", place: region }, signal)),
    listKeys(api, signal),
  ];
  const found = (await Promise.all(lists)).flat();
  return found.filter(
    ({ tags }) => tags.get("managed-by") === "edgecert" && (filter.run === undefined || tags.get("run") === filter.run),
  );
}

/** How long Scaleway may take to delete a server, in milliseconds. */
const deletionMs = 900_000;

/**
 * Deletes one listed resource; succeeds for what is gone. Ends when a server is gone, because what it stands in can only
 * then be deleted.
 */
export async function releaseScaleway(
  { id, type, place }: Pick<ScalewayResource, "id" | "type" | "place">,
  signal: AbortSignal,
): Promise<void> {
  const api = scalewayApi();
  const path = `${paths[type].path(place)}/${encodeURIComponent(id)}`;
  if ((await api.delete(path, signal)) === null || type !== "server") return;
  const deadline = Date.now() + deletionMs;
  for (let look = 0; (await api.get(path, signal)) !== null; look += 1) {
    if (Date.now() > deadline) throw new InfraError(stillThere("scaleway", `server ${id}`, deletionMs / 1_000));
    await backOff(look, 100, 5_000, signal);
  }
}

/** Where each type is listed, and under which key. */
const paths = {
  server: { path: (zone: string) => `/baremetal/v1/zones/${zone}/servers`, key: "servers" },
  "private-network": {
    path: (region: string) => `/vpc/v2/regions/${region}/private-networks`,
    key: "private_networks",
  },
  vpc: { path: (region: string) => `/vpc/v2/regions/${region}/vpcs`, key: "vpcs" },
  "ssh-key": { path: () => "/iam/v1alpha1/ssh-keys", key: "ssh_keys" },
} as const;

async function listTagged(
  api: JsonApi,
  { type, place }: { readonly type: Exclude<ScalewayResource["type"], "ssh-key">; readonly place: string },
  signal: AbortSignal,
): Promise<ScalewayResource[]> {
  const { path, key } = paths[type];
  const entries = await everyEntry(api, { path: path(place), key, entry: tagged }, signal);
  return entries.map(({ id, tags }) => ({ id, type, place, tags: tagMap(tags) }));
}

/** Keys have no tags: their names carry them. */
async function listKeys(api: JsonApi, signal: AbortSignal): Promise<ScalewayResource[]> {
  const { path, key } = paths["ssh-key"];
  const entries = await everyEntry(api, { path: path(), key, entry: named }, signal);
  return entries.map(({ id, name }) => ({ id, type: "ssh-key", place: "", tags: decodeTags(name) ?? new Map() }));
}
