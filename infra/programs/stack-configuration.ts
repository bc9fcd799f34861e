import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import { InfraError } from "../failure.ts";
import type { EdgeClusterArgs } from "./edge-cluster.ts";
import { invalidStack } from "./failures.ts";

const sshPublicKey = z
  .string()
  .regex(/^ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+/, "is not a public key such as ssh-ed25519 AAAA...");

const cluster = {
  count: z.coerce.number().int().min(1).max(100),
  os: z.string().min(1),
  owner: z.object({
    run: z.string(),
    node: z.string(),
    attempt: z.number(),
    token: z.number(),
    expiresAt: z.iso.datetime("is not a time in UTC such as 2027-01-31T18:00:00Z"),
  }),
  sshPublicKey,
  hostPublicKeys: z.array(sshPublicKey),
  sshPort: z.exactOptional(z.coerce.number().int().min(1).max(65_535)),
};

const stack = z.discriminatedUnion("provider", [
  z.object({
    ...cluster,
    provider: z.literal("aws"),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "is not a region such as eu-central-1"),
    zone: z.exactOptional(z.string()),
    instanceType: z.string(),
    ami: z.exactOptional(z.string().regex(/^ami-[0-9a-f]+$/, "is not an image id such as ami-0abc")),
    sshFrom: z.array(z.cidrv4()).min(1),
    diskGiB: z.exactOptional(z.coerce.number().int().min(8)),
  }),
  z.object({
    ...cluster,
    provider: z.literal("equinix-metal"),
    metro: z.string().regex(/^[a-z]{2}$/, "is not a metro such as am"),
    plan: z.string(),
    projectId: z.string(),
    fakeApi: z.exactOptional(z.string()),
  }),
  z.object({
    ...cluster,
    provider: z.literal("scaleway"),
    zone: z.string().regex(/^[a-z]{2}-[a-z]{3}-\d$/, "is not a zone such as fr-par-1"),
    offer: z.string(),
    projectId: z.exactOptional(z.uuid("is not the id of a project")),
  }),
]);

const privateKeys = z.array(z.string().includes("OPENSSH PRIVATE KEY"));

const plainNames = [
  "provider",
  "region",
  "zone",
  "instanceType",
  "ami",
  "diskGiB",
  "metro",
  "plan",
  "projectId",
  "fakeApi",
  "offer",
  "count",
  "os",
  "sshPublicKey",
  "sshPort",
] as const;

/**
 * The cluster that a stack's configuration describes. Throws an InfraError `invalid-stack-configuration` that names
 * every wrong value at once; a wrong private key fails the update without being shown.
 */
export function clusterOfStack(config: pulumi.Config): EdgeClusterArgs {
  const plain = Object.fromEntries(plainNames.map((name) => [name, config.get(name)]).filter(([, text]) => text));
  const lists = { sshFrom: config.getObject("sshFrom"), hostPublicKeys: config.getObject("hostPublicKeys") };
  const read = stack.safeParse({ ...plain, ...lists, owner: owner(config) });
  const problems = read.success ? [] : read.error.issues.map(sentence);
  const secrets = config.getSecretObject<unknown>("hostPrivateKeys");
  if (secrets === undefined) problems.push("hostPrivateKeys: missing");
  if (!read.success || secrets === undefined) throw new InfraError(invalidStack(problems));
  const { hostPublicKeys, ...args } = read.data;
  return {
    ...args,
    hostKeys: hostPublicKeys.map((publicKey, index) => ({
      publicKey,
      privateKey: secrets.apply((keys) => privateKeyAt(keys, index)),
    })),
  };
}

/** A stack that a person brings up is a run of its own, with nobody to take it over. */
function owner(config: pulumi.Config) {
  return {
    run: config.get("run") ?? pulumi.getStack(),
    node: config.get("node") ?? "cluster",
    attempt: 1,
    token: 1,
    expiresAt: config.get("expiresAt"),
  };
}

function privateKeyAt(value: unknown, index: number): string {
  const key = privateKeys.safeParse(value).data?.[index];
  if (key !== undefined) return key;
  throw new InfraError(invalidStack([`hostPrivateKeys: no list of OpenSSH private keys with an entry ${index}`]));
}

function sentence(issue: z.core.$ZodIssue): string {
  // Owner's fields are values of their own in the stack; an entry of a list is named by its list.
  const name = issue.path.findLast((part) => typeof part === "string");
  return `${name ?? "stack"}: ${issue.message}`;
}
