import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { listEc2 } from "../../../infra/providers/aws/listing.ts";
import { beginCluster } from "../../../infra/providers/pulumi/cluster-record.ts";
import { prepareStack, stackPlace } from "../../../infra/pulumi/stack-place.ts";
import { processesWith } from "../../certify-process.ts";
import { type Clouds, startClouds } from "../../fakes/clouds.ts";
import { awsProgram } from "../../infra/pulumi/cluster-program.ts";
import { pulumiEngine } from "../../pulumi/engine.ts";

/** Commands that plan, bring up and list clusters, with the real engine of Pulumi and the fakes of its clouds. */
const root = join(import.meta.dirname, "..", "..", "..");
const definition = "test/fixtures/definitions/edge-cluster.ts";
const home = mkdtempSync(join(tmpdir(), "edgecert-clusters-"));
let clouds: Clouds;
let withEngine: readonly string[];

beforeAll(async () => {
  withEngine = [join((await pulumiEngine()).root, "bin"), dirname(process.execPath), "/usr/bin", "/bin"];
  clouds = await startClouds({ tell: console.error });
  // For what this process asks of the emulator itself.
  for (const [name, value] of Object.entries(clouds.environment)) vi.stubEnv(name, value);
}, 1_200_000);
beforeEach(() => clouds.world.change({}));
afterAll(async () => {
  await clouds?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** A command in a process group of its own, as a shell gives it one. */
function start(words: readonly string[], path: readonly string[] = withEngine) {
  const env = {
    ...process.env,
    EDGECERT_HOME: home,
    EDGECERT_DATABASE_URL: "",
    NO_COLOR: "1",
    PULUMI_HOME: join(home, "pulumi-home"),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PATH: path.join(delimiter),
  };
  const command = [join(root, "pipelines/cli/main.ts"), ...words];
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => (said.out += text));
  child.stderr.on("data", (text) => (said.err += text));
  const ended = once(child, "close").then(([code, signal]) => ({ code: code ?? signal, ...said }));
  return { pid: child.pid ?? expect.fail("it did not start"), said, ended };
}

const plan = (path: readonly string[], ...words: readonly string[]) =>
  start(["plan", definition, ...words], path).ended;

test("a preview prints what a cluster would be and cost, and makes nothing anywhere", async () => {
  const { code, out } = await plan(withEngine, "--preview");
  expect(out).toMatch(
    /edge +cluster at aws: 2 hosts, debian-12, .*; \$\d\.\d\d per hour, ready in about 3 minutes, at most \$5/,
  );
  expect(out).toMatch(/Preview of the cluster of edge at aws; nothing is created\n/);
  expect(out).toMatch(/\+ aws:ec2\/instance:Instance cluster-2\n/);
  expect(out).toMatch(/8 to create; \$\d\.\d\d per hour by list prices, ready in about 3 minutes\n$/);
  expect(code).toBe(0);
  expect(clouds.world.calls.filter(({ on }) => on !== "lookup")).toEqual([]);
  expect(readdirSync(home).filter((name) => name === "clusters" || name === "pulumi")).toEqual([]);
});

test("a preview without Pulumi says what to install, and a cluster over its budget is refused before: exit code 2", async () => {
  const absent = await plan(["/nowhere"], "--preview");
  expect(absent).toMatchObject({ code: 2, err: expect.stringContaining("Pulumi is not installed") });
  const dear = await plan(["/nowhere"], "--preview", "--param", "most=0.1");
  expect(dear).toMatchObject({ code: 2, out: "", err: expect.stringContaining("at most 0.1 are allowed") });
});

/** What is left of clusters: at the provider, in the home, and at work on this machine. */
async function leftovers() {
  const folders = readdirSync(join(home, "clusters")).filter((name) => name.startsWith("edge-cluster"));
  const processes = processesWith(join(home, "clusters")).concat(processesWith("pulumi", "edge-cluster"));
  return [...(await listEc2("eu-central-1")).map(({ id }) => id), ...folders, ...processes.map(({ line }) => line)];
}

test("Ctrl-C while hosts are created gives the cluster back, and a second one skips nothing: exit code 6", async () => {
  clouds.world.change({ rules: [{ type: "Instance", does: "hold" }] });
  const { pid, said, ended } = start(["run", definition, "--json"]);
  await Promise.race([clouds.world.arrived({ type: "Instance", on: "create" }, 2), ended]);
  // To the whole group, as a terminal sends it.
  process.kill(-pid, "SIGINT");
  await expect.poll(() => said.err, { timeout: 30_000 }).toContain("SIGINT: stopping the work");
  clouds.world.change({ rules: [{ type: "Instance", on: "delete", does: "hold" }] });
  await Promise.race([clouds.world.arrived({ type: "Instance", on: "delete" }), ended]);
  expect(await listEc2("eu-central-1")).not.toEqual([]);
  process.kill(-pid, "SIGINT");
  await expect.poll(() => said.err, { timeout: 30_000 }).toContain("still giving back: undo:edge. Nothing is skipped");
  clouds.world.change({});
  const { code, out, err } = await ended;
  expect(out).toContain('"type":"cluster.released"');
  expect(err).toMatch(/^Left over: {3}0$/m);
  expect(code, err).toBe(6);
  expect(await leftovers()).toEqual([]);
});

test("SIGTERM while hosts do not answer yet gives the cluster back: exit code 6", async () => {
  const { pid, said, ended } = start(["run", definition, "--json"]);
  const created = () => said.out.match(/"resource":"aws:ec2\/instance:Instance".*?"state":"done"/g)?.length ?? 0;
  await Promise.race([expect.poll(created, { timeout: 120_000 }).toBe(2), ended]);
  process.kill(pid, "SIGTERM");
  const { code, err } = await ended;
  expect(err).toContain("SIGTERM: stopping the work");
  expect(err).toMatch(/^Left over: {3}0$/m);
  expect(code, err).toBe(6);
  expect(await leftovers()).toEqual([]);
});

test("without credentials nothing is said to be empty or given back: the variable is named, exit code 2", async () => {
  const holder = { run: "forgotten", node: "edge" };
  const place = await stackPlace(home, holder);
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  await prepareStack(place);
  const record = { v: 1, provider: "aws", location: "eu-central-1", expiresAt, token: 1, attempt: 1 } as const;
  await beginCluster(place, record, awsProgram(place));
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  const all = [
    ["list", "--machines"],
    ["list", "--machines", "--release", holder.run],
    ["list", "--machines", "--json"],
  ];
  for (const { code, out, err } of await Promise.all(all.map((words) => start(words).ended))) {
    expect(err).toMatch(/aws: No credentials for aws\n.*\n {2}Next: .*AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY/);
    expect(`${out}${err}`).not.toMatch(/Nothing is held|released|node:internal|^ +at /m);
    expect(code).toBe(2);
  }
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "fake");
  expect((await start(["list", "--machines", "--release", holder.run]).ended).code).toBe(0);
  expect(readdirSync(join(home, "clusters"))).not.toContain(place.stack);
});
