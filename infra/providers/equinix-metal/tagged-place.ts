import { listedPlace } from "../listed-place.ts";
import type { TaggedPlace } from "../tagged-place.ts";
import { type EquinixMetalResource, listEquinixMetal, releaseEquinixMetal } from "./listing.ts";

/** A project of Equinix Metal, and every project that was made for a cluster, as one place found by tags. */
export function equinixMetalTaggedPlace(projectId: string | null): TaggedPlace {
  return listedPlace<EquinixMetalResource>({
    provider: "equinix-metal",
    list: (filter, signal) => listEquinixMetal(projectId, filter, signal),
    remove: releaseEquinixMetal,
  });
}
