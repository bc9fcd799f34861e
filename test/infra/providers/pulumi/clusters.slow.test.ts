import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { listEc2 } from "../../../../infra/providers/aws/listing.ts";
import type { ClusterProvider, ClusterStep } from "../../../../infra/providers/cluster.ts";
import { pulumiClusters } from "../../../../infra/providers/pulumi/clusters.ts";
import { connect } from "../../../../infra/ssh/connect.ts";
import type { Owner } from "../../../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../../../pipelines/dsl/request.ts";
import { type Clouds, startClouds } from "../../../fakes/clouds.ts";
import { shellMachines } from "../../../fakes/shell-machines.ts";
import { pulumiEngine } from "../../../pulumi/engine.ts";

const sshPort = 2222;
const home = mkdtempSync(join(tmpdir(), "edgecert-clusters-"));
let clouds: Clouds;
let provider: ClusterProvider;

beforeAll(async () => {
  const engine = join((await pulumiEngine()).root, "bin");
  clouds = await startClouds({ tell: console.error, machines: shellMachines(sshPort) });
  for (const [name, value] of Object.entries(clouds.environment)) vi.stubEnv(name, value);
  vi.stubEnv("PATH", [engine, process.env.PATH].join(delimiter));
  vi.stubEnv("PULUMI_HOME", join(home, "pulumi-home"));
  vi.stubEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true");
  provider = pulumiClusters({ home, provider: "aws", graceMs: 20_000, firstContact: async (host) => host });
}, 1_200_000);
beforeEach(() => clouds.world.change({}));
afterAll(async () => {
  await clouds?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

function ownerOf(run: string, token = 1): Owner {
  return { run, node: "edge", attempt: token, token, expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
}

const request: ClusterRequest = {
  provider: "aws",
  count: 2,
  os: "debian-12",
  settings: { region: "eu-central-1", instanceType: "c8i.2xlarge", sshFrom: ["203.0.113.0/24"], sshPort },
};

interface Told {
  readonly notes: string[];
  readonly steps: ClusterStep[];
}

function io(told: Told = { notes: [], steps: [] }, signal = new AbortController().signal) {
  return {
    signal,
    note: (text: string) => void told.notes.push(text),
    step: (one: ClusterStep) => void told.steps.push(one),
  };
}

const signal = new AbortController().signal;

test("a cluster comes up, answers on every host, is listed, renewed and given back, and a late owner is refused", async () => {
  const told: Told = { notes: [], steps: [] };
  const owner = ownerOf("whole", 2);
  const cluster = await provider.provision(request, owner, io(told));
  expect(cluster).toMatchObject({ provider: "aws", hosts: [{}, {}], expiresAt: owner.expiresAt });
  expect(cluster.dollarsPerHour).toBeGreaterThan(0.5);
  for (const host of cluster.hosts) {
    const connection = await connect(host.ssh);
    expect((await connection.must("echo there")).stdout).toBe("there\n");
    connection.close();
  }
  expect(told.notes[0]).toMatch(
    /aws: 2 nested hosts as stack whole-edge-[0-9a-f]{8}, \d+\.\d\d US dollars per hour, until/,
  );
  expect(told.steps.at(-1)).toMatchObject({ type: "ssh", operation: "answer", state: "done", done: 10, known: 10 });

  const listed = await provider.list({ run: "whole" });
  expect(new Set(listed.map(({ kind }) => kind))).toContain("stack");
  expect(listed.filter(({ kind }) => kind === "instance")).toHaveLength(2);
  expect(await provider.list({ run: "another" })).toEqual([]);

  const until = new Date(Date.now() + 7_200_000).toISOString();
  await provider.keep(owner, until, signal);
  const instances = (await listEc2("eu-central-1", { run: "whole" })).filter(({ type }) => type === "instance");
  expect(instances.map(({ tags }) => tags.get("expires-at"))).toEqual([until, until]);

  await expect(provider.destroy(ownerOf("whole", 1), signal)).rejects.toMatchObject({
    failure: { reason: "older-token" },
  });
  const given = await provider.destroy(owner, signal);
  expect(given.filter(({ kind }) => kind === "instance")).toHaveLength(2);
  expect(await provider.list({})).toEqual([]);
  expect(await provider.destroy(owner, signal)).toEqual([]);
  await expect(connect(cluster.hosts[0]?.ssh ?? expect.fail("no host"))).rejects.toThrow();
});
