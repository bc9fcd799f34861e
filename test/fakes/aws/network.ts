import {
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  DetachInternetGatewayCommand,
  type EC2Client,
  type Filter,
} from "@aws-sdk/client-ec2";
import * as z from "zod";
import { ProviderRefusal } from "../world.ts";
import { answered, type Kind, tagged, tagsFor, writeTags } from "./kind.ts";

const inVpc = tagged.extend({ vpcId: z.string() });

const vpc: Kind = {
  async create({ ec2 }, inputs) {
    const { cidrBlock, tags } = tagged.extend({ cidrBlock: z.string() }).parse(inputs);
    const { Vpc } = await ec2.send(
      new CreateVpcCommand({ CidrBlock: cidrBlock, TagSpecifications: tagsFor("vpc", tags) }),
    );
    const id = answered(Vpc?.VpcId, "a VPC");
    const defaultRouteTableId = await mainRouteTable(ec2, id);
    return { id, outputs: { ...inputs, defaultRouteTableId, mainRouteTableId: defaultRouteTableId } };
  },
  async exists({ ec2 }, id) {
    const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "vpc-id", Values: [id] }] }));
    return Vpcs.length > 0;
  },
  async delete({ ec2 }, id) {
    await ec2.send(new DeleteVpcCommand({ VpcId: id }));
  },
};

async function mainRouteTable(ec2: EC2Client, vpcId: string): Promise<string> {
  const Filters = [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "association.main", Values: ["true"] },
  ];
  const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
  return answered(RouteTables[0]?.RouteTableId, "the main route table");
}

const internetGateway: Kind = {
  async create({ ec2 }, inputs) {
    const { vpcId, tags } = inVpc.parse(inputs);
    const TagSpecifications = tagsFor("internet-gateway", tags);
    const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({ TagSpecifications }));
    const id = answered(InternetGateway?.InternetGatewayId, "a gateway");
    await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: id, VpcId: vpcId }));
    return { id, outputs: { ...inputs } };
  },
  async exists({ ec2 }, id) {
    const Filters = [{ Name: "internet-gateway-id", Values: [id] }];
    const { InternetGateways = [] } = await ec2.send(new DescribeInternetGatewaysCommand({ Filters }));
    return InternetGateways.length > 0;
  },
  async delete({ ec2 }, id, outputs) {
    const { vpcId } = inVpc.parse(outputs);
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId: vpcId }));
    await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: id }));
  },
};

/** Adopted, never created: Pulumi's provider writes its routes and tags, and leaves it to the VPC when it is deleted. */
const defaultRouteTable: Kind = {
  async create({ ec2 }, inputs) {
    const route = z.object({ cidrBlock: z.string(), gatewayId: z.string() });
    const read = tagged.extend({ defaultRouteTableId: z.string(), routes: z.array(route).default([]) }).parse(inputs);
    const { defaultRouteTableId: id, routes, tags } = read;
    for (const { cidrBlock, gatewayId } of routes)
      await ec2.send(
        new CreateRouteCommand({ RouteTableId: id, DestinationCidrBlock: cidrBlock, GatewayId: gatewayId }),
      );
    await writeTags(ec2, id, tags);
    return { id, outputs: { ...inputs } };
  },
  async exists({ ec2 }, id) {
    const Filters = [{ Name: "route-table-id", Values: [id] }];
    const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
    return RouteTables.length > 0;
  },
  async delete() {},
};

const subnet: Kind = {
  async create({ ec2 }, inputs) {
    const zone = z.exactOptional(z.string());
    const { vpcId, cidrBlock, availabilityZone, tags } = inVpc
      .extend({ cidrBlock: z.string(), availabilityZone: zone })
      .parse(inputs);
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({
        VpcId: vpcId,
        CidrBlock: cidrBlock,
        AvailabilityZone: availabilityZone,
        TagSpecifications: tagsFor("subnet", tags),
      }),
    );
    const id = answered(Subnet?.SubnetId, "a subnet");
    return { id, outputs: { ...inputs, availabilityZone: answered(Subnet?.AvailabilityZone, "a zone") } };
  },
  async exists({ ec2 }, id) {
    const Filters = [{ Name: "subnet-id", Values: [id] }];
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
    return Subnets.length > 0;
  },
  async delete({ ec2 }, id) {
    await refuseWhileUsed(ec2, { Name: "subnet-id", Values: [id] });
    await ec2.send(new DeleteSubnetCommand({ SubnetId: id }));
  },
};

/** As EC2 does and the emulator does not: an instance that Pulumi does not know holds what it stands in. */
async function refuseWhileUsed(ec2: EC2Client, filter: Filter): Promise<void> {
  const living = { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] };
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters: [filter, living] }));
  if (Reservations.length > 0) throw new ProviderRefusal("DependencyViolation");
}

const ruleInput = z.object({
  protocol: z.string(),
  fromPort: z.number(),
  toPort: z.number(),
  cidrBlocks: z.array(z.string()).default([]),
  ipv6CidrBlocks: z.array(z.string()).default([]),
  self: z.boolean().default(false),
});

const securityGroup: Kind = {
  async create({ ec2 }, inputs) {
    const { vpcId, name, description, ingress, tags } = inVpc
      .extend({ name: z.string(), description: z.string(), ingress: z.array(ruleInput).default([]) })
      .parse(inputs);
    const { GroupId } = await ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: description,
        VpcId: vpcId,
        TagSpecifications: tagsFor("security-group", tags),
      }),
    );
    const id = answered(GroupId, "a security group");
    const IpPermissions = ingress.map((one) => ({
      IpProtocol: one.protocol,
      FromPort: one.fromPort,
      ToPort: one.toPort,
      IpRanges: one.cidrBlocks.map((CidrIp) => ({ CidrIp })),
      Ipv6Ranges: one.ipv6CidrBlocks.map((CidrIpv6) => ({ CidrIpv6 })),
      UserIdGroupPairs: one.self ? [{ GroupId: id }] : [],
    }));
    if (IpPermissions.length > 0)
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: id, IpPermissions }));
    return { id, outputs: { ...inputs } };
  },
  async exists({ ec2 }, id) {
    const Filters = [{ Name: "group-id", Values: [id] }];
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    return SecurityGroups.length > 0;
  },
  async delete({ ec2 }, id) {
    await refuseWhileUsed(ec2, { Name: "instance.group-id", Values: [id] });
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }));
  },
};

/** What hosts stand in, by Pulumi's names. */
export const networkKinds: Readonly<Record<string, Kind>> = {
  "aws:ec2/vpc:Vpc": vpc,
  "aws:ec2/internetGateway:InternetGateway": internetGateway,
  "aws:ec2/defaultRouteTable:DefaultRouteTable": defaultRouteTable,
  "aws:ec2/subnet:Subnet": subnet,
  "aws:ec2/securityGroup:SecurityGroup": securityGroup,
};
