import type { EC2Client } from "@aws-sdk/client-ec2";

/** Asks for the removal of what has this id. True when it is gone, false while it is going; throws what EC2 answers. */
export type Removal = (id: string) => Promise<boolean>;

type Sdk = typeof import("@aws-sdk/client-ec2");

/** How each type that we list is removed, by EC2's word for it, in the order in which EC2 lets them go. */
export async function ec2Removals(ec2: EC2Client): Promise<ReadonlyMap<string, Removal>> {
  const sdk = await import("@aws-sdk/client-ec2");
  return new Map<string, Removal>([
    ["spot-instances-request", gone((id) => ec2.send(cancelSpot(sdk, id)))],
    ["instance", (id) => terminate(sdk, ec2, id)],
    ["network-interface", gone((id) => ec2.send(new sdk.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id })))],
    ["volume", gone((id) => ec2.send(new sdk.DeleteVolumeCommand({ VolumeId: id })))],
    ["security-group", gone((id) => ec2.send(new sdk.DeleteSecurityGroupCommand({ GroupId: id })))],
    ["subnet", gone((id) => ec2.send(new sdk.DeleteSubnetCommand({ SubnetId: id })))],
    ["internet-gateway", (id) => removeGateway(sdk, ec2, id)],
    ["route-table", (id) => removeRoutes(sdk, ec2, id)],
    ["vpc", gone((id) => ec2.send(new sdk.DeleteVpcCommand({ VpcId: id })))],
    ["key-pair", gone((id) => removeKey(sdk, ec2, id))],
  ]);
}

/** A removal that is done when EC2 says yes. */
function gone(ask: (id: string) => Promise<unknown>): Removal {
  return async (id) => {
    await ask(id);
    return true;
  };
}

function cancelSpot(sdk: Sdk, id: string) {
  return new sdk.CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [id] });
}

/** Done when it is terminated: until then it holds its subnet, its groups and its volumes. */
async function terminate(sdk: Sdk, ec2: EC2Client, id: string): Promise<boolean> {
  const { Reservations = [] } = await ec2.send(new sdk.DescribeInstancesCommand({ InstanceIds: [id] }));
  const states = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
  if (states.every((state) => state === "terminated")) return true;
  if (!states.includes("shutting-down")) await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [id] }));
  return false;
}

async function removeGateway(sdk: Sdk, ec2: EC2Client, id: string): Promise<boolean> {
  const { InternetGateways = [] } = await ec2.send(
    new sdk.DescribeInternetGatewaysCommand({ InternetGatewayIds: [id] }),
  );
  for (const { VpcId } of InternetGateways.flatMap(({ Attachments = [] }) => Attachments))
    await ec2.send(new sdk.DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId }));
  await ec2.send(new sdk.DeleteInternetGatewayCommand({ InternetGatewayId: id }));
  return true;
}

/** The main one of a VPC cannot be removed and goes with it. */
async function removeRoutes(sdk: Sdk, ec2: EC2Client, id: string): Promise<boolean> {
  const { RouteTables = [] } = await ec2.send(new sdk.DescribeRouteTablesCommand({ RouteTableIds: [id] }));
  const associations = RouteTables.flatMap(({ Associations = [] }) => Associations);
  if (associations.some(({ Main }) => Main === true)) return true;
  for (const { RouteTableAssociationId } of associations)
    await ec2.send(new sdk.DisassociateRouteTableCommand({ AssociationId: RouteTableAssociationId }));
  await ec2.send(new sdk.DeleteRouteTableCommand({ RouteTableId: id }));
  return true;
}

/** By its name, as every client does: emulators take no id, and delete nothing without a complaint. */
async function removeKey(sdk: Sdk, ec2: EC2Client, id: string): Promise<void> {
  const { KeyPairs = [] } = await ec2.send(new sdk.DescribeKeyPairsCommand({ KeyPairIds: [id] }));
  for (const { KeyName } of KeyPairs.filter(({ KeyPairId }) => KeyPairId === id))
    await ec2.send(new sdk.DeleteKeyPairCommand({ KeyName }));
}
