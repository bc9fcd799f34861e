import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { listEc2 } from "../../../infra/providers/aws/listing.ts";
import type { ClusterStep } from "../../../infra/providers/cluster.ts";
import type { Operation, OperationEnd } from "../../../infra/pulumi/operation.ts";
import { type OperationIo, runOperation } from "../../../infra/pulumi/run-operation.ts";
import { runningOperation } from "../../../infra/pulumi/running-operation.ts";
import { type StackPlace, stackEnvironment, stackPlace } from "../../../infra/pulumi/stack-place.ts";
import { type Clouds, startClouds } from "../../fakes/clouds.ts";
import { pulumiEngine } from "../../pulumi/engine.ts";
import { awsProgram } from "./cluster-program.ts";

let clouds: Clouds;
const home = mkdtempSync(join(tmpdir(), "edgecert-operation-"));

beforeAll(async () => {
  const engine = join((await pulumiEngine()).root, "bin");
  clouds = await startClouds({ tell: console.error });
  for (const [name, value] of Object.entries(clouds.environment)) vi.stubEnv(name, value);
  vi.stubEnv("PATH", [engine, process.env.PATH].join(delimiter));
  vi.stubEnv("PULUMI_HOME", join(home, "pulumi-home"));
  vi.stubEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true");
}, 1_200_000);
beforeEach(() => clouds.world.change({}));
afterAll(async () => {
  await clouds?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const forever = new AbortController().signal;

function operate(place: StackPlace, operation: Operation, io: Partial<OperationIo> = {}): Promise<OperationEnd> {
  return runOperation(place, operation, { signal: forever, deadlineMs: 120_000, ...io });
}

/** What Pulumi says to a person in the work folder. */
function pulumi(place: StackPlace, ...words: readonly string[]): unknown {
  const env = stackEnvironment(place);
  return JSON.parse(execFileSync("pulumi", words, { cwd: place.folder, env, encoding: "utf8" }));
}

/** Command lines of all that an operation's process has started, and its own. */
function commandsOf(leader: number): string {
  const { stdout } = spawnSync("ps", ["-o", "stat=,args=", "-s", String(leader)], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("Z"))
    .join("\n");
}

async function typesOf(run: string): Promise<readonly string[]> {
  return (await listEc2("eu-central-1", { run })).map(({ type }) => type).sort();
}

test("up tells its steps and gives outputs; destroy and remove leave nothing; no secret is written", async () => {
  const place = await stackPlace(home, { run: "whole", node: "edge@debian-12" });
  const program = awsProgram(place, 2);
  const steps: ClusterStep[] = [];
  const preview = await operate(place, { name: "preview", program });
  expect(preview).toMatchObject({ outcome: "done", changes: { create: 11 } });
  expect(clouds.world.calls.filter(({ on }) => on !== "lookup")).toEqual([]);

  const up = await operate(place, { name: "up", program }, { step: (step) => steps.push(step) });
  expect(up).toMatchObject({ outcome: "done", changes: { create: 11 } });
  expect(up.outcome === "done" && up.outputs.hosts).toMatchObject([
    { name: `${place.stack}-1`, hostKey: program.args.hostKeys[0]?.publicKey },
    { name: `${place.stack}-2` },
  ]);
  expect(steps.filter(({ state, name }) => state === "done" && name === `${place.stack}-2`)).toMatchObject([
    { type: "aws:ec2/instance:Instance", operation: "create" },
  ]);
  const last = steps.at(-1);
  expect(last).toMatchObject({ state: "done", done: 8, known: 8 });

  expect(statSync(place.folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(home, "clusters", "passphrase")).mode & 0o777).toBe(0o600);
  const log = readFileSync(join(place.folder, "events.jsonl"), "utf8");
  expect(log).toContain("aws:ec2/instance:Instance");
  const secret = String(program.args.hostKeys[0]?.privateKey).split("\n")[3] ?? "";
  expect(secret).toHaveLength(70);
  expect(spawnSync("grep", ["-rlF", secret, home], { encoding: "utf8" })).toMatchObject({ status: 1, stdout: "" });
  expect(pulumi(place, "stack", "tag", "ls", "--json", "--stack", place.stack)).toMatchObject(program.tags);

  expect(await operate(place, { name: "outputs" })).toMatchObject({ outcome: "done", outputs: { hosts: [{}, {}] } });
  expect(await operate(place, { name: "refresh" })).toMatchObject({ outcome: "done", changes: { same: 11 } });
  expect(await operate(place, { name: "destroy", refresh: true })).toMatchObject({ changes: { delete: 11 } });
  expect(await typesOf("whole")).toEqual([]);
  expect(await operate(place, { name: "remove" })).toMatchObject({ outcome: "done" });
  expect(await operate(place, { name: "destroy" })).toMatchObject({ outcome: "failed", why: "no-stack" });
});

test("a program that refuses its arguments says why, and nothing is asked of the provider", async () => {
  const place = await stackPlace(home, { run: "refused", node: "edge" });
  const { args, ...program } = awsProgram(place);
  const before = clouds.world.calls.length;
  const refused = { ...program, args: { ...args, os: "plan9-4" } };
  expect(await operate(place, { name: "up", program: refused })).toMatchObject({
    outcome: "failed",
    why: "refused",
    failure: { reason: "unknown-image", detail: expect.stringContaining("plan9-4") },
  });
  expect(clouds.world.calls.length).toBe(before);
});

test("what the provider answers comes with the resource that it is about", async () => {
  const place = await stackPlace(home, { run: "short", node: "edge" });
  clouds.world.change({
    rules: [{ type: "Instance", does: "refuse", code: "InsufficientInstanceCapacity", times: "always" }],
  });
  const end = await operate(place, { name: "up", program: awsProgram(place) });
  expect(end).toMatchObject({ outcome: "failed", why: "command" });
  const told = end.diagnostics.filter(({ severity, urn }) => severity === "error" && urn?.endsWith(`${place.stack}-1`));
  expect(told.map(({ message }) => message).join()).toMatch(/InsufficientInstanceCapacity/);
  clouds.world.change({});
  expect(await operate(place, { name: "destroy" })).toMatchObject({ outcome: "done" });
});

test("a stop lets what is being created be recorded, so that destroy finds it", async () => {
  const place = await stackPlace(home, { run: "stopped", node: "edge" });
  clouds.world.change({ delays: { Instance: 2000 } });
  const stop = new AbortController();
  const up = operate(place, { name: "up", program: awsProgram(place) }, { signal: stop.signal });
  await clouds.world.arrived({ type: "Instance", name: `${place.stack}-1` });
  stop.abort(new Error("no longer wanted"));
  expect(await up).toMatchObject({ outcome: "stopped", why: "signal", kept: true });
  expect(await typesOf("stopped")).toContain("instance");
  expect(await operate(place, { name: "destroy" })).toMatchObject({ outcome: "done" });
  expect(await typesOf("stopped")).toEqual([]);
});

test("the deadline ends a create that never answers, and nothing of the operation lives on", async () => {
  const place = await stackPlace(home, { run: "late", node: "edge" });
  clouds.world.change({ rules: [{ type: "Instance", does: "hold" }] });
  const deadline = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(deadline.signal);
  const late = operate(place, { name: "up", program: awsProgram(place) }, { graceMs: 500 });
  await clouds.world.arrived({ type: "Instance", name: `${place.stack}-1` });
  const leader = (await runningOperation(place))?.pid ?? 0;
  expect(commandsOf(leader)).toMatch(/operation-process.*\n.*pulumi up/s);
  deadline.abort(new DOMException("out of time", "TimeoutError"));
  expect(await late).toMatchObject({ outcome: "stopped", why: "deadline", kept: false });
  expect(commandsOf(leader)).toBe("");
  expect(await runningOperation(place)).toBeUndefined();
});

test("a program whose process is killed is a crash that says so, and Pulumi does not outlive it", async () => {
  const place = await stackPlace(home, { run: "killed", node: "edge" });
  clouds.world.change({ rules: [{ type: "Instance", does: "hold" }] });
  const up = operate(place, { name: "up", program: awsProgram(place) });
  await clouds.world.arrived({ type: "Instance", name: `${place.stack}-1` });
  const leader = (await runningOperation(place))?.pid ?? 0;
  process.kill(leader, "SIGKILL");
  clouds.world.change({});
  expect(await up).toMatchObject({ outcome: "crashed", how: "was ended by SIGKILL" });
  expect(commandsOf(leader)).toBe("");
});

test("when we are killed, an operation ends by itself once its creates have", async () => {
  const place = await stackPlace(home, { run: "orphaned", node: "edge" });
  clouds.world.change({ rules: [{ type: "Instance", does: "hold" }] });
  const words = [join(import.meta.dirname, "stack-process.ts"), home, "orphaned", "up"];
  const us = spawn(process.execPath, words, { stdio: "ignore", env: { ...process.env } });
  await clouds.world.arrived({ type: "Instance", name: `${place.stack}-1` });
  const leader = (await runningOperation(place))?.pid ?? 0;
  us.kill("SIGKILL");
  await once(us, "exit");
  clouds.world.change({});
  await vi.waitUntil(() => commandsOf(leader) === "", { timeout: 60_000, interval: 100 });
  expect(await runningOperation(place)).toBeUndefined();
  await operate(place, { name: "cancel" });
  await operate(place, { name: "refresh", clearPendingCreates: true });
  await operate(place, { name: "destroy" });
});
