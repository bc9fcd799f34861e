import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test, vi } from "vitest";
import { clusterOfStack } from "../../../infra/programs/stack-configuration.ts";
import { settingNames } from "../../../infra/programs/stack-settings.ts";
import { canary, hostKeys } from "./arguments.ts";
import { known } from "./recording.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const providers = ["aws", "equinix-metal", "scaleway"] as const;

/** The values of an example stack, as the engine hands them to a program. */
function example(provider: (typeof providers)[number]): Record<string, string> {
  const text = readFileSync(join(root, `Pulumi.${provider}-example.yaml`), "utf8");
  const plain = [...text.matchAll(/^ {2}(edgecert:\w+): ("?)([^#\n]+?)\2(?: #.*)?$/gm)].map(
    ([, name = "", , value = ""]) => [name, value],
  );
  const lists = [...text.matchAll(/^ {2}(edgecert:\w+):(?: #.*)?\n((?: {4}- .+\n)+)/gm)].map(
    ([, name = "", items = ""]) => [name, JSON.stringify([...items.matchAll(/- (.+)/g)].map(([, item]) => item))],
  );
  return Object.fromEntries([...plain, ...lists]);
}

/** What the commands of an example's comment add. */
const perStack = {
  "edgecert:expiresAt": "2127-01-31T18:00:00Z",
  "edgecert:sshPublicKey": "ssh-ed25519 AAAAlogin",
  "edgecert:hostPublicKeys": JSON.stringify(hostKeys(2).map((key) => key.publicKey)),
  "edgecert:hostPrivateKeys": JSON.stringify(hostKeys(2).map((key) => key.privateKey)),
};
const secrets = ["edgecert:hostPrivateKeys"];

beforeEach(() => {
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(secrets));
  return () => vi.unstubAllEnvs();
});

function clusterOf(values: Record<string, string>) {
  pulumi.runtime.setMocks(
    { newResource: ({ inputs }) => ({ id: "id", state: inputs }), call: () => ({}) },
    "edgecert",
    "edge",
  );
  pulumi.runtime.setAllConfig(values, secrets);
  return clusterOfStack(new pulumi.Config("edgecert"));
}

function refusal(values: Record<string, string>): string {
  try {
    clusterOf(values);
  } catch (error) {
    expect(error).toMatchObject({ failure: { reason: "invalid-stack-configuration", class: "configuration" } });
    return String(error);
  }
  throw new Error("the configuration was accepted");
}

test.each(providers)("the example of %s with the values of its commands is a cluster", async (provider) => {
  const cluster = clusterOf({ ...example(provider), ...perStack });
  expect(cluster).toMatchObject({
    provider,
    os: "debian-12",
    count: 2,
    owner: { run: "edge", node: "cluster", expiresAt: "2127-01-31T18:00:00Z" },
    hostKeys: hostKeys(2).map(({ publicKey }) => ({ publicKey })),
  });
  const key = pulumi.output(cluster.hostKeys[1]?.privateKey);
  expect(await pulumi.isSecret(key)).toBe(true);
  expect(await known(pulumi.unsecret(key))).toContain(`${canary}2`);
});

test("every mistake is named at once, with what was probably meant, and the private keys are not shown", () => {
  const values = {
    "edgecert:count": "3",
    "edgecert:region": "eu-centrl-1",
    "edgecert:instanceType": "i3.mettal",
    "edgecert:sshFrom": '["everyone", "0.0.0.0/0"]',
    "edgecert:diskGB": "50",
    "edgecert:expiresAt": "tomorrow",
    "edgecert:purchase": "sport",
    "edgecert:os": "debain-12",
  };
  const message = refusal({ ...example("aws"), ...perStack, ...values });
  for (const part of [
    /hostPublicKeys: 2 different for 3 hosts/,
    /hostPrivateKeys: 2 different for 3 hosts/,
    /"eu-centrl-1" .*Did you mean eu-central-1/,
    /"i3.mettal" .*Did you mean i3.metal/,
    /sshFrom: "everyone" is not a network/,
    /"0.0.0.0\/0" is every address there is/,
    /diskGB: is no setting. Did you mean diskGiB/,
    /expiresAt: is not a time in UTC/,
    /purchase: is neither on-demand nor spot/,
    /"debain-12" .*Did you mean debian-12/,
  ])
    expect(message).toMatch(part);
  expect(message).not.toContain(canary);
});

test("a stack without anything is told what it lacks, a provider that nobody knows what there is", () => {
  const message = refusal({});
  expect(message).toMatch(/provider: is missing: use one of aws, equinix-metal, scaleway/);
  expect(message).toMatch(/hostPrivateKeys: is missing/);
  expect(refusal({ "edgecert:provider": "scalway" })).toMatch(/"scalway" is not known.*Did you mean scaleway/);
});

test("what a cloud would not keep as a tag, and keys that are missing, are named with all the rest", () => {
  const values = {
    "edgecert:run": "büro*",
    "edgecert:expiresAt": "2127-01-31T18:00:00.123456789Z",
    "edgecert:hostPrivateKeys": "[]",
    "edgecert:hostPublicKeys": "[]",
  };
  const { "edgecert:sshPublicKey": _, ...rest } = perStack;
  const message = refusal({ ...example("aws"), ...rest, ...values });
  for (const part of [
    /run: is not a tag value/,
    /expiresAt: is not a time in UTC/,
    /sshPublicKey: is missing/,
    /hostPublicKeys: is missing/,
    /hostPrivateKeys: is missing/,
  ])
    expect(message).toMatch(part);
});

test("values of Pulumi.yaml that are empty are not given", () => {
  const values = { "edgecert:zone": "", "edgecert:ami": "", "edgecert:spotMaxPrice": "", "edgecert:vlans": "[]" };
  expect(clusterOf({ ...example("aws"), ...perStack, ...values })).not.toHaveProperty("ami");
});

test("a cluster that is over when it begins is refused", () => {
  const over = { "edgecert:expiresAt": "2026-01-31T18:00:00Z" };
  expect(refusal({ ...example("aws"), ...perStack, ...over })).toMatch(/expiresAt: is over already/);
});

test("a private key that is not secret is refused", () => {
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", "[]");
  expect(refusal({ ...example("aws"), ...perStack })).toMatch(/hostPrivateKeys: is not secret/);
});

test("what a provider cannot give is refused before anything is declared", () => {
  const { "edgecert:fakeApi": _, ...real } = example("equinix-metal");
  expect(refusal({ ...real, ...perStack, "edgecert:plan": "c3.smal.x86" })).toMatch(
    /ended on 30 June 2026.*Scaleway[\s\S]*"c3.smal.x86".*Did you mean c3.small.x86/,
  );
  expect(refusal({ ...example("scaleway"), ...perStack, "edgecert:zone": "fr-pra-1" })).toMatch(
    /Did you mean fr-par-1/,
  );
});

test.each(["My_Stack", "edge.one", "9to5"])("the stack %s cannot begin a host name", (name) => {
  pulumi.runtime.setMocks(
    { newResource: ({ inputs }) => ({ id: "id", state: inputs }), call: () => ({}) },
    "edgecert",
    name,
  );
  pulumi.runtime.setAllConfig({ ...example("aws"), ...perStack }, secrets);
  expect(() => clusterOfStack(new pulumi.Config("edgecert"))).toThrow(`stack: "${name}" cannot begin a host name`);
});

test("Pulumi.yaml describes every setting, and none that is not there", () => {
  const project = readFileSync(join(root, "Pulumi.yaml"), "utf8");
  const described = [...project.matchAll(/^ {2}(\w+):\n {4}type: \w+$/gm)].map(([, name]) => name);
  expect(described.toSorted()).toEqual(settingNames.toSorted());
  expect(project.match(/^ {4}description: /gm)).toHaveLength(described.length);
  expect(project.match(/^ {4}default: /gm)).toHaveLength(described.length);
});
