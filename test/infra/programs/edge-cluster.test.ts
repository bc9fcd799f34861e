import { expect, test } from "vitest";
import { type EdgeClusterArgs, edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import { decodeTags } from "../../../infra/tags.ts";
import { awsArgs, canary, equinixMetalArgs, scalewayArgs } from "./arguments.ts";
import { type Declared, known, record } from "./recording.ts";

const programs: readonly EdgeClusterArgs[] = [awsArgs, equinixMetalArgs, scalewayArgs];

/** The stack, our component and the engine's own record of a provider exist in the state alone: nobody bills them. */
function inTheWorld({ type }: Declared): boolean {
  return !/^(pulumi:|edgecert:infra:)/.test(type);
}

const ownerTags = [
  "managed-by=edgecert",
  "run=run-7",
  "node=servers@debian-12/kvm-ssh",
  "attempt=2",
  "owner=3",
  "expires-at=2027-01-31T18:00:00Z",
];

/** Tags in whichever form the resource has them: a map, a list of words, or words in the name. */
function tagsIn(inputs: Declared["inputs"]): string[] {
  if (Array.isArray(inputs.tags)) return inputs.tags.map(String);
  if (typeof inputs.tags === "object" && inputs.tags !== null)
    return Object.entries(inputs.tags).map(([name, value]) => `${name}=${value}`);
  return [...(decodeTags(String(inputs.name)) ?? [])].map(([name, value]) => `${name}=${value}`);
}

test.each(programs)("every resource of $provider is created with all tags", async (args) => {
  const { resources } = await record(() => edgeCluster("edge", args));
  const real = resources.filter(inTheWorld);
  expect(real.length).toBeGreaterThan(args.count);
  for (const { type, inputs } of real) expect(tagsIn(inputs), type).toEqual(expect.arrayContaining(ownerTags));
});

/** What a program of two hosts declares, in the order of the alphabet. */
const declared = {
  aws: [
    "aws:ec2/defaultRouteTable:DefaultRouteTable edge",
    "aws:ec2/instance:Instance edge-1",
    "aws:ec2/instance:Instance edge-2",
    "aws:ec2/internetGateway:InternetGateway edge",
    "aws:ec2/keyPair:KeyPair edge",
    "aws:ec2/securityGroup:SecurityGroup edge",
    "aws:ec2/subnet:Subnet edge",
    "aws:ec2/vpc:Vpc edge",
    "edgecert:infra:AwsCluster edge",
    "pulumi:providers:aws edge",
    "pulumi:pulumi:Stack edgecert-edge",
  ],
  "equinix-metal": [
    "edgecert:infra:EquinixMetalCluster edge",
    "equinix-metal:index/device:Device edge-1",
    "equinix-metal:index/device:Device edge-2",
    "equinix-metal:index/projectSshKey:ProjectSshKey edge",
    "pulumi:providers:equinix-metal edge",
    "pulumi:pulumi:Stack edgecert-edge",
  ],
  scaleway: [
    "edgecert:infra:ScalewayCluster edge",
    "pulumi:providers:scaleway edge",
    "pulumi:pulumi:Stack edgecert-edge",
    "scaleway:elasticmetal/server:Server edge-1",
    "scaleway:elasticmetal/server:Server edge-2",
    "scaleway:iam/sshKey:SshKey edge",
    "scaleway:network/privateNetwork:PrivateNetwork edge",
    "scaleway:network/vpc:Vpc edge",
  ],
};

test.each(programs)("$provider declares these resources and no others", async (args) => {
  const { resources } = await record(() => edgeCluster("edge", args));
  expect(resources.map(({ type, name }) => `${type} ${name}`).sort()).toEqual(declared[args.provider]);
});

const hosts = {
  aws: {
    network: "10.90.0",
    user: "admin",
    hostClass: "nested",
    machineType: "c8i.2xlarge",
    location: "eu-central-1",
    zone: "eu-central-1b",
    image: { id: "ami-0123456789abcdef0", name: "debian-12-amd64-20261101" },
    price: { currency: "USD", location: "us-east-1" },
  },
  "equinix-metal": {
    network: "10.80.0",
    user: "root",
    hostClass: "metal",
    machineType: "x1.small.x86",
    location: "am",
    zone: "am6",
    image: { id: "debian_12", name: "debian-12" },
    price: null,
  },
  scaleway: {
    network: "10.70.0",
    user: "root",
    hostClass: "metal",
    machineType: "EM-B220E-NVME",
    location: "fr-par-1",
    zone: null,
    image: { id: "getOs-id", name: "Debian 12 (Bookworm)" },
    price: { currency: "EUR", perHour: 0.333 },
  },
};

test.each(programs)("the hosts of $provider", async (args) => {
  const { output } = await record(() => edgeCluster("edge", args));
  const { network, ...same } = hosts[args.provider];
  expect(await known(output.hosts)).toMatchObject(
    [1, 2].map((n) => ({
      name: `edge-${n}`,
      id: `edge-${n}-id`,
      address: `198.51.100.${n}`,
      privateAddress: `${network}.${n}`,
      sshPort: 22,
      hostKey: `ssh-ed25519 AAAAhost${n}`,
      os: "debian-12",
      architecture: "amd64",
      ...same,
    })),
  );
});

test.each(programs)("the hosts of $provider listen where they are told to", async (args) => {
  const { output, resources } = await record(() => edgeCluster("edge", { ...args, sshPort: 2222 }));
  expect((await known(output.hosts)).map(({ sshPort }) => sshPort)).toEqual([2222, 2222]);
  const told = resources.map(({ inputs }) => inputs.userData ?? inputs.cloudInit).filter((text) => text !== undefined);
  expect(told).toHaveLength(2);
  for (const text of told) expect(JSON.stringify(text)).toContain("Port 2222");
});

test.each(programs)("a wrong number of host keys is refused by $provider before anything is declared", async (args) => {
  const failing = edgeCluster("edge", { ...args, count: 3 });
  await expect(failing).rejects.toMatchObject({ failure: { reason: "host-key-count", class: "configuration" } });
});

test.each(programs)("$provider refuses one host key for two hosts", async (args) => {
  const [first] = args.hostKeys;
  const failing = edgeCluster("edge", { ...args, hostKeys: first ? [first, first] : [] });
  await expect(failing).rejects.toMatchObject({ failure: { reason: "host-key-count" } });
});

test.each(programs)("an unusable tag of $provider is refused before anything is declared", async (args) => {
  const owner = { ...args.owner, run: "a\nb", expiresAt: "tomorrow" };
  const failing = edgeCluster("edge", { ...args, owner });
  await expect(failing).rejects.toMatchObject({
    failure: { reason: "invalid-tag", detail: expect.stringMatching(/run "a\\nb".*expires-at "tomorrow"/) },
  });
});

test("no private host key is in an output", async () => {
  for (const args of programs) {
    const { output } = await record(() => edgeCluster("edge", args));
    expect(JSON.stringify(await known(output.hosts))).not.toContain(canary);
  }
});
