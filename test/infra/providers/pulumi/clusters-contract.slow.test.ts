import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { pulumiClusters } from "../../../../infra/providers/pulumi/clusters.ts";
import type { ClusterRequest } from "../../../../pipelines/dsl/request.ts";
import { type Clouds, startClouds } from "../../../fakes/clouds.ts";
import { shellMachines } from "../../../fakes/shell-machines.ts";
import { pulumiEngine } from "../../../pulumi/engine.ts";
import { clusterContract } from "../cluster-contract.ts";

const sshPort = 2222;
const home = mkdtempSync(join(tmpdir(), "edgecert-contract-"));
let clouds: Clouds;

beforeAll(async () => {
  const engine = join((await pulumiEngine()).root, "bin");
  clouds = await startClouds({ tell: console.error, machines: shellMachines(sshPort, 79) });
  for (const [name, value] of Object.entries(clouds.environment)) vi.stubEnv(name, value);
  vi.stubEnv("PATH", [engine, process.env.PATH].join(delimiter));
  vi.stubEnv("PULUMI_HOME", join(home, "pulumi-home"));
  vi.stubEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true");
}, 1_200_000);
afterAll(async () => {
  await clouds?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const settings = { region: "eu-central-1", instanceType: "c8i.2xlarge", sshFrom: ["203.0.113.0/24"], sshPort };
const request: ClusterRequest = { provider: "aws", count: 2, os: "debian-12", settings };

clusterContract({
  // Shells of this process have no sshd whose key could be replaced.
  provider: pulumiClusters({ home, provider: "aws", graceMs: 20_000, firstContact: async (host) => host }),
  request,
  impossible: [
    { ...request, settings: { ...settings, instanceType: "t2.nano" } },
    { ...request, settings: { ...settings, regio: "eu-central-1" } },
    { ...request, os: "plan9-4" },
    { ...request, count: 0 },
  ],
  hosts: "shells",
  home,
});
