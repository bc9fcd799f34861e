import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type EdgeClusterArgs, edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import { awsArgs, canary, equinixMetalArgs, scalewayArgs } from "./arguments.ts";
import { type Declared, record } from "./recording.ts";

/**
 * What `pulumi preview` would create, as text, by provider and option. Set UPDATE_GOLDEN=1 to write the files anew, and
 * read what changed in them: every line is something that somebody pays for or that guards a host.
 */
const previews: Readonly<Record<string, EdgeClusterArgs>> = {
  aws: awsArgs,
  "aws-metal-arm64": { ...awsArgs, count: 1, hostKeys: awsArgs.hostKeys.slice(0, 1), instanceType: "c7g.metal" },
  "aws-existing-subnet-private": { ...awsArgs, subnetId: "subnet-0abc", reachedBy: "private" },
  "aws-spot-second-port": { ...awsArgs, purchase: "spot", spotMaxPrice: 1.25, sshPort: 2222, zone: "eu-central-1b" },
  "aws-dedicated-host": {
    ...awsArgs,
    instanceType: "i3.metal",
    tenancy: "host",
    hostId: "h-0abc",
    placementGroup: "racks",
    diskGiB: 500,
  },
  "equinix-metal": equinixMetalArgs,
  "equinix-metal-vlans": { ...equinixMetalArgs, vlans: [1000], metro: "ams1" },
  scaleway: scalewayArgs,
};

// Because the package of Scaleway hands credentials of the environment on to its provider, as secrets of the state.
beforeEach(() => {
  for (const name of ["SCW_ACCESS_KEY", "SCW_SECRET_KEY", "SCW_DEFAULT_PROJECT_ID"]) vi.stubEnv(name, undefined);
});
afterEach(() => void vi.unstubAllEnvs());

test.each(Object.entries(previews))("%s", async (name, args) => {
  const { resources, lookups } = await record(() => edgeCluster("edge", args));
  const found = lookups.map(({ token, inputs }) => ({ type: `lookup ${token}`, name: "", inputs, options: {} }));
  const text = [...found, ...resources].map(preview).toSorted().join("\n");
  const file = join(import.meta.dirname, "golden", `${name}.txt`);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(file, text);
  expect(existsSync(file) ? readFileSync(file, "utf8") : "").toBe(text);
  expect(text).not.toContain(canary);
});

function preview({ type, name, inputs, options }: Declared): string {
  const lines = Object.keys(inputs)
    .toSorted()
    .map((property) => [property, inputs[property]] as const)
    .filter(([, value]) => value !== undefined)
    .map(([property, value]) => `    ${property}: ${shown(property, value)}\n`);
  const told = Object.entries(options).map(([option, value]) => `    (${option}: ${JSON.stringify(value)})\n`);
  return `+ ${type} ${name}\n${lines.join("")}${told.join("")}`;
}

/** Secrets as the command shows them. */
function shown(property: string, value: unknown): string {
  const isSecret = property === "userData" || property === "cloudInit" || JSON.stringify(value).includes(canary);
  return isSecret ? "[secret]" : JSON.stringify(value);
}
