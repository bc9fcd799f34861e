import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { cloudPackages } from "../../../../infra/hosts/cloud-seed.ts";
import { ensureImage } from "../../../../infra/images/image.ts";
import { listEc2 } from "../../../../infra/providers/aws/listing.ts";
import { processesOf } from "../../../../infra/providers/local/listing.ts";
import { readServers } from "../../../../infra/providers/local/server-record.ts";
import { pulumiClusters } from "../../../../infra/providers/pulumi/clusters.ts";
import { connect } from "../../../../infra/ssh/connect.ts";
import { type Clouds, startClouds } from "../../../fakes/clouds.ts";
import { placeOf, type RealMachines, realMachines, realSshPort } from "../../../fakes/real-machines.ts";
import { pulumiEngine } from "../../../pulumi/engine.ts";

/** Kept between test runs for its images. */
const suiteHome = join(import.meta.dirname, "..", "..", "..", "..", ".edgecert", "test");
const home = mkdtempSync(join(tmpdir(), "edgecert-reached-"));
const signal = AbortSignal.timeout(900_000);
let machines: RealMachines;
let clouds: Clouds;

beforeAll(async () => {
  const engine = join((await pulumiEngine()).root, "bin");
  mkdirSync(join(suiteHome, "images"), { recursive: true });
  symlinkSync(join(suiteHome, "images"), join(home, "images"));
  await ensureImage({ os: "debian-12", packages: cloudPackages }, { home, signal, note: console.log });
  machines = realMachines({ home, tell: console.log });
  clouds = await startClouds({ tell: console.error, machines });
  for (const [name, value] of Object.entries(clouds.environment)) vi.stubEnv(name, value);
  vi.stubEnv("PATH", [engine, process.env.PATH].join(delimiter));
  vi.stubEnv("PULUMI_HOME", join(home, "pulumi-home"));
  vi.stubEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true");
}, 1_800_000);
afterAll(async () => {
  await clouds?.[Symbol.asyncDispose]();
  await machines?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

test("two hosts of the real engine: reached by keys of their own, with each other and KVM, and gone with their cluster", async () => {
  const provider = pulumiClusters({ home, provider: "aws", readyMs: 480_000 });
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const owner = { run: "reached", node: "edge", attempt: 1, token: 1, expiresAt };
  const settings = {
    ...{ region: "eu-central-1", instanceType: "c8i.2xlarge", sshFrom: ["203.0.113.0/24"] },
    sshPort: realSshPort,
  };
  const request = { provider: "aws", count: 2, os: "debian-12", settings };
  const cluster = await provider.provision(request, owner, { signal, note: console.log, step: () => {} });
  const [first, second] = cluster.hosts;
  if (first === undefined || second === undefined) throw new Error("there are no two hosts");
  for (const [host, other] of [[first, second] as const, [second, first] as const]) {
    const connection = await connect(host.ssh, { signal });
    const asked = `uname -n; ping -c 1 -W 30 ${other.privateAddress} > /dev/null && echo reached; test -e /dev/kvm && echo kvm`;
    expect((await connection.must(asked, { timeoutMs: 120_000, signal })).stdout).toBe(`${host.name}\nreached\nkvm\n`);
    const { stdout } = await connection.must("cat /etc/ssh/ssh_host_ed25519_key.pub", { signal });
    connection.close();
    expect(stdout.trim()).toBe(host.ssh.hostKey);
  }
  expect(processesOf(placeOf(home))).toHaveLength(2);

  await provider.destroy(owner, signal);
  expect(await provider.list({ run: owner.run })).toEqual([]);
  expect(await listEc2("eu-central-1", { run: owner.run })).toEqual([]);
  expect(processesOf(placeOf(home))).toEqual([]);
  expect(await readServers(placeOf(home))).toEqual([]);
  expect(existsSync(first.ssh.privateKeyPath ?? "")).toBe(false);
});
