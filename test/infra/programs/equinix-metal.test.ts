import { expect, test } from "vitest";
import { edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import type { EquinixMetalClusterArgs } from "../../../infra/programs/equinix-metal.ts";
import { equinixMetalArgs } from "./arguments.ts";
import { type Declared, known, record } from "./recording.ts";

test("real use is refused with the date and the successor", async () => {
  const { fakeApi: _, ...real } = equinixMetalArgs;
  await expect(edgeCluster("edge", real)).rejects.toMatchObject({
    message: expect.stringContaining("ended on 30 June 2026"),
    failure: { reason: "provider-ended", next: expect.stringContaining("Scaleway Elastic Metal") },
  });
});

test.each(["api.equinix.com:443", "127.0.0.1.example.org:80", "127.0.0.1"])("%s is no fake", async (fakeApi) => {
  await expect(edgeCluster("edge", { ...equinixMetalArgs, fakeApi })).rejects.toMatchObject({
    failure: { reason: "fake-api-not-local", detail: expect.stringContaining(fakeApi) },
  });
});

test("a plan that never was is refused by name", async () => {
  const failing = edgeCluster("edge", { ...equinixMetalArgs, plan: "z9.huge.x86" });
  await expect(failing).rejects.toMatchObject({
    failure: { reason: "unknown-machine-model", detail: expect.stringContaining("z9.huge.x86") },
  });
});

test("a device is asked for in the API's own words, by the hour", async () => {
  const { resources } = await record(() => edgeCluster("edge", equinixMetalArgs));
  const devices = resources.filter(({ type }) => type.endsWith(":Device"));
  expect(devices.map(({ inputs }) => inputs)).toMatchObject(
    ["edge-1", "edge-2"].map((hostname) => ({
      hostname,
      plan: "baremetal_1e",
      operatingSystem: "debian_12",
      metro: "am",
      billingCycle: "hourly",
      projectSshKeyIds: ["edge-id"],
    })),
  );
});

test("a token of the environment is not sent to the fake", async () => {
  const { resources } = await record(() => edgeCluster("edge", equinixMetalArgs));
  const provider = resources.find(({ type }) => type === "pulumi:providers:equinix-metal");
  expect(provider?.inputs.authToken).toBe("fake");
});

async function declare(change: Partial<EquinixMetalClusterArgs>) {
  return record(() => edgeCluster("edge", { ...equinixMetalArgs, ...change }));
}

function only(
  { resources }: { readonly resources: readonly Declared[] },
  type: string,
): Readonly<Record<string, unknown>>[] {
  return resources.filter((one) => one.type.endsWith(`:${type}`)).map(({ name, inputs }) => ({ name, ...inputs }));
}

test.each([
  ["ams1", "am"],
  ["Silicon Valley", "sv"],
  ["ny5", "ny"],
])("%s is the metro %s", async (metro, code) => {
  const recording = await declare({ metro });
  expect(only(recording, "Device").map((device) => device.metro)).toEqual([code, code]);
  expect((await known(recording.output.hosts)).map(({ location }) => location)).toEqual([code, code]);
});

test("a plan may be named by the API's slug", async () => {
  expect(only(await declare({ plan: "baremetal_1e" }), "Device")).toMatchObject([
    { plan: "baremetal_1e" },
    { plan: "baremetal_1e" },
  ]);
});

test("without a project one is made for the cluster alone", async () => {
  const { projectId: _, ...alone } = equinixMetalArgs;
  const recording = await record(() => edgeCluster("edge", { ...alone, organizationId: "org-1" }));
  expect(only(recording, "Project")).toMatchObject([
    { organizationId: "org-1", name: expect.stringContaining("run=run-7") },
  ]);
  for (const type of ["Device", "ProjectSshKey"])
    for (const one of only(recording, type)) expect(one).toMatchObject({ projectId: "edge-id" });
  expect(only(await declare({}), "Project")).toEqual([]);
});

test("VLANs are attached to every host, whose bonded port becomes hybrid", async () => {
  const recording = await declare({ vlans: [1000, 1001] });
  expect(only(recording, "Vlan")).toMatchObject([
    { vxlan: 1000, metro: "am", projectId: "project-1" },
    { vxlan: 1001, metro: "am", projectId: "project-1" },
  ]);
  expect(only(recording, "DeviceNetworkType")).toMatchObject([
    { name: "edge-1", deviceId: "edge-1-id", type: "hybrid" },
    { name: "edge-2", deviceId: "edge-2-id", type: "hybrid" },
  ]);
  expect(
    only(recording, "PortVlanAttachment").map(({ name, portName, vlanVnid }) => [name, portName, vlanVnid]),
  ).toEqual([
    ["edge-1-1000", "bond0", 1000],
    ["edge-1-1001", "bond0", 1001],
    ["edge-2-1000", "bond0", 1000],
    ["edge-2-1001", "bond0", 1001],
  ]);
});

test("layer 2 without a bond attaches VLANs to the second port", async () => {
  const recording = await declare({ vlans: [1000], networkType: "layer2-individual" });
  expect(only(recording, "DeviceNetworkType")).toMatchObject([
    { type: "layer2-individual" },
    { type: "layer2-individual" },
  ]);
  expect(only(recording, "PortVlanAttachment")).toMatchObject([{ portName: "eth1" }, { portName: "eth1" }]);
});

test.each([
  [{ vlans: [1] }, "contradictory-cluster"],
  [{ vlans: [7, 7] }, "contradictory-cluster"],
  [{ vlans: [7], networkType: "layer3" }, "contradictory-cluster"],
  [{ networkType: "layer2-bonded" }, "contradictory-cluster"],
  [{ organizationId: "org-1" }, "contradictory-cluster"],
  [{ metro: "atlantis" }, "unknown-location"],
] as const)("%o is refused as %s before anything is declared", async (change, reason) => {
  await expect(edgeCluster("edge", { ...equinixMetalArgs, ...change })).rejects.toMatchObject({ failure: { reason } });
});
