import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { machineNamed } from "../catalog/catalog.ts";
import { type Ec2Image, ec2Image, ec2OperatingSystems } from "../catalog/ec2-images.ts";
import { type Ec2InstanceType, ec2InstanceType } from "../catalog/ec2-instances.ts";
import { InfraError } from "../failure.ts";
import type { Tags } from "../tags.ts";
import { createNetwork, type Network } from "./aws-network.ts";
import { cloudTags, withName } from "./cloud-tags.ts";
import { type ClusterArgs, defaultSshPort, type EdgeCluster, type Host } from "./edge-cluster.ts";
import { unknownImage, unknownModel } from "./failures.ts";
import { type NamedKey, namedKeys, userData } from "./user-data.ts";

/** A cluster on Amazon EC2. Credentials come from the environment, never from here. */
export interface AwsClusterArgs extends ClusterArgs {
  /** Such as `eu-central-1`. */
  readonly region: string;
  /** Availability zone, such as `eu-central-1b`; left to EC2 by default. */
  readonly zone?: string;
  /** Bare metal (`i3.metal`) or nested virtualisation (`c8i.2xlarge`). */
  readonly instanceType: string;
  /** Image id to boot, logged in to as the user of `os`; by default the newest published image of `os`. */
  readonly ami?: string;
  /** Networks that may open SSH connections, such as `203.0.113.0/24`. */
  readonly sshFrom: readonly string[];
  /** Size of the root volume in GiB; default 100. */
  readonly diskGiB?: number;
}

/**
 * Hosts in a network of their own. Every resource is created with its tags. A host terminates itself when its owner's
 * time is over. Throws an InfraError for an instance type or an operating system that cannot be had.
 */
export class AwsCluster extends pulumi.ComponentResource implements EdgeCluster {
  readonly hosts: pulumi.Output<readonly Host[]>;

  constructor(name: string, args: AwsClusterArgs, options: pulumi.ComponentResourceOptions = {}) {
    const model = checkedModel(args.instanceType);
    const image = checkedImage(args, model);
    const tags = cloudTags(args.owner);
    const keys = namedKeys(name, args);
    super("edgecert:infra:AwsCluster", name, {}, options);
    const provider = regionProvider(name, args.region, this);
    const inCluster = { parent: this, provider };
    const network = createNetwork(name, args, tags, inCluster);
    const loginKey = new aws.ec2.KeyPair(name, { publicKey: args.sshPublicKey, tags: withName(tags, name) }, inCluster);
    const ami = args.ami ?? newestImage(image, inCluster);
    const hosts = keys.map((named) =>
      createHost({
        named,
        args,
        model,
        image,
        ami,
        tags,
        network,
        loginKey,
        inCluster,
      }),
    );
    this.hosts = pulumi.all(hosts);
    this.registerOutputs({ hosts: this.hosts });
  }
}

function checkedModel(name: string): Ec2InstanceType {
  const model = ec2InstanceType(name);
  if (model === null)
    throw new InfraError(unknownModel("aws", name, "a .metal type such as i3.metal, or a C8i, M8i or R8i type"));
  return model;
}

function checkedImage(args: AwsClusterArgs, model: Ec2InstanceType): Ec2Image {
  const image = ec2Image(args.os, model.architecture);
  // The publishers' accounts are those of the commercial partition; GovCloud and China have others.
  const otherPartition = /^(us-gov|cn)-/.test(args.region) && args.ami === undefined;
  if (image === null || otherPartition) throw new InfraError(unknownImage(args.os, args.region, ec2OperatingSystems));
  return image;
}

function regionProvider(name: string, region: string, parent: pulumi.Resource): aws.Provider {
  // The provider retries InsufficientInstanceCapacity by itself for up to 50 minutes; shortage is ours to answer, with
  // the next zone, region or provider.
  return new aws.Provider(name, { region, maxRetries: 3 }, { parent });
}

function newestImage(image: Ec2Image, inCluster: pulumi.InvokeOptions): pulumi.Output<string> {
  const found = aws.ec2.getAmiOutput(
    { mostRecent: true, owners: [image.owner], filters: [{ name: "name", values: [image.name] }] },
    inCluster,
  );
  return found.id;
}

interface HostParts {
  readonly named: NamedKey;
  readonly args: AwsClusterArgs;
  readonly model: Ec2InstanceType;
  readonly image: Ec2Image;
  readonly ami: pulumi.Input<string>;
  readonly tags: Tags;
  readonly network: Network;
  readonly loginKey: aws.ec2.KeyPair;
  readonly inCluster: pulumi.CustomResourceOptions;
}

function createHost(parts: HostParts): pulumi.Output<Host> {
  const { named, args, model, image, ami, network } = parts;
  const { hostname } = named;
  const { sshPort = defaultSshPort } = args;
  const tags = withName(parts.tags, hostname);
  const instance = new aws.ec2.Instance(
    hostname,
    {
      ami,
      instanceType: model.name,
      subnetId: network.subnet.id,
      vpcSecurityGroupIds: [network.securityGroup.id],
      associatePublicIpAddress: true,
      keyName: parts.loginKey.keyName,
      userData: userData(named, { powerOffAt: parts.tags["expires-at"], sshPort }),
      ...(model.hostClass === "nested" ? { cpuOptions: { nestedVirtualization: "enabled" } } : {}),
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
    },
    {
      ...parts.inCluster,
      additionalSecretOutputs: ["userData"],
      // A newer image must not replace a running host, nor a renewed expiry restart it.
      ignoreChanges: ["ami", "userData"],
      customTimeouts: { create: "30m", delete: "40m" },
    },
  );
  return pulumi.all([instance.id, instance.publicIp, instance.privateIp, instance.availabilityZone]).apply(
    ([id, address, privateAddress, zone]): Host => ({
      name: hostname,
      id,
      address,
      privateAddress,
      sshPort,
      user: image.user,
      hostKey: named.hostKey.publicKey,
      os: args.os,
      hostClass: model.hostClass,
      architecture: model.architecture,
      machineType: model.name,
      location: args.region,
      zone,
      price: machineNamed(model.name, "aws")?.price ?? null,
    }),
  );
}
