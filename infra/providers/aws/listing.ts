import type { EC2Client, Filter, Tag } from "@aws-sdk/client-ec2";

/** Something in an account that carries our tags. */
export interface Ec2Resource {
  /** EC2's id, such as `i-0abc` or `vpc-0abc`. */
  readonly id: string;
  /** EC2's own word for its type, such as `instance` or `security-group`. */
  readonly type: string;
  readonly region: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** Which resources of ours: those of one run, or all. */
export interface Ec2Filter {
  readonly run?: string;
}

/**
 * What exists in a region and carries our tags, whether or not anybody remembers it. Asks for each type of resource that
 * a program makes, because EC2's list of tags goes on naming what is gone. Terminated instances are gone; those that are
 * shutting down are not yet. Credentials, and another endpoint, come from the environment as the AWS SDK documents it.
 */
export async function listEc2(region: string, filter: Ec2Filter = {}): Promise<readonly Ec2Resource[]> {
  // Imported on demand because only who has a cluster at AWS needs it, and it takes a third of a second.
  const sdk = await import("@aws-sdk/client-ec2");
  const client = new sdk.EC2Client({ region });
  try {
    const Filters = ourTags(filter);
    const lists = [
      spotRequests(sdk, client, Filters),
      instances(sdk, client, Filters),
      ...others(sdk, client, Filters),
    ];
    const found = (await Promise.all(lists)).flat();
    return found.map(({ id, type, tags }) => ({ id, type, region, tags: tagMap(tags) }));
  } finally {
    client.destroy();
  }
}

type Sdk = typeof import("@aws-sdk/client-ec2");

interface Found {
  readonly id: string;
  readonly type: string;
  readonly tags: readonly Tag[] | undefined;
}

function ourTags({ run }: Ec2Filter): Filter[] {
  const ours = { Name: "tag:managed-by", Values: ["edgecert"] };
  return run === undefined ? [ours] : [ours, { Name: "tag:run", Values: [run] }];
}

async function instances(sdk: Sdk, client: EC2Client, Filters: Filter[]): Promise<Found[]> {
  const living = ["pending", "running", "shutting-down", "stopping", "stopped"];
  const input = { Filters: [...Filters, { Name: "instance-state-name", Values: living }] };
  const found: Found[] = [];
  for await (const { Reservations = [] } of sdk.paginateDescribeInstances({ client }, input)) {
    const all = Reservations.flatMap((one) => one.Instances ?? []);
    found.push(...all.map((one) => ({ id: one.InstanceId ?? "", type: "instance", tags: one.Tags })));
  }
  return found;
}

/** Those that may still bring up an instance. */
async function spotRequests(sdk: Sdk, client: EC2Client, Filters: Filter[]): Promise<Found[]> {
  const input = { Filters: [...Filters, { Name: "state", Values: ["open", "active"] }] };
  return gather(sdk.paginateDescribeSpotInstanceRequests({ client }, input), ({ SpotInstanceRequests = [] }) =>
    SpotInstanceRequests.map((one) => ({
      id: one.SpotInstanceRequestId,
      type: "spot-instances-request",
      tags: one.Tags,
    })),
  );
}

/** One list per type; each page is turned into its resources. */
function others(sdk: Sdk, client: EC2Client, Filters: Filter[]): Promise<Found[]>[] {
  const from = { client };
  const input = { Filters };
  return [
    gather(sdk.paginateDescribeVolumes(from, input), ({ Volumes = [] }) =>
      Volumes.map((one) => ({ id: one.VolumeId, type: "volume", tags: one.Tags })),
    ),
    gather(sdk.paginateDescribeNetworkInterfaces(from, input), ({ NetworkInterfaces = [] }) =>
      NetworkInterfaces.map((one) => ({ id: one.NetworkInterfaceId, type: "network-interface", tags: one.TagSet })),
    ),
    gather(sdk.paginateDescribeSecurityGroups(from, input), ({ SecurityGroups = [] }) =>
      SecurityGroups.map((one) => ({ id: one.GroupId, type: "security-group", tags: one.Tags })),
    ),
    gather(sdk.paginateDescribeSubnets(from, input), ({ Subnets = [] }) =>
      Subnets.map((one) => ({ id: one.SubnetId, type: "subnet", tags: one.Tags })),
    ),
    gather(sdk.paginateDescribeRouteTables(from, input), ({ RouteTables = [] }) =>
      RouteTables.map((one) => ({ id: one.RouteTableId, type: "route-table", tags: one.Tags })),
    ),
    gather(sdk.paginateDescribeInternetGateways(from, input), ({ InternetGateways = [] }) =>
      InternetGateways.map((one) => ({ id: one.InternetGatewayId, type: "internet-gateway", tags: one.Tags })),
    ),
    gather(sdk.paginateDescribeVpcs(from, input), ({ Vpcs = [] }) =>
      Vpcs.map((one) => ({ id: one.VpcId, type: "vpc", tags: one.Tags })),
    ),
    client
      .send(new sdk.DescribeKeyPairsCommand(input))
      .then(({ KeyPairs = [] }) =>
        named(KeyPairs.map((one) => ({ id: one.KeyPairId, type: "key-pair", tags: one.Tags }))),
      ),
  ];
}

type Unnamed = Omit<Found, "id"> & { readonly id: string | undefined };

async function gather<Page>(pages: AsyncIterable<Page>, read: (page: Page) => Unnamed[]): Promise<Found[]> {
  const found: Found[] = [];
  for await (const page of pages) found.push(...named(read(page)));
  return found;
}

function named(all: readonly Unnamed[]): Found[] {
  return all.map((one) => ({ ...one, id: one.id ?? "" }));
}

function tagMap(tags: readonly Tag[] = []): ReadonlyMap<string, string> {
  return new Map(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}
