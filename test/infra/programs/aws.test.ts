import { expect, test, vi } from "vitest";
import { awsMachines } from "../../../infra/catalog/aws-machines.ts";
import { locations } from "../../../infra/catalog/locations.ts";
import { AwsCluster, type AwsClusterArgs } from "../../../infra/programs/aws.ts";
import { awsMistakes } from "../../../infra/programs/aws-mistakes.ts";
import { edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import { awsArgs } from "./arguments.ts";
import { type Declared, known, record } from "./recording.ts";

async function declare(change: Partial<AwsClusterArgs> = {}) {
  return record(async () => new AwsCluster("edge", { ...awsArgs, ...change }));
}

function only(resources: readonly Declared[], type: string): Declared["inputs"][] {
  return resources.filter((resource) => resource.type === type).map(({ inputs }) => inputs);
}

test("an instance ends itself, tags its volumes at creation and answers metadata to tokens only", async () => {
  const { resources } = await declare();
  const instances = only(resources, "aws:ec2/instance:Instance");
  expect(instances).toHaveLength(2);
  for (const instance of instances) {
    expect(instance).toMatchObject({
      instanceInitiatedShutdownBehavior: "terminate",
      metadataOptions: { httpTokens: "required" },
      rootBlockDevice: { deleteOnTermination: true, encrypted: true },
    });
    expect(instance.volumeTags).toEqual(instance.tags);
    expect(instance.rootBlockDevice).not.toHaveProperty("tags");
  }
});

test.each([
  ["c8i.2xlarge", { nestedVirtualization: "enabled" }],
  ["r8i-flex.large", { nestedVirtualization: "enabled" }],
  ["i3.metal", undefined],
  ["m8i.metal-48xl", undefined],
])("%s has the processor options %o", async (instanceType, options) => {
  const { resources } = await declare({ instanceType });
  for (const instance of only(resources, "aws:ec2/instance:Instance")) expect(instance.cpuOptions).toEqual(options);
});

test("the newest image of the system and the type's architecture is looked up", async () => {
  const { lookups } = await declare({ os: "ubuntu-24.04", instanceType: "c7g.metal" });
  expect(lookups).toMatchObject([
    {
      token: "aws:ec2/getAmi:getAmi",
      inputs: {
        mostRecent: true,
        owners: ["099720109477"],
        filters: [{ name: "name", values: ["ubuntu/images/hvm-ssd*/ubuntu-*-24.04-arm64-server-*"] }],
      },
    },
  ]);
});

test("a named image is not looked up", async () => {
  const { lookups, resources } = await declare({ ami: "ami-0c0ffee" });
  expect(lookups).toEqual([]);
  expect(only(resources, "aws:ec2/instance:Instance").map(({ ami }) => ami)).toEqual(["ami-0c0ffee", "ami-0c0ffee"]);
});

test("the provider hands a shortage to us after few retries", async () => {
  const { resources } = await declare();
  const [provider] = only(resources, "pulumi:providers:aws");
  expect(provider?.region).toBe("eu-central-1");
  expect(Number(provider?.maxRetries)).toBeLessThanOrEqual(3);
});

test("credentials of the environment reach no input", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "canary-id").stubEnv("AWS_SECRET_ACCESS_KEY", "canary-key");
  vi.stubEnv("AWS_SESSION_TOKEN", "canary-token").stubEnv("AWS_PROFILE", "canary-profile");
  const { resources } = await declare();
  vi.unstubAllEnvs();
  expect(only(resources, "pulumi:providers:aws")).toHaveLength(1);
  expect(JSON.stringify(resources)).not.toContain("canary-");
});

test("SSH is open to the named networks only", async () => {
  const { resources } = await declare({ sshFrom: ["192.0.2.0/28"] });
  const [group] = only(resources, "aws:ec2/securityGroup:SecurityGroup");
  expect(group?.ingress).toMatchObject([{ fromPort: 22, toPort: 22, cidrBlocks: ["192.0.2.0/28"] }, { self: true }]);
});

test("the firewall opens the port of SSH that was asked for, and not 22 beside it", async () => {
  const { resources } = await declare({ sshPort: 2222 });
  const [group] = only(resources, "aws:ec2/securityGroup:SecurityGroup");
  expect(group?.ingress).toMatchObject([{ fromPort: 2222, toPort: 2222 }, { self: true }]);
});

test("no machine and no open location of the catalogue is a mistake, but images of the other partition need an id", () => {
  for (const { name } of awsMachines) expect(awsMistakes({ ...awsArgs, instanceType: name }), name).toEqual([]);
  for (const { provider, id: region } of locations.filter((one) => one.provider === "aws"))
    expect(awsMistakes({ ...awsArgs, region, ami: "ami-0abc" }), `${provider} ${region}`).toEqual([]);
});

test("a region that is newer than the catalogue is left to EC2", () => {
  expect(awsMistakes({ ...awsArgs, region: "eu-central-9" })).toEqual([]);
});

test("an instance type that was mistyped is answered with the nearest", () => {
  const [mistake] = awsMistakes({ ...awsArgs, instanceType: "i3.mettal" });
  expect(mistake).toMatchObject({
    reason: "unknown-machine-model",
    next: expect.stringMatching(/Did you mean i3\.metal/),
  });
});

