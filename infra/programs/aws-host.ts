import { Instance, type InstanceArgs } from "@pulumi/aws/ec2/instance.js";
import type { KeyPair } from "@pulumi/aws/ec2/keyPair.js";
import * as pulumi from "@pulumi/pulumi";
import { machineNamed } from "../catalog/catalog.ts";
import type { Ec2Image } from "../catalog/ec2-images.ts";
import type { Ec2InstanceType } from "../catalog/ec2-instances.ts";
import type { Tags } from "../tags.ts";
import type { AwsClusterArgs } from "./aws.ts";
import type { Network } from "./aws-network.ts";
import { withName } from "./cloud-tags.ts";
import { defaultSshPort, type Host } from "./edge-cluster.ts";
import { type NamedKey, userData } from "./user-data.ts";

/** All that one instance is made of. */
export interface HostParts {
  readonly named: NamedKey;
  readonly args: AwsClusterArgs;
  readonly model: Ec2InstanceType;
  readonly image: Ec2Image;
  /** What is booted; the name is null where only the id was given. */
  readonly boot: pulumi.Input<{ readonly id: string; readonly name: string | null }>;
  readonly tags: Tags;
  readonly network: Network;
  readonly loginKey: KeyPair;
  readonly inCluster: pulumi.CustomResourceOptions;
}

/** Declares one instance, which terminates itself when its owner's time is over. */
export function createHost(parts: HostParts): pulumi.Output<Host> {
  const instance = new Instance(parts.named.hostname, instanceArgs(parts), {
    ...parts.inCluster,
    additionalSecretOutputs: ["userData"],
    // A newer image must not replace a running host, nor a renewed expiry restart it.
    ignoreChanges: ["ami", "userData"],
    customTimeouts: { create: "30m", delete: "40m" },
  });
  const { id, ami, publicIp, privateIp, availabilityZone } = instance;
  return pulumi
    .all([id, ami, parts.boot, publicIp, privateIp, availabilityZone])
    .apply(([id, ami, boot, publicIp, privateIp, zone]) => ({
      ...described(parts),
      id,
      address: parts.args.reachedBy === "private" ? privateIp : publicIp,
      privateAddress: privateIp,
      zone,
      // The one that the host was made from; the lookup may have found a newer one since.
      image: { id: ami, name: boot.id === ami ? boot.name : null },
    }));
}

/** What is known of a host before it exists. */
function described({ named, args, model, image }: HostParts) {
  return {
    name: named.hostname,
    sshPort: args.sshPort ?? defaultSshPort,
    user: image.user,
    hostKey: named.hostKey.publicKey,
    os: args.os,
    hostClass: model.hostClass,
    architecture: model.architecture,
    machineType: model.name,
    location: args.region,
    price: machineNamed(model.name, "aws")?.price ?? null,
  };
}

function instanceArgs(parts: HostParts): InstanceArgs {
  const { named, args, model, network } = parts;
  const tags = withName(parts.tags, named.hostname);
  const powerOffAt = parts.tags["expires-at"];
  return {
    ami: pulumi.output(parts.boot).id,
    instanceType: model.name,
    subnetId: network.subnetId,
    vpcSecurityGroupIds: [network.securityGroup.id],
    associatePublicIpAddress: args.reachedBy !== "private",
    keyName: parts.loginKey.keyName,
    userData: userData(named, { powerOffAt, sshPort: args.sshPort ?? defaultSshPort }),
    ...(model.hostClass === "nested" ? { cpuOptions: { nestedVirtualization: "enabled" } } : {}),
    ...placement(args),
    ...purchase(args),
    instanceInitiatedShutdownBehavior: "terminate",
    metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
    rootBlockDevice: {
      volumeType: "gp3",
      volumeSize: args.diskGiB ?? 100,
      encrypted: true,
      deleteOnTermination: true,
    },
    tags,
    // Not rootBlockDevice.tags: only these go into the call that creates the volume.
    volumeTags: tags,
  };
}

function placement({ placementGroup, tenancy, hostId, capacityReservationId }: AwsClusterArgs): Partial<InstanceArgs> {
  return {
    ...(placementGroup === undefined ? {} : { placementGroup }),
    ...(tenancy === undefined ? {} : { tenancy }),
    ...(hostId === undefined ? {} : { hostId }),
    ...(capacityReservationId === undefined
      ? {}
      : { capacityReservationSpecification: { capacityReservationTarget: { capacityReservationId } } }),
  };
}

function purchase({ purchase, spotMaxPrice }: AwsClusterArgs): Partial<InstanceArgs> {
  if (purchase !== "spot") return {};
  const spotOptions = {
    spotInstanceType: "one-time",
    instanceInterruptionBehavior: "terminate",
    ...(spotMaxPrice === undefined ? {} : { maxPrice: String(spotMaxPrice) }),
  };
  return { instanceMarketOptions: { marketType: "spot", spotOptions } };
}
