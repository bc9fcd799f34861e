import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { clusterOfStack } from "../../../infra/programs/stack-configuration.ts";
import { canary, hostKeys } from "./arguments.ts";
import { known } from "./recording.ts";

const example = readFileSync(new URL("../../../Pulumi.example.yaml", import.meta.url), "utf8");

/** The example's values, without the quotes of YAML, as the engine hands them to a program. */
const fromExample = Object.fromEntries(
  [...example.matchAll(/^ {2}(edgecert:\w+): ("?)(.+?)\2(?: #.*)?$/gm)].map(([, name, , value]) => [name, value ?? ""]),
);

const perStack = {
  "edgecert:expiresAt": "2027-01-31T18:00:00Z",
  "edgecert:sshPublicKey": "ssh-ed25519 AAAAlogin",
  "edgecert:hostPublicKeys": '["ssh-ed25519 AAAAhost1"]',
  "edgecert:hostPrivateKeys": JSON.stringify(hostKeys(1).map((key) => key.privateKey)),
};

function clusterOf(values: Record<string, string>) {
  pulumi.runtime.setAllConfig(values, ["edgecert:hostPrivateKeys"]);
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

test("the example with the values of its four commands is a cluster", async () => {
  const cluster = clusterOf({ ...fromExample, ...perStack });
  expect(cluster).toMatchObject({
    provider: "aws",
    region: "eu-central-1",
    instanceType: "c8i.2xlarge",
    sshFrom: ["203.0.113.0/24"],
    os: "debian-12",
    count: 1,
    owner: { run: pulumi.getStack(), node: "cluster", expiresAt: "2027-01-31T18:00:00Z" },
    hostKeys: [{ publicKey: "ssh-ed25519 AAAAhost1" }],
  });
  const key = pulumi.output(cluster.hostKeys[0]?.privateKey);
  expect(await pulumi.isSecret(key)).toBe(true);
  expect(await known(pulumi.unsecret(key))).toContain(canary);
});

test("every wrong value is named at once, and the private keys are not shown", () => {
  const values = { "edgecert:count": "many", "edgecert:region": "Frankfurt", "edgecert:sshFrom": '["everyone"]' };
  const message = refusal({ ...fromExample, ...perStack, ...values, "edgecert:expiresAt": "tomorrow" });
  for (const name of ["count", "region", "sshFrom", "expiresAt"]) expect(message).toContain(`${name}:`);
  expect(message).not.toContain(canary);
});

test("an empty stack is told what it lacks", () => {
  const message = refusal({});
  expect(message).toContain("provider:");
  expect(message).toContain("hostPrivateKeys:");
});

test.each(["aws", "equinix-metal"])("a stack of %s without host keys is refused", (provider) => {
  const { "edgecert:hostPrivateKeys": _keys, ...rest } = { ...fromExample, ...perStack };
  expect(refusal({ ...rest, "edgecert:provider": provider })).toContain("hostPrivateKeys: missing");
});
