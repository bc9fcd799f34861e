import { expect, test, vi } from "vitest";
import { AwsCluster, type AwsClusterArgs } from "../../../infra/programs/aws.ts";
import { edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import { awsArgs } from "./arguments.ts";
import { type Declared, record } from "./recording.ts";

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

test.each([
  [{ instanceType: "t3.micro" }, "unknown-machine-model"],
  [{ instanceType: "m6i.2xlarge" }, "unknown-machine-model"],
  [{ instanceType: "mac2.metal" }, "unknown-machine-model"],
  [{ os: "plan9-4" }, "unknown-image"],
  [{ region: "us-gov-west-1" }, "unknown-image"],
])("%o is refused as %s before anything is declared", async (change, reason) => {
  const failing = edgeCluster("edge", { ...awsArgs, ...change });
  await expect(failing).rejects.toMatchObject({ failure: { reason, class: "configuration" } });
});
