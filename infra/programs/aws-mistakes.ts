import type { Failure } from "../../pipelines/dsl/failure.ts";
import { awsMachines } from "../catalog/aws-machines.ts";
import { ec2Image, ec2OperatingSystems } from "../catalog/ec2-images.ts";
import { ec2InstanceType } from "../catalog/ec2-instances.ts";
import { locations } from "../catalog/locations.ts";
import type { AwsClusterArgs } from "./aws.ts";
import type { Wishes } from "./edge-cluster.ts";
import { contradiction, openToAll, unknownImage, unknownModel, unknownPlace } from "./failures.ts";

const regions = locations.filter(({ provider }) => provider === "aws").map(({ id }) => id);

/** Word of `sshFrom` that opens SSH to the whole internet, and the only way to do so. */
export const anywhere = "anywhere";

/** What is known of a cluster of aws, while more may be missing. */
export type AwsWishes = Wishes<AwsClusterArgs>;

/** Why EC2 can never give what is asked for, or why nobody should have it; empty where it is worth asking. */
export function awsMistakes(wishes: AwsWishes): readonly Failure[] {
  return [...ofPlace(wishes), ...ofMachine(wishes), ...ofAccess(wishes), ...ofPurchase(wishes)];
}

function ofPlace({ region, zone, subnetId }: AwsWishes): Failure[] {
  const failures: Failure[] = [];
  // The number is left to EC2, because areas get new regions; areas themselves come rarely.
  const area = (one: string) => one.slice(0, one.lastIndexOf("-"));
  if (region !== undefined && !regions.some((known) => area(known) === area(region)))
    failures.push(unknownPlace("aws", region, regions));
  if (zone !== undefined && region !== undefined && (!zone.startsWith(region) || zone === region))
    failures.push(contradiction(`zone ${JSON.stringify(zone)} does not lie in ${region}`, `such as ${region}a`));
  if (zone !== undefined && subnetId !== undefined)
    failures.push(
      contradiction(`zone ${zone} is asked for beside subnet ${subnetId}`, "leave zone out: a subnet has one"),
    );
  return failures;
}

function ofMachine({ instanceType, os, region, ami }: AwsWishes): Failure[] {
  const failures: Failure[] = [];
  const model = instanceType === undefined ? undefined : ec2InstanceType(instanceType);
  const known = awsMachines.map(({ name }) => name);
  if (instanceType !== undefined && model === null) failures.push(unknownModel("aws", instanceType, known));
  if (os === undefined || region === undefined) return failures;
  // The publishers' accounts are those of the commercial partition; GovCloud and China have others.
  const otherPartition = /^(us-gov|cn)-/.test(region) && ami === undefined;
  if (otherPartition || ec2Image(os, model?.architecture ?? "amd64") === null)
    failures.push(unknownImage(os, region, ec2OperatingSystems));
  return failures;
}

function ofAccess({ sshFrom = [] }: AwsWishes): Failure[] {
  const failures = sshFrom.filter((network) => /\/0$/.test(network)).map(openToAll);
  // A network of IPv6 is let in where an existing subnet has it, but never used by us: hosts are reached by IPv4.
  if (sshFrom.length > 0 && sshFrom.every((network) => network.includes(":")))
    failures.push(
      contradiction(
        `sshFrom ${sshFrom.join(", ")} has networks of IPv6 alone, and hosts are reached by IPv4`,
        "name the IPv4 network that you come from too, such as 203.0.113.0/24",
      ),
    );
  return failures;
}

function ofPurchase({ purchase, spotMaxPrice, capacityReservationId, tenancy, hostId }: AwsWishes): Failure[] {
  const failures: Failure[] = [];
  if (spotMaxPrice !== undefined && purchase !== "spot")
    failures.push(contradiction(`spotMaxPrice is ${spotMaxPrice}, but purchase is not spot`, "set purchase to spot"));
  if (capacityReservationId !== undefined && purchase === "spot")
    failures.push(contradiction("a spot host cannot draw from a capacity reservation", "leave one of the two out"));
  // EC2's API reference, SpotPlacement: the tenancy host is not supported for Spot Instances.
  if (tenancy === "host" && purchase === "spot")
    failures.push(contradiction("a spot host cannot have the tenancy host", "leave one of the two out"));
  if (hostId !== undefined && tenancy !== "host")
    failures.push(contradiction(`hostId ${hostId} needs the tenancy host`, "set tenancy to host"));
  return failures;
}
