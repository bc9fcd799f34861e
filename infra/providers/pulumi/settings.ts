import * as z from "zod";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import type { AwsClusterArgs } from "../../programs/aws.ts";
import type { ClusterArgs, EdgeClusterArgs } from "../../programs/edge-cluster.ts";
import type { EquinixMetalClusterArgs } from "../../programs/equinix-metal.ts";
import type { ScalewayClusterArgs } from "../../programs/scaleway.ts";
import { badSettings } from "./failures.ts";

/** What a request says in a provider's own words: all that its program takes but owner, keys and number of hosts. */
export type SettingsOf<Args> = Omit<Args, Exclude<keyof ClusterArgs, "sshPort">>;

/** Settings of a cluster on Amazon EC2. */
export type AwsSettings = SettingsOf<AwsClusterArgs>;
/** Settings of a cluster at Equinix Metal. */
export type EquinixMetalSettings = SettingsOf<EquinixMetalClusterArgs>;
/** Settings of a cluster at Scaleway. */
export type ScalewaySettings = SettingsOf<ScalewayClusterArgs>;

const sshPort = z.exactOptional(z.int().min(1).max(65_535));
const text = z.string().min(1);
const maybe = z.exactOptional(text);

const aws = z.strictObject({
  sshPort,
  region: text,
  zone: maybe,
  instanceType: text,
  ami: maybe,
  sshFrom: z.array(text).min(1),
  diskGiB: z.exactOptional(z.int().min(8)),
  subnetId: maybe,
  reachedBy: z.exactOptional(z.enum(["public", "private"])),
  placementGroup: maybe,
  tenancy: z.exactOptional(z.enum(["default", "dedicated", "host"])),
  hostId: maybe,
  capacityReservationId: maybe,
  purchase: z.exactOptional(z.enum(["on-demand", "spot"])),
  spotMaxPrice: z.exactOptional(z.number().positive()),
}) satisfies z.ZodType<AwsSettings>;

const equinixMetal = z.strictObject({
  sshPort,
  metro: text,
  plan: text,
  projectId: maybe,
  organizationId: maybe,
  vlans: z.exactOptional(z.array(z.int().min(2).max(3999))),
  networkType: z.exactOptional(z.enum(["layer3", "hybrid", "layer2-bonded", "layer2-individual"])),
  fakeApi: maybe,
}) satisfies z.ZodType<EquinixMetalSettings>;

const scaleway = z.strictObject({
  sshPort,
  zone: text,
  offer: text,
  projectId: maybe,
}) satisfies z.ZodType<ScalewaySettings>;

/** A provider of Pulumi's with its settings, decoded. */
export type EdgeSettings =
  | ({ readonly provider: "aws" } & AwsSettings)
  | ({ readonly provider: "equinix-metal" } & EquinixMetalSettings)
  | ({ readonly provider: "scaleway" } & ScalewaySettings);

/** Providers whose clusters Pulumi brings up. */
export const pulumiProviders = ["aws", "equinix-metal", "scaleway"] as const;

export type PulumiProvider = (typeof pulumiProviders)[number];

/** The settings of a request, or every problem with them at once. */
export function edgeSettings(request: ClusterRequest): EdgeSettings | Failure {
  const problems: string[] = [];
  if (!Number.isInteger(request.count) || request.count < 1 || request.count > 100)
    problems.push(`count: ${request.count} is no number of hosts from 1 to 100`);
  const settings = decode(request, problems);
  return settings === undefined || problems.length > 0 ? badSettings(request.provider, problems) : settings;
}

function decode({ provider, settings }: ClusterRequest, problems: string[]): EdgeSettings | undefined {
  if (provider === "aws") return tagged("aws", aws.safeParse(settings), problems);
  if (provider === "equinix-metal") return tagged("equinix-metal", equinixMetal.safeParse(settings), problems);
  if (provider === "scaleway") return tagged("scaleway", scaleway.safeParse(settings), problems);
  problems.push(`provider: ${JSON.stringify(provider)} is none of ${pulumiProviders.join(", ")}`);
  return undefined;
}

function tagged<const Name, Settings>(
  provider: Name,
  read: z.ZodSafeParseResult<Settings>,
  problems: string[],
): ({ readonly provider: Name } & Settings) | undefined {
  if (read.success) return { provider, ...read.data };
  problems.push(...read.error.issues.map(({ path, message }) => `${path.join(".") || "settings"}: ${message}`));
  return undefined;
}

/** The arguments of the program that brings the request up. */
export function programArgs(settings: EdgeSettings, rest: Omit<ClusterArgs, "sshPort">): EdgeClusterArgs {
  return { ...settings, ...rest };
}

/** Where a cluster's resources are listed by tag: a region, a zone, of Equinix Metal the project (empty for one of ours). */
export function locationOf(settings: EdgeSettings): string {
  if (settings.provider === "aws") return settings.region;
  return settings.provider === "scaleway" ? settings.zone : (settings.projectId ?? "");
}

/** The provider's own word for the machine that the settings want. */
export function machineTypeOf(settings: EdgeSettings): string {
  if (settings.provider === "aws") return settings.instanceType;
  return settings.provider === "scaleway" ? settings.offer : settings.plan;
}
