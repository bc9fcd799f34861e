import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clusterOffer, clusterProviderNamed } from "../../../infra/providers/cluster-providers.ts";
import { hostSettings } from "../../../infra/providers/local-edge/settings.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";

const home = join(tmpdir(), "edgecert-no-home");
const request: ClusterRequest = { provider: "local-edge", count: 1, os: "debian-12", settings: { memoryMiB: 512 } };

test("settings have defaults, and every mistake is said at once", () => {
  expect(hostSettings(request)).toEqual({ memoryMiB: 512, cores: 2, sshPort: 2222 });
  const wrong = hostSettings({ ...request, count: 0, settings: { memoryMiB: 1, sshPort: 22, memory: 1 } });
  expect(wrong).toMatchObject({
    reason: "bad-cluster-settings",
    detail: expect.stringMatching(/memoryMiB.*sshPort.*memory.*count: 0/),
  });
});

test("a plan knows what this machine can never have as an edge location, and what it takes", async () => {
  expect(clusterOffer(request)).toMatchObject({ dollarsPerHour: 0, secondsToReady: expect.any(Number) });
  expect(clusterOffer({ ...request, os: "plan9-4" })).toMatchObject({ reason: "never-fits" });
  const huge = { ...request, settings: { memoryMiB: 1_000_000_000 } };
  expect(clusterOffer(huge)).toMatchObject({ reason: "never-fits" });
  const provider = clusterProviderNamed("local-edge", home);
  expect(await provider.estimate(huge)).toEqual(clusterOffer(huge));
  expect(await provider.list({})).toEqual([]);
});
