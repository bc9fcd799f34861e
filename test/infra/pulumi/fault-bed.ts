import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { awsTaggedPlace } from "../../../infra/providers/aws/tagged-place.ts";
import type { Resource } from "../../../infra/providers/provider.ts";
import type { TaggedPlace } from "../../../infra/providers/tagged-place.ts";
import type { Operation, OperationEnd } from "../../../infra/pulumi/operation.ts";
import { sessionMembers } from "../../../infra/pulumi/process-session.ts";
import { giveBackStack, type StackReturn } from "../../../infra/pulumi/recovery.ts";
import { type OperationIo, runOperation } from "../../../infra/pulumi/run-operation.ts";
import { runningOperation } from "../../../infra/pulumi/running-operation.ts";
import { type StackPlace, stackPlace } from "../../../infra/pulumi/stack-place.ts";
import { type Clouds, startClouds } from "../../fakes/clouds.ts";
import { pulumiEngine } from "../../pulumi/engine.ts";
import { type RefusingProxy, refusingProxy } from "../providers/aws/refusing-proxy.ts";
import { awsProgram } from "./cluster-program.ts";

/** One engine, one set of fakes and one home, in which faults are made and repaired. */
export interface FaultBed extends AsyncDisposable {
  readonly clouds: Clouds;
  readonly tagged: TaggedPlace;
  /** Stands between our own client of EC2 and the emulator; the fake of Pulumi's provider does not go through it. */
  readonly proxy: RefusingProxy;
  place(run: string): Promise<StackPlace>;
  /** One host, unless another number is named. */
  up(place: StackPlace, hosts?: number): Promise<OperationEnd>;
  operate(place: StackPlace, operation: Operation, io?: Partial<OperationIo>): Promise<OperationEnd>;
  giveBack(place: StackPlace, io?: Partial<StackReturn>): Promise<readonly Resource[]>;
  listed(place: StackPlace): Promise<readonly Resource[]>;
  /** An empty bucket for states, in the same emulator. */
  bucket(name: string): Promise<Bucket>;
  /** A process of ours that works on a stack. */
  ours(place: StackPlace, work: "up" | "refresh" | "destroy" | "give back"): ChildProcess;
}

/** A bucket that Pulumi keeps states in. */
export interface Bucket {
  readonly backend: string;
  read(key: string): Promise<string>;
  write(key: string, text: string): Promise<void>;
  remove(key: string): Promise<void>;
}

const forever = new AbortController().signal;

/** Starts it all; the environment of this process leads to it until it is disposed. */
export async function faultBed(): Promise<FaultBed> {
  const home = mkdtempSync(join(tmpdir(), "edgecert-faults-"));
  const engine = join((await pulumiEngine()).root, "bin");
  const clouds = await startClouds({ tell: console.error });
  const proxy = await refusingProxy(clouds.environment.AWS_ENDPOINT_URL_EC2 ?? "");
  const environment = {
    ...clouds.environment,
    AWS_ENDPOINT_URL_EC2: proxy.url,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_MAX_ATTEMPTS: "1",
    PATH: [engine, process.env.PATH].join(delimiter),
    PULUMI_HOME: join(home, "pulumi-home"),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  const tagged = awsTaggedPlace(["eu-central-1"]);
  const operate: FaultBed["operate"] = (place, operation, io = {}) =>
    runOperation(place, operation, { signal: forever, deadlineMs: 120_000, graceMs: 500, ...io });
  return {
    clouds,
    tagged,
    proxy,
    operate,
    place: (run) => stackPlace(home, { run, node: "edge" }),
    up: (place, hosts = 1) => operate(place, { name: "up", program: awsProgram(place, hosts) }),
    giveBack: (place, io = {}) =>
      giveBackStack({ place, tagged, signal: forever, deadlineMs: 120_000, graceMs: 500, note: () => {}, ...io }),
    listed: ({ run, node }) => tagged.list({ run, node }),
    bucket: (name) => bucket(clouds.environment.AWS_ENDPOINT_URL_EC2 ?? "", name),
    ours(place, work) {
      const program = join(import.meta.dirname, "stack-process.ts");
      return spawn(process.execPath, ["--no-deprecation", program, home, place.run, work], { stdio: "inherit" });
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await clouds[Symbol.asyncDispose]();
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function bucket(url: string, name: string): Promise<Bucket> {
  // The emulator knows the service by the credential's scope, and checks no signature.
  const scope = "Credential=fake/20260101/eu-central-1/s3/aws4_request";
  const headers = { Authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` };
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const answer = await fetch(`${url}/${name}${path}`, { ...init, headers });
    if (!answer.ok) throw new Error(`the emulated S3 answered ${answer.status}: ${await answer.text()}`);
    return answer.text();
  };
  const place =
    "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
  await ask("", { method: "PUT", body: place });
  return {
    backend: `s3://${name}?endpoint=${url}&s3ForcePathStyle=true&region=eu-central-1&awssdk=v2`,
    read: (key) => ask(`/${key}`),
    write: async (key, body) => void (await ask(`/${key}`, { method: "PUT", body })),
    remove: async (key) => void (await ask(`/${key}`, { method: "DELETE" })),
  };
}

/** Kills with SIGKILL what works on a stack: the process of the operation, Pulumi itself, or both in one blow. */
export async function killOperation(place: StackPlace, who: "child" | "pulumi" | "both"): Promise<void> {
  const leader = (await runningOperation(place))?.pid;
  if (leader === undefined) throw new Error(`nothing works on ${place.stack}`);
  const members = sessionMembers(leader);
  const victims = { child: [leader], pulumi: members, both: [leader, ...members] }[who];
  for (const pid of victims) process.kill(pid, "SIGKILL");
}

/** Kills a process of ours and all that it started, in one blow: nobody is left to tidy up. */
export async function killAll(ours: ChildProcess, place: StackPlace): Promise<void> {
  const exited = once(ours, "exit");
  ours.kill("SIGKILL");
  await killOperation(place, "both");
  await exited;
  while ((await runningOperation(place)) !== undefined) await delay(20);
}
