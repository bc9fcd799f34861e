import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import { nearestNames } from "../catalog/names.ts";
import { InfraError } from "../failure.ts";
import { awsMistakes } from "./aws-mistakes.ts";
import type { EdgeClusterArgs } from "./edge-cluster.ts";
import { equinixMetalMistakes } from "./equinix-metal-mistakes.ts";
import { invalidStack } from "./failures.ts";
import { scalewayMistakes } from "./scaleway-mistakes.ts";
import { type StackProvider, settingNames, stackProviders, stackSettings } from "./stack-settings.ts";

/** Values by their names, as the stack has them; what is empty is not there. */
type Raw = Readonly<Record<string, unknown>>;

const lists = new Set(["sshFrom", "hostPublicKeys", "vlans"]);
const privateKeys = z.array(z.string().includes("OPENSSH PRIVATE KEY"));

/**
 * The cluster that a stack's configuration describes. Throws an InfraError `invalid-stack-configuration` that names
 * every mistake at once, with the word that was probably meant; private keys are never shown.
 */
export function clusterOfStack(config: pulumi.Config): EdgeClusterArgs {
  const raw = rawValues(config);
  const keys = config.getSecretObject<unknown>("hostPrivateKeys");
  const { problems, settings } = readSettings(raw);
  problems.push(...unknownNames(config), ...stackProblems(), ...keyProblems(config, raw));
  if (settings === undefined || keys === undefined || problems.length > 0) throw new InfraError(invalidStack(problems));
  const { hostPublicKeys, run, node, expiresAt, ...args } = settings;
  return {
    ...args,
    // A stack that a person brings up is a run of its own, with nobody to take it over.
    owner: { run: run ?? pulumi.getStack(), node: node ?? "cluster", attempt: 1, token: 1, expiresAt },
    hostKeys: hostPublicKeys.map((publicKey, index) => ({
      publicKey,
      privateKey: keys.apply((all) => privateKeys.parse(all)[index] ?? ""),
    })),
  };
}

function rawValues(config: pulumi.Config): Raw {
  const read = settingNames
    .filter((name) => name !== "hostPrivateKeys")
    .map((name) => {
      const text = config.get(name) ?? "";
      return [name, lists.has(name) && text !== "" ? listIn(text) : text] as const;
    });
  return Object.fromEntries(read.filter(([, value]) => value !== ""));
}

/** A list in JSON, or a word that is meant as a list of one. */
function listIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return [text];
  }
}

function readSettings(raw: Raw) {
  const provider = stackProviders.find((name) => name === raw.provider);
  if (provider === undefined) return { problems: [unknownProvider(raw.provider)], settings: undefined };
  const read = stackSettings[provider].safeParse(raw);
  const problems = read.success ? [] : read.error.issues.map(sentence);
  problems.push(...mistakes(provider, raw).map(({ detail, next }) => `${detail} ${next}`));
  return { problems: [...new Set(problems)], settings: read.data };
}

function unknownProvider(value: unknown): string {
  const [near] = nearestNames(String(value ?? ""), stackProviders);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  const said = value === undefined ? "is missing" : `${JSON.stringify(value)} is not known`;
  return `provider: ${said}: use one of ${stackProviders.join(", ")}.${meant}`;
}

/** What the provider will never give, of the values that can be read. */
function mistakes(provider: StackProvider, raw: Raw): readonly Failure[] {
  // One wrong network must not hide another that is open to all.
  const sshFrom = z.array(z.string()).catch([]).parse(raw.sshFrom);
  if (provider === "aws") return awsMistakes({ ...readable(stackSettings.aws.partial(), raw), sshFrom });
  if (provider === "scaleway") return scalewayMistakes(readable(stackSettings.scaleway.partial(), raw));
  return equinixMetalMistakes(readable(stackSettings["equinix-metal"].partial(), raw));
}

function readable<Schema extends z.ZodObject>(schema: Schema, raw: Raw): z.output<Schema> {
  const good = Object.entries(schema.shape).filter(([name, field]) => z.safeParse(field, raw[name]).success);
  return schema.parse(Object.fromEntries(good.map(([name]) => [name, raw[name]])));
}

function sentence(issue: z.core.$ZodIssue): string {
  // An entry of a list is named by its list.
  const name = issue.path.findLast((part) => typeof part === "string");
  return `${name ?? "stack"}: ${issue.message}`;
}

/** Because a mistyped name would be a setting that is silently left at its default. */
function unknownNames({ name: project }: pulumi.Config): string[] {
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith(`${project}:`))
    .map((key) => key.slice(project.length + 1))
    .filter((name) => !settingNames.includes(name))
    .map((name) => {
      const [near] = nearestNames(name, settingNames);
      return `${name}: is no setting.${near === undefined ? "" : ` Did you mean ${near}?`}`;
    });
}

/** The stack's name begins the names of its hosts, which must be DNS labels with the number behind them. */
function stackProblems(): string[] {
  const stack = pulumi.getStack();
  const fits = /^[a-z]([a-z0-9-]{0,57}[a-z0-9])?$/.test(stack);
  return fits
    ? []
    : [`stack: ${JSON.stringify(stack)} cannot begin a host name: use small letters, digits and hyphens`];
}

function keyProblems(config: pulumi.Config, raw: Raw): string[] {
  const key = `${config.name}:hostPrivateKeys`;
  const value = pulumi.runtime.getConfig(key);
  if (value === undefined || value === "[]")
    return [
      "hostPrivateKeys: is missing: one private key for each host",
      ...(Array.isArray(raw.hostPublicKeys) && raw.hostPublicKeys.length > 0
        ? []
        : ["hostPublicKeys: is missing: one public key for each host"]),
    ];
  if (!isSecret(key)) return ["hostPrivateKeys: is not secret: set it with --secret"];
  const own = privateKeys.safeParse(listIn(value)).data;
  if (own === undefined) return ["hostPrivateKeys: is no list of private keys in OpenSSH's form"];
  const count = Number(raw.count);
  if (!Number.isSafeInteger(count)) return [];
  const publics = Array.isArray(raw.hostPublicKeys) ? raw.hostPublicKeys : [];
  return Object.entries({ hostPublicKeys: publics, hostPrivateKeys: own })
    .map(([name, keys]) => ({ name, different: new Set(keys).size }))
    .filter(({ different }) => different !== count)
    .map(({ name, different }) => `${name}: ${different} different for ${count} hosts: each needs one of its own`);
}

/** The engine tells the program so, in its environment; Pulumi's own function for it is not public. */
function isSecret(key: string): boolean {
  return z
    .array(z.string())
    .parse(JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]"))
    .includes(key);
}
