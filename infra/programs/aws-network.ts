import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Tags } from "../tags.ts";
import type { AwsClusterArgs } from "./aws.ts";
import { withName } from "./cloud-tags.ts";
import { defaultSshPort } from "./edge-cluster.ts";

/** Where the hosts of a cluster stand: one public subnet, and who may reach it. */
export interface Network {
  readonly subnet: aws.ec2.Subnet;
  readonly securityGroup: aws.ec2.SecurityGroup;
}

/** A VPC for one cluster alone: SSH from the named networks, everything among the hosts, everything outwards. */
export function createNetwork(
  name: string,
  args: AwsClusterArgs,
  ours: Tags,
  inCluster: pulumi.CustomResourceOptions,
): Network {
  const tags = withName(ours, name);
  const port = args.sshPort ?? defaultSshPort;
  const vpc = new aws.ec2.Vpc(name, { cidrBlock: "10.90.0.0/16", enableDnsSupport: true, tags }, inCluster);
  const gateway = new aws.ec2.InternetGateway(name, { vpcId: vpc.id, tags }, inCluster);
  // The VPC's own route table with its routes inside: a route or an association of its own could carry no tags.
  const routes = new aws.ec2.DefaultRouteTable(
    name,
    {
      defaultRouteTableId: vpc.defaultRouteTableId,
      routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }],
      tags,
    },
    inCluster,
  );
  const subnet = new aws.ec2.Subnet(
    name,
    { vpcId: vpc.id, cidrBlock: "10.90.0.0/24", availabilityZone: args.zone, tags },
    { ...inCluster, dependsOn: [routes] },
  );
  const securityGroup = new aws.ec2.SecurityGroup(
    name,
    {
      description: "SSH from the operator, everything among the hosts of the cluster",
      vpcId: vpc.id,
      ingress: [
        { protocol: "tcp", fromPort: port, toPort: port, cidrBlocks: [...args.sshFrom], description: "SSH" },
        { protocol: "-1", fromPort: 0, toPort: 0, self: true, description: "among hosts" },
      ],
      egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
      tags,
    },
    inCluster,
  );
  return { subnet, securityGroup };
}
