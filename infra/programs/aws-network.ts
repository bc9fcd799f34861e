import { DefaultRouteTable } from "@pulumi/aws/ec2/defaultRouteTable.js";
import { getSubnetOutput } from "@pulumi/aws/ec2/getSubnet.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Tags } from "../tags.ts";
import type { AwsClusterArgs } from "./aws.ts";
import { anywhere } from "./aws-mistakes.ts";
import { withName } from "./cloud-tags.ts";
import { defaultSshPort } from "./edge-cluster.ts";

/** Where the hosts of a cluster stand: one subnet, and who may reach it. */
export interface Network {
  readonly subnetId: pulumi.Input<string>;
  readonly securityGroup: SecurityGroup;
}

/**
 * The network of a cluster: a VPC for it alone, or the subnet that its arguments name. SSH from the networks that they
 * name, everything among the hosts, everything outwards.
 */
export function networkOf(
  name: string,
  args: AwsClusterArgs,
  ours: Tags,
  inCluster: pulumi.CustomResourceOptions,
): Network {
  const tags = withName(ours, name);
  const subnet =
    args.subnetId === undefined
      ? createSubnet(name, args, tags, inCluster)
      : getSubnetOutput({ id: args.subnetId }, inCluster);
  const securityGroup = new SecurityGroup(name, { ...rules(args), vpcId: subnet.vpcId, tags }, inCluster);
  return { subnetId: args.subnetId ?? subnet.id, securityGroup };
}

/** A subnet in a VPC of its own. */
function createSubnet(
  name: string,
  args: AwsClusterArgs,
  tags: Readonly<Record<string, string>>,
  inCluster: pulumi.CustomResourceOptions,
): Subnet {
  const vpc = new Vpc(name, { cidrBlock: "10.90.0.0/16", enableDnsSupport: true, tags }, inCluster);
  const gateway = new InternetGateway(name, { vpcId: vpc.id, tags }, inCluster);
  // The VPC's own route table with its routes inside: a route or an association of its own could carry no tags.
  const routes = new DefaultRouteTable(
    name,
    {
      defaultRouteTableId: vpc.defaultRouteTableId,
      routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
      tags,
    },
    inCluster,
  );
  return new Subnet(
    name,
    {
      vpcId: vpc.id,
      cidrBlock: "10.90.0.0/24",
      ...(args.zone === undefined ? {} : { availabilityZone: args.zone }),
      tags,
    },
    { ...inCluster, dependsOn: [routes] },
  );
}

function rules({ sshFrom, sshPort: port = defaultSshPort }: AwsClusterArgs) {
  const networks = sshFrom.flatMap((network) => (network === anywhere ? ["0.0.0.0/0", "::/0"] : [network]));
  const cidrBlocks = networks.filter((network) => !network.includes(":"));
  const ipv6CidrBlocks = networks.filter((network) => network.includes(":"));
  return {
    description: "SSH from the operator, everything among the hosts of the cluster",
    ingress: [
      { protocol: "tcp", fromPort: port, toPort: port, cidrBlocks, ipv6CidrBlocks, description: "SSH" },
      { protocol: "-1", fromPort: 0, toPort: 0, self: true, description: "among hosts" },
    ],
    egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] }],
  };
}
