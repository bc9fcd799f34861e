import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { listEc2 } from "../../../../infra/providers/aws/listing.ts";
import type { ClusterProvider, ClusterStep } from "../../../../infra/providers/cluster.ts";
import { pulumiClusters } from "../../../../infra/providers/pulumi/clusters.ts";
import { runningOperation } from "../../../../infra/pulumi/running-operation.ts";
import { stackPlace } from "../../../../infra/pulumi/stack-place.ts";
import { connect } from "../../../../infra/ssh/connect.ts";
import type { Owner } from "../../../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../../../pipelines/dsl/request.ts";
import { provisionCluster, releaseCluster } from "../../../../pipelines/stages/cluster.ts";
import { type Clouds, startClouds } from "../../../fakes/clouds.ts";
import { shellMachines } from "../../../fakes/shell-machines.ts";
import { recordedContext } from "../../../pipelines/stages/stage-context.ts";
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

async function listedKinds(run: string): Promise<readonly string[]> {
  return (await listEc2("eu-central-1", { run })).map(({ type }) => type);
}

test("a stage tells price, steps and hosts as events, and gives the cluster back", async () => {
  const { ctx, events } = recordedContext({ root: join(home, "stage"), home, node: "edge" });
  const asked = { ...ctx, cluster: { ...request, count: 1 } };
  const cluster = await provisionCluster(asked, provider);
  await releaseCluster(asked, provider);
  const bodies = events.map(({ body }) => body);
  expect(bodies.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1])).toEqual([
    "cluster.requested",
    "cluster.priced",
    "cluster.step",
    "cluster.ready",
    "cluster.released",
  ]);
  expect(bodies.find(({ type }) => type === "cluster.ready")?.data).toMatchObject({
    hosts: [{ name: cluster.hosts[0]?.name, hostClass: "nested" }],
  });
  expect(await listedKinds("test-run")).toEqual([]);
});

test("a preview says what would be created, and creates nothing", async () => {
  const before = clouds.world.calls.filter(({ on }) => on !== "lookup").length;
  const preview = await provider.preview?.(request, signal);
  expect(preview?.resources.map(({ type }) => type.slice(type.lastIndexOf(":") + 1)).sort()).toEqual([
    "DefaultRouteTable",
    "Instance",
    "Instance",
    "InternetGateway",
    "KeyPair",

    "SecurityGroup",
    "Subnet",
    "Vpc",
  ]);
  expect(clouds.world.calls.filter(({ on }) => on !== "lookup")).toHaveLength(before);
});

test("three clusters come and go at once", async () => {
  const owners = ["first", "second", "third"].map((run) => ownerOf(run));
  const one = { ...request, count: 1 };
  const clusters = await Promise.all(owners.map((owner) => provider.provision(one, owner, io())));
  expect(new Set(clusters.flatMap(({ hosts }) => hosts.map(({ ssh }) => ssh.host))).size).toBe(3);
  await Promise.all(owners.map((owner) => provider.destroy(owner, signal)));
  expect(await provider.list({})).toEqual([]);
});

test("a shortage is a failure of its class, and what came up before it is given back", async () => {
  clouds.world.change({
    rules: [{ type: "Instance", does: "refuse", code: "InsufficientInstanceCapacity", times: "always" }],
  });
  await expect(provider.provision(request, ownerOf("short"), io())).rejects.toMatchObject({
    failure: { class: "capacity", code: "InsufficientInstanceCapacity" },
  });
  expect(await listedKinds("short")).toEqual([]);
  expect(await provider.list({})).toEqual([]);
});

test("a program that is killed while it creates leaves nothing", async () => {
  clouds.world.change({ rules: [{ type: "Instance", does: "hold" }] });
  const owner = ownerOf("killed");
  const place = await stackPlace(home, owner);
  const coming = provider.provision({ ...request, count: 1 }, owner, io());
  await clouds.world.arrived({ type: "Instance", name: `${place.stack}-1` });
  process.kill((await runningOperation(place))?.pid ?? expect.fail("nothing runs"), "SIGKILL");
  clouds.world.change({});
  await expect(coming).rejects.toMatchObject({ failure: { detail: expect.stringContaining("SIGKILL") } });
  await provider.destroy(owner, signal);
  expect(await listedKinds("killed")).toEqual([]);
  expect(await provider.list({})).toEqual([]);
});

test("another passphrase and another place for states do not keep a cluster from being given back", async () => {
  const owner = ownerOf("moved");
  const at = (changes: NodeJS.ProcessEnv) =>
    pulumiClusters({
      home,
      provider: "aws",
      environment: { ...process.env, ...changes },
      firstContact: async (host) => host,
    });
  const first = at({ PULUMI_CONFIG_PASSPHRASE: "one", EDGECERT_PULUMI_STATE: `file://${join(home, "elsewhere")}` });
  await first.provision({ ...request, count: 1 }, owner, io());
  const second = at({ PULUMI_CONFIG_PASSPHRASE: "two", EDGECERT_PULUMI_STATE: `file://${join(home, "nowhere")}` });
  await second.destroy(owner, signal);
  expect(await listedKinds("moved")).toEqual([]);
  expect(await second.list({})).toEqual([]);
});
