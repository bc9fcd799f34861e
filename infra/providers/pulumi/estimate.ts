import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { machineNamed } from "../../catalog/catalog.ts";
import { dollarsPerHour } from "../../catalog/currency.ts";
import { ec2InstanceType } from "../../catalog/ec2-instances.ts";
import { awsMistakes } from "../../programs/aws-mistakes.ts";
import { equinixMetalEnded } from "../../programs/failures.ts";
import type { ClusterEstimate } from "../cluster.ts";
import { overBudget } from "./failures.ts";
import { type EdgeSettings, edgeSettings, machineTypeOf } from "./settings.ts";

/**
 * From the request to an answer by SSH, in seconds, by provider and class: a virtual machine of EC2 runs within a minute
 * and boots in another; a metal one may take 20 minutes after `running` (EC2 user guide, "Launch a bare metal instance");
 * Packet's took 6 in the original, and Scaleway installs Elastic Metal in about 10.
 */
const readySeconds = { "aws nested": 180, "aws metal": 1200, "equinix-metal metal": 360, "scaleway metal": 900 };

/** A request that can be satisfied, with what it costs and takes. */
export interface Priced extends ClusterEstimate {
  readonly settings: EdgeSettings;
  readonly hostClass: "nested" | "metal";
}

/** What a request costs and takes, or why it can never be satisfied or must not be; asks nobody. */
export function priced(request: ClusterRequest): Priced | Failure {
  const settings = edgeSettings(request);
  if ("reason" in settings) return settings;
  const mistake = mistakeOf(settings, request);
  if (mistake !== undefined) return mistake;
  const machine = machineNamed(machineTypeOf(settings), settings.provider);
  const price = machine?.price ?? null;
  const dollars = price === null ? null : dollarsPerHour(price) * request.count;
  const { mostDollarsPerHour: most } = request;
  if (most !== undefined && (dollars === null || dollars > most)) return overBudget(most, dollars);
  const hostClass = classOf(settings);
  const secondsToReady = readySeconds[`${settings.provider} ${hostClass}` as keyof typeof readySeconds] ?? 1200;
  return { settings, hostClass, dollarsPerHour: dollars, secondsToReady };
}

function classOf(settings: EdgeSettings): Priced["hostClass"] {
  if (settings.provider !== "aws") return "metal";
  return ec2InstanceType(settings.instanceType)?.hostClass ?? "metal";
}

function mistakeOf(settings: EdgeSettings, { os }: ClusterRequest): Failure | undefined {
  if (settings.provider === "aws") return awsMistakes({ ...settings, os })[0];
  // Refused before anything is sent: nobody answers there any more.
  if (settings.provider === "equinix-metal" && settings.fakeApi === undefined) return equinixMetalEnded;
  return undefined;
}
