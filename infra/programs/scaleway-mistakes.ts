import type { Failure } from "../../pipelines/dsl/failure.ts";
import { machineNamed } from "../catalog/catalog.ts";
import { locations } from "../catalog/locations.ts";
import { scalewayImage, scalewayOperatingSystems } from "../catalog/scaleway-images.ts";
import { scalewayOffers } from "../catalog/scaleway-offers.ts";
import type { Wishes } from "./edge-cluster.ts";
import { noCloudInit, unknownModel, unknownPlace, unknownSystem } from "./failures.ts";
import type { ScalewayClusterArgs } from "./scaleway.ts";

const zones = locations.filter(({ provider }) => provider === "scaleway").map(({ id }) => id);

/** Why Scaleway can never give what is asked for; empty where it is worth asking. */
export function scalewayMistakes({ zone, offer, os }: Wishes<ScalewayClusterArgs>): readonly Failure[] {
  const failures: Failure[] = [];
  if (zone !== undefined && !zones.includes(zone)) failures.push(unknownPlace("scaleway", zone, zones));
  if (offer !== undefined && !scalewayOffers.includes(offer))
    failures.push(
      machineNamed(offer, "scaleway") === undefined
        ? unknownModel("scaleway", offer, scalewayOffers)
        : noCloudInit(offer, scalewayOffers),
    );
  if (os !== undefined && scalewayImage(os) === null)
    failures.push(unknownSystem("Scaleway Elastic Metal", os, scalewayOperatingSystems));
  return failures;
}
