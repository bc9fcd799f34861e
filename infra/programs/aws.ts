import { getAmiOutput } from "@pulumi/aws/ec2/getAmi.js";
import { KeyPair } from "@pulumi/aws/ec2/keyPair.js";
import { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { type Ec2Image, ec2Image } from "../catalog/ec2-images.ts";
import { type Ec2InstanceType, ec2InstanceType } from "../catalog/ec2-instances.ts";
import { InfraError } from "../failure.ts";
import { createHost } from "./aws-host.ts";
import { awsMistakes } from "./aws-mistakes.ts";
import { networkOf } from "./aws-network.ts";
import { cloudTags, withName } from "./cloud-tags.ts";
import type { ClusterArgs, EdgeCluster, Host } from "./edge-cluster.ts";
import { unknownImage, unknownModel } from "./failures.ts";
import { namedKeys } from "./user-data.ts";

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
  /** Networks that may open SSH connections, such as `203.0.113.0/24` or `2001:db8::/48`; or the word `anywhere`. */
  readonly sshFrom: readonly string[];
  /** Size of the root volume in GiB; default 100. */
  readonly diskGiB?: number;
  /**
   * An existing subnet to stand in, such as `subnet-0abc`: then no VPC, gateway, route table or subnet is made, only the
   * security group. It must have a way to the internet where `reachedBy` is `public`.
   */
  readonly subnetId?: string;
  /** Address that SSH connections go to; default `public`. `private` for who is in the network already, as by a VPN. */
  readonly reachedBy?: "public" | "private";
  /** An existing placement group, by its name. */
  readonly placementGroup?: string;
  /** Whose hardware it is; default `default`, shared. `host` needs a dedicated host of the account's own. */
  readonly tenancy?: "default" | "dedicated" | "host";
  /** A dedicated host to stand on, such as `h-0abc`. */
  readonly hostId?: string;
  /** A capacity reservation to draw from, such as `cr-0abc`. */
  readonly capacityReservationId?: string;
  /**
   * Default `on-demand`. `spot` is cheaper and may be taken back at two minutes' notice, which terminates the host: its
   * evidence is lost then. Asked for once, never again by EC2 itself.
   */
  readonly purchase?: "on-demand" | "spot";
  /** The most that a spot host may cost, in US dollars per hour; default: the price on demand. */
  readonly spotMaxPrice?: number;
}

/**
 * Hosts in a network of their own, or in an existing one. Every resource is created with its tags. A host terminates
 * itself when its owner's time is over. Throws an InfraError for what can never be had, before anything is declared.
 */
export class AwsCluster extends pulumi.ComponentResource implements EdgeCluster {
  readonly hosts: pulumi.Output<readonly Host[]>;

  constructor(name: string, args: AwsClusterArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { model, image } = checked(args);
    const tags = cloudTags(args.owner);
    const keys = namedKeys(name, args);
    super("edgecert:infra:AwsCluster", name, {}, options);
    const provider = regionProvider(name, args.region, this);
    const inCluster = { parent: this, provider };
    const network = networkOf(name, args, tags, inCluster);
    const loginKey = new KeyPair(name, { publicKey: args.sshPublicKey, tags: withName(tags, name) }, inCluster);
    const boot = args.ami === undefined ? newestImage(image, inCluster) : { id: args.ami, name: null };
    const all = { args, model, image, boot, tags, network, loginKey, inCluster };
    this.hosts = pulumi.all(keys.map((named) => createHost({ named, ...all })));
    this.registerOutputs({ hosts: this.hosts });
  }
}

function checked(args: AwsClusterArgs): { readonly model: Ec2InstanceType; readonly image: Ec2Image } {
  const [mistake] = awsMistakes(args);
  if (mistake !== undefined) throw new InfraError(mistake);
  const model = ec2InstanceType(args.instanceType);
  if (model === null) throw new InfraError(unknownModel("aws", args.instanceType, []));
  const image = ec2Image(args.os, model.architecture);
  if (image === null) throw new InfraError(unknownImage(args.os, args.region, []));
  return { model, image };
}

function regionProvider(name: string, region: string, parent: pulumi.Resource): Provider {
  // The provider retries InsufficientInstanceCapacity by itself for up to 50 minutes; shortage is ours to answer, with
  // the next zone, region or provider.
  return new Provider(name, { region, maxRetries: 3 }, { parent });
}

function newestImage({ owner, name }: Ec2Image, inCluster: pulumi.InvokeOptions) {
  return getAmiOutput({ mostRecent: true, owners: [owner], filters: [{ name: "name", values: [name] }] }, inCluster);
}
