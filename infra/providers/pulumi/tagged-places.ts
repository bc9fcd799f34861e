import { awsTaggedPlace } from "../aws/tagged-place.ts";
import { equinixMetalTaggedPlace } from "../equinix-metal/tagged-place.ts";
import type { Resource } from "../provider.ts";
import { scalewayZones } from "../scaleway/listing.ts";
import { scalewayTaggedPlace } from "../scaleway/tagged-place.ts";
import type { TaggedPlace } from "../tagged-place.ts";
import type { PulumiProvider } from "./settings.ts";

/** Environment variable with regions of EC2, parted by commas, that are listed although no cluster of this home is there. */
export const regionsVariable = "EDGECERT_AWS_REGIONS";

/** What lists and gives back by tag at some locations of a provider. */
export function taggedPlaceAt(provider: PulumiProvider, locations: readonly string[]): TaggedPlace {
  if (provider === "aws") return awsTaggedPlace(locations);
  if (provider === "scaleway") return scalewayTaggedPlace(locations);
  return equinixMetalTaggedPlace(locations.find((project) => project !== "") ?? null);
}

/** What gives back a listed resource that no cluster of this home is known for: wherever it may be. */
export function taggedPlaceOf(provider: PulumiProvider, { id }: Resource): TaggedPlace {
  return taggedPlaceAt(
    provider,
    provider === "aws" ? [id.slice(0, id.indexOf("/"))] : provider === "scaleway" ? scalewayZones : [],
  );
}

/** The regions of AWS that are listed in any case: where another home, or none any more, may have left something. */
export function watchedRegions(environment: NodeJS.ProcessEnv): readonly string[] {
  return (environment[regionsVariable] ?? "")
    .split(",")
    .map((region) => region.trim())
    .filter((region) => region !== "");
}
