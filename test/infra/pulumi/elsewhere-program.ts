import { equinixMetalTaggedPlace } from "../../../infra/providers/equinix-metal/tagged-place.ts";
import { scalewayTaggedPlace } from "../../../infra/providers/scaleway/tagged-place.ts";
import type { TaggedPlace } from "../../../infra/providers/tagged-place.ts";
import type { StackProgram } from "../../../infra/pulumi/operation.ts";
import type { StackPlace } from "../../../infra/pulumi/stack-place.ts";
import { awsProgram } from "./cluster-program.ts";

/** Clouds other than the one that most faults are made at. */
export type Elsewhere = "scaleway" | "equinix-metal";

/** The same cluster at another cloud. */
export function programAt(provider: Elsewhere, place: StackPlace): StackProgram {
  const { name, tags, args } = awsProgram(place);
  const { count, os, owner, sshPublicKey, hostKeys } = args;
  const shared = { count, os, owner, sshPublicKey, hostKeys };
  if (provider === "scaleway")
    return { name, tags, args: { ...shared, provider, zone: "fr-par-1", offer: "EM-B220E-NVME" } };
  const metal = { metro: "am", plan: "c3.small.x86", projectId: "fake-project", fakeApi: "127.0.0.1:1" };
  return { name, tags, args: { ...shared, provider, ...metal } };
}

/** What lists that cluster by its tags. */
export function placeAt(provider: Elsewhere): TaggedPlace {
  return provider === "scaleway" ? scalewayTaggedPlace(["fr-par-1"]) : equinixMetalTaggedPlace("fake-project");
}
