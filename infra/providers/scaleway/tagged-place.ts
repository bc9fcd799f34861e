import { listedPlace } from "../listed-place.ts";
import type { TaggedPlace } from "../tagged-place.ts";
import { listScaleway, releaseScaleway, type ScalewayResource, scalewayZones } from "./listing.ts";

/** Zones of Scaleway, and their regions, as one place whose resources are found by their tags. */
export function scalewayTaggedPlace(zones: readonly string[] = scalewayZones): TaggedPlace {
  return listedPlace<ScalewayResource>({
    provider: "scaleway",
    list: (filter, signal) => listScaleway(zones, filter, signal),
    remove: releaseScaleway,
  });
}
