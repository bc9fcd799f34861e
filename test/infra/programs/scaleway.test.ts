import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { machines } from "../../../infra/catalog/catalog.ts";
import { scalewayOperatingSystems } from "../../../infra/catalog/scaleway-images.ts";
import { type EdgeClusterArgs, edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import { equinixMetalArgs, scalewayArgs } from "./arguments.ts";
import { known, record } from "./recording.ts";
import { checkoutWithoutPackage } from "./without-package.ts";

async function declare(args: Partial<typeof scalewayArgs> | object = {}) {
  return record(() => edgeCluster("edge", { ...scalewayArgs, ...args }));
}

test("a server is asked for by the hour, with its system, its key and its private network", async () => {
  const { resources, lookups } = await declare();
  const servers = resources.filter(({ type }) => type.endsWith(":Server"));
  expect(servers.map(({ inputs }) => inputs)).toMatchObject(
    ["edge-1", "edge-2"].map((hostname) => ({
      name: hostname,
      hostname,
      zone: "fr-par-1",
      offer: "getOffer-id",
      os: "getOs-id",
      sshKeyIds: ["edge-id"],
      privateNetworks: [{ id: "edge-id" }],
      options: [{ id: "cd4158d7-2d65-49be-8803-c4b8ab6f760c" }],
    })),
  );
  expect(lookups.map(({ inputs }) => inputs)).toEqual(
    expect.arrayContaining([
      { name: "EM-B220E-NVME", zone: "fr-par-1", subscriptionPeriod: "hourly" },
      { name: "Debian", version: "12 (Bookworm)", zone: "fr-par-1" },
    ]),
  );
});

test("a server waits for its installation, never powers itself off, and has no way in by password", async () => {
  const { resources } = await declare();
  for (const { inputs } of resources.filter(({ type }) => type.endsWith(":Server"))) {
    expect(inputs.installConfigAfterward).toBeUndefined();
    expect(inputs.password).toBeUndefined();
    expect(JSON.stringify(inputs.cloudInit)).not.toContain("poweroff");
  }
});

test("everything belongs to the project that was named, and network and VPC to the region of the zone", async () => {
  const projectId = "11111111-2222-4333-8444-555555555555";
  const { resources } = await declare({ projectId, zone: "pl-waw-3" });
  const real = resources.filter(({ type }) => type.startsWith("scaleway:") || type.startsWith("pulumi:providers:"));
  expect(real).toHaveLength(6);
  for (const { type, inputs } of real) expect(inputs.projectId, type).toBe(projectId);
  const regional = resources.filter(({ type }) => type.startsWith("scaleway:network/"));
  expect(regional.map(({ inputs }) => inputs.region)).toEqual(["pl-waw", "pl-waw"]);
});

test("a host says over which VLAN its private address is reached", async () => {
  const { output } = await declare();
  expect(await known(output.hosts)).toMatchObject([
    { privateAddress: "10.70.0.1", privateVlan: { id: 1918, address: "10.70.0.1/22" } },
    { privateAddress: "10.70.0.2", privateVlan: { id: 1918, address: "10.70.0.2/22" } },
  ]);
});

test("credentials are never an input", async () => {
  const { resources } = await declare();
  const provider = resources.find(({ type }) => type === "pulumi:providers:scaleway");
  expect(Object.keys(provider?.inputs ?? {}).toSorted()).toEqual(["region", "zone"]);
});

const offers = machines.filter(({ provider }) => provider === "scaleway");

test.each(offers.map(({ name, state }) => [name, state] as const))("%s, which is %s", async (offer, state) => {
  if (state === "offered") return expect((await declare({ offer })).resources).toHaveLength(8);
  const failing = edgeCluster("edge", { ...scalewayArgs, offer });
  await expect(failing).rejects.toMatchObject({ failure: { reason: "no-cloud-init" } });
});

test.each(scalewayOperatingSystems)("%s is installed", async (os) => {
  expect((await declare({ os })).resources).toHaveLength(8);
});

test.each([
  [{ offer: "EM-B220E-NVMe" }, "unknown-machine-model", "Did you mean EM-B220E-NVME"],
  [{ zone: "fr-par-3" }, "unknown-location", "Did you mean fr-par-1"],
  [{ zone: "Paris" }, "unknown-location", "one of fr-par-1"],
  [{ os: "debian-14" }, "unknown-image", "Did you mean debian-1"],
  [{ os: "ubuntu-20.04" }, "unknown-image", "Did you mean ubuntu-2"],
] as const)("%j is refused before anything is declared", async (args, reason, next) => {
  await expect(edgeCluster("edge", { ...scalewayArgs, ...args })).rejects.toMatchObject({
    failure: { reason, class: "configuration", next: expect.stringContaining(next) },
  });
});

/** Declares a cluster where the optional package is not installed, and gives the failure. */
async function withoutPackage(args: EdgeClusterArgs): Promise<unknown> {
  const folder = checkoutWithoutPackage();
  try {
    const program = join(folder, "program.ts");
    writeFileSync(
      program,
      `import { edgeCluster } from "./infra/programs/edge-cluster.ts";
      await edgeCluster("edge", ${JSON.stringify(args)}).catch((error) => console.log(JSON.stringify(error.failure)));`,
    );
    return JSON.parse((await promisify(execFile)(process.execPath, [program])).stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("where the package is not installed, scaleway says so, and another provider does not need it", async () => {
  expect(await withoutPackage(scalewayArgs)).toMatchObject({
    reason: "missing-package",
    next: expect.stringContaining("npm install @pulumiverse/scaleway"),
  });
  const other = await withoutPackage({ ...equinixMetalArgs, plan: "z9.huge.x86" });
  expect(other).toMatchObject({ reason: "unknown-machine-model" });
});
