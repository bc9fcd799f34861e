import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest, ServerRequest } from "../../../pipelines/dsl/request.ts";
import type { ClusterEstimate } from "../cluster.ts";
import { serverOf } from "../local/metal.ts";
import { refusalOf, useOf } from "../local/provider.ts";
import type { Use } from "../local/provision.ts";
import { hostSettings, namesOf } from "./settings.ts";

/** Measured under emulation on 2 cores: an image, and a boot with cloud-init and first contact, of two hosts at once. */
const imageSeconds = 60;
const bootSeconds = 90;

/** The servers that the hosts of a request are to this machine, or why it can never have them. Pure. */
export function serversOf(use: Use, request: ClusterRequest): readonly ServerRequest[] | Failure {
  const settings = hostSettings(request);
  if ("reason" in settings) return settings;
  const untold = { userData: "", loginKey: "", account: "root" };
  const servers = namesOf(request).map((name) => serverOf({ name, os: request.os, ...settings, ...untold }));
  return refusalOf(use, servers) ?? servers;
}

/** Price and time of so many hosts. Pure. */
export function priceOf(use: Use, count: number, image: "there" | "to be built"): ClusterEstimate {
  const boots = Math.ceil(count / use.bootSlots);
  return { dollarsPerHour: 0, secondsToReady: (image === "there" ? 0 : imageSeconds) + boots * bootSeconds };
}

/** What a request would cost and take on this machine, for planning: an image counts as one that is still to be built. */
export function localEdgeOffer(request: ClusterRequest): ClusterEstimate | Failure {
  const use = useOf({ home: "/" });
  const servers = serversOf(use, request);
  return "reason" in servers ? servers : priceOf(use, request.count, "to be built");
}
