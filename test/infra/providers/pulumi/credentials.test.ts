import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { beginCluster } from "../../../../infra/providers/pulumi/cluster-record.ts";
import { pulumiClusters } from "../../../../infra/providers/pulumi/clusters.ts";
import { prepareStack, stackPlace } from "../../../../infra/pulumi/stack-place.ts";
import { awsProgram } from "../../pulumi/cluster-program.ts";

/**
 * Whoever has a cluster and no credentials is told which variable is missing, whatever is asked; nothing counts as given
 * back or as "nothing is there".
 */
const home = mkdtempSync(join(tmpdir(), "edgecert-credentials-"));
const signal = AbortSignal.timeout(20_000);
const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
const settings = {
  aws: { region: "eu-central-1", instanceType: "c8i.2xlarge", sshFrom: ["203.0.113.0/24"] },
  scaleway: { zone: "fr-par-1", offer: "EM-B220E-NVME" },
  "equinix-metal": { metro: "am", plan: "c3.small.x86", fakeApi: "127.0.0.1:1" },
};
const locations = { aws: "eu-central-1", scaleway: "fr-par-1", "equinix-metal": "" };

beforeEach(() => {
  const none = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "SCW_SECRET_KEY", "METAL_API_URL"];
  for (const name of none) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  for (const name of ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"]) vi.stubEnv(name, join(home, "no-such-file"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

async function begun(provider: keyof typeof settings) {
  const owner = { run: `of ${provider}`, node: "edge", attempt: 1, token: 1, expiresAt };
  const place = await stackPlace(home, owner);
  await prepareStack(place);
  const record = { v: 1, provider, location: locations[provider], expiresAt, token: 1, attempt: 1 } as const;
  await beginCluster(place, record, awsProgram(place));
  const listed = { provider, id: place.stack, kind: "stack", run: owner.run, node: owner.node, expiresAt };
  return { owner, listed, clusters: pulumiClusters({ home, provider }) };
}

describe.each([
  ["aws", "no-credentials", /AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY/],
  ["scaleway", "no-api-token", /SCW_SECRET_KEY/],
  ["equinix-metal", "provider-ended", /fakeApi/],
] as const)("without credentials for %s", (provider, reason, next) => {
  const refusal = { failure: { reason, class: "configuration", next: expect.stringMatching(next) } };

  test("what is held is not listed as nothing", async () => {
    const { clusters, owner } = await begun(provider);
    await expect(clusters.list({})).rejects.toMatchObject(refusal);
    await expect(clusters.list({ run: owner.run })).rejects.toMatchObject(refusal);
  });

  test("nothing counts as given back, by its owner or by what is listed", async () => {
    const { clusters, owner, listed } = await begun(provider);
    await expect(clusters.destroy(owner, signal)).rejects.toMatchObject(refusal);
    await expect(clusters.release(listed, signal)).rejects.toMatchObject(refusal);
    const orphan = { ...listed, id: "eu-central-1/i-0abc", kind: "instance", run: "of another home" };
    await expect(clusters.release(orphan, signal)).rejects.toMatchObject(refusal);
  });

  test("nothing is created that could not be listed", async () => {
    const { clusters } = await begun(provider);
    const request = { provider, count: 1, os: "debian-12", settings: settings[provider] };
    const owner = { run: "fresh", node: provider, attempt: 1, token: 1, expiresAt };
    const io = { signal, note: () => expect.fail("it went on"), step: () => {} };
    await expect(clusters.provision(request, owner, io)).rejects.toMatchObject(refusal);
  });
});
