import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DescribeImagesCommand,
  DescribeRouteTablesCommand,
  type EC2Client,
  ImportKeyPairCommand,
  RequestSpotInstancesCommand,
  type ResourceType,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { makeSshKeyPair } from "../../../../infra/hosts/ssh-key-pair.ts";
import { tagsOf } from "../../../../infra/tags.ts";

/** Types of what {@link makeOrphans} makes, sorted. */
export const orphanTypes = [
  "instance",
  "instance",
  "internet-gateway",
  "key-pair",
  "network-interface",
  "route-table",
  "security-group",
  "spot-instances-request",
  "subnet",
  "volume",
  "volume",
  "volume",
  "vpc",
];

function tagged(run: string, type: ResourceType) {
  const tags = tagsOf({ run, node: "cluster", attempt: 1, token: 1, expiresAt: "2027-01-01T00:00:00Z" });
  return [{ ResourceType: type, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }];
}

/** A whole cluster that nobody remembers, made as the programs make theirs: one of everything that we list. */
export async function makeOrphans(ec2: EC2Client, run: string): Promise<{ readonly vpc: string }> {
  const { Vpc } = await ec2.send(
    new CreateVpcCommand({ CidrBlock: "10.91.0.0/16", TagSpecifications: tagged(run, "vpc") }),
  );
  const VpcId = Vpc?.VpcId ?? "";
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId, CidrBlock: "10.91.0.0/24", TagSpecifications: tagged(run, "subnet") }),
  );
  const SubnetId = Subnet?.SubnetId ?? "";
  const { GroupId = "" } = await ec2.send(
    new CreateSecurityGroupCommand({
      VpcId,
      GroupName: `${run}-group`,
      Description: "test",
      TagSpecifications: tagged(run, "security-group"),
    }),
  );
  await routesAndGateway(ec2, run, VpcId);
  const KeyName = `${run}-key`;
  const PublicKeyMaterial = Buffer.from(makeSshKeyPair(KeyName).publicKey);
  await ec2.send(new ImportKeyPairCommand({ KeyName, PublicKeyMaterial, TagSpecifications: tagged(run, "key-pair") }));
  await ec2.send(
    new RunInstancesCommand({
      ImageId: await anyImage(ec2),
      InstanceType: "c8i.2xlarge",
      MinCount: 2,
      MaxCount: 2,
      SubnetId,
      SecurityGroupIds: [GroupId],
      KeyName,
      TagSpecifications: [...tagged(run, "instance"), ...tagged(run, "volume")],
    }),
  );
  const TagSpecifications = tagged(run, "spot-instances-request");
  const LaunchSpecification = { ImageId: await anyImage(ec2), InstanceType: "c8i.2xlarge" } as const;
  await ec2.send(new RequestSpotInstancesCommand({ InstanceCount: 1, LaunchSpecification, TagSpecifications }));
  await ec2.send(
    new CreateVolumeCommand({ AvailabilityZone: "eu-central-1a", Size: 8, TagSpecifications: tagged(run, "volume") }),
  );
  await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, TagSpecifications: tagged(run, "network-interface") }));
  return { vpc: VpcId };
}

async function routesAndGateway(ec2: EC2Client, run: string, VpcId: string): Promise<void> {
  const main = await ec2.send(new DescribeRouteTablesCommand({ Filters: [{ Name: "vpc-id", Values: [VpcId] }] }));
  const Resources = (main.RouteTables ?? []).map(({ RouteTableId = "" }) => RouteTableId);
  const Tags = tagged(run, "route-table").flatMap((one) => one.Tags);
  await ec2.send(new CreateTagsCommand({ Resources, Tags }));
  const { InternetGateway } = await ec2.send(
    new CreateInternetGatewayCommand({ TagSpecifications: tagged(run, "internet-gateway") }),
  );
  const InternetGatewayId = InternetGateway?.InternetGatewayId ?? "";
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
}

async function anyImage(ec2: EC2Client): Promise<string> {
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ["136693071363"] }));
  return Images[0]?.ImageId ?? "";
}
