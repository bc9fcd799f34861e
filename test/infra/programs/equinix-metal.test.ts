import { expect, test } from "vitest";
import { edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import { equinixMetalArgs } from "./arguments.ts";
import { record } from "./recording.ts";

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