test("SSH is open to everybody only where that was said in a word, by both protocols", async () => {
  const { resources } = await declare({ sshFrom: ["anywhere"] });
  const [group] = only(resources, "aws:ec2/securityGroup:SecurityGroup");
  expect(group?.ingress).toMatchObject([{ cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] }, { self: true }]);
});

test("networks of IPv6 go where EC2 expects them", async () => {
  const { resources } = await declare({ sshFrom: ["2001:db8::/48", "192.0.2.0/28"] });
  const [group] = only(resources, "aws:ec2/securityGroup:SecurityGroup");
  expect(group?.ingress).toMatchObject([
    { cidrBlocks: ["192.0.2.0/28"], ipv6CidrBlocks: ["2001:db8::/48"] },
    { self: true },
  ]);
});

test("in an existing subnet nothing of the network is made but the security group, in the subnet's VPC", async () => {
  const { resources, lookups } = await declare({ subnetId: "subnet-0abc" });
  const types = new Set(resources.map(({ type }) => type).filter((type) => type.startsWith("aws:")));
  expect([...types].sort()).toEqual([
    "aws:ec2/instance:Instance",
    "aws:ec2/keyPair:KeyPair",
    "aws:ec2/securityGroup:SecurityGroup",
  ]);
  expect(lookups.map(({ inputs }) => inputs)).toContainEqual({ id: "subnet-0abc" });
  expect(only(resources, "aws:ec2/securityGroup:SecurityGroup")).toMatchObject([{ vpcId: "vpc-0existing" }]);
  for (const instance of only(resources, "aws:ec2/instance:Instance"))
    expect(instance).toMatchObject({ subnetId: "subnet-0abc", associatePublicIpAddress: true });
});

test("a host that is reached by its private address has no public one", async () => {
  const { resources, output } = await declare({ subnetId: "subnet-0abc", reachedBy: "private" });
  for (const instance of only(resources, "aws:ec2/instance:Instance"))
    expect(instance.associatePublicIpAddress).toBe(false);
  expect((await known(output.hosts)).map(({ address }) => address)).toEqual(["10.90.0.1", "10.90.0.2"]);
});

test("a spot host is asked for once, with its limit, and terminated when it is taken back", async () => {
  const { resources } = await declare({ purchase: "spot", spotMaxPrice: 1.25 });
  for (const instance of only(resources, "aws:ec2/instance:Instance"))
    expect(instance.instanceMarketOptions).toEqual({
      marketType: "spot",
      spotOptions: { spotInstanceType: "one-time", instanceInterruptionBehavior: "terminate", maxPrice: "1.25" },
    });
  for (const instance of only((await declare()).resources, "aws:ec2/instance:Instance"))
    expect(instance).not.toHaveProperty("instanceMarketOptions");
});

test("placement is handed on in EC2's words", async () => {
  const wishes = {
    placementGroup: "racks",
    tenancy: "host",
    hostId: "h-0abc",
    capacityReservationId: "cr-0abc",
  } as const;
  const { resources } = await declare({ ...wishes, zone: "eu-central-1b" });
  expect(only(resources, "aws:ec2/subnet:Subnet")).toMatchObject([{ availabilityZone: "eu-central-1b" }]);
  for (const instance of only(resources, "aws:ec2/instance:Instance"))
    expect(instance).toMatchObject({
      placementGroup: "racks",
      tenancy: "host",
      hostId: "h-0abc",
      capacityReservationSpecification: { capacityReservationTarget: { capacityReservationId: "cr-0abc" } },
    });
});

test("the image that a host was made from stays recorded when a newer one is published", async () => {
  const { output } = await declare({ ami: "ami-0c0ffee" });
  expect((await known(output.hosts)).map(({ image }) => image)).toEqual([
    { id: "ami-0c0ffee", name: null },
    { id: "ami-0c0ffee", name: null },
  ]);
});

test.each([
  [{ instanceType: "t3.micro" }, "unknown-machine-model"],
  [{ instanceType: "m6i.2xlarge" }, "unknown-machine-model"],
  [{ instanceType: "mac2.metal" }, "unknown-machine-model"],
  [{ os: "plan9-4" }, "unknown-image"],
  [{ region: "us-gov-west-1" }, "unknown-image"],
  [{ region: "eu-centrl-1" }, "unknown-location"],
  [{ sshFrom: ["203.0.113.0/24", "0.0.0.0/0"] }, "ssh-open-to-all"],
  [{ sshFrom: ["::/0"] }, "ssh-open-to-all"],
  [{ zone: "eu-west-1a" }, "contradictory-cluster"],
  [{ zone: "eu-central-1a", subnetId: "subnet-0abc" }, "contradictory-cluster"],
  [{ spotMaxPrice: 2 }, "contradictory-cluster"],
  [{ hostId: "h-0abc" }, "contradictory-cluster"],
  [{ purchase: "spot", capacityReservationId: "cr-0abc" }, "contradictory-cluster"],
  [{ purchase: "spot", tenancy: "host" }, "contradictory-cluster"],
  [{ sshFrom: ["2001:db8::/48"] }, "contradictory-cluster"],
] as const)("%o is refused as %s before anything is declared", async (change, reason) => {
  const failing = edgeCluster("edge", { ...awsArgs, ...change });
  await expect(failing).rejects.toMatchObject({ failure: { reason, class: "configuration" } });
});
