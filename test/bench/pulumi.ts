import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { pulumiClusters } from "../../infra/providers/pulumi/clusters.ts";
import type { Owner } from "../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";
import { startClouds } from "../fakes/clouds.ts";
import { shellMachines } from "../fakes/shell-machines.ts";
import { pulumiEngine } from "../pulumi/engine.ts";
import { exampleStack } from "../pulumi/example-stack.ts";

/** Against `pulumi up` of the same program compiled to JavaScript, and eight stacks at once against one. */
const aims = { stage: 1.1, eight: 2.5 } as const;
const rounds = 3;
const createMs = 20_000;
const sshPort = 2222;
const checkout = join(import.meta.dirname, "..", "..");

/**
 * On fakes whose machines take 20 s to be created and answer at once: the stage's cluster of one host until it answers,
 * `pulumi up` of the same program compiled, with its stack configured before, in turn; then eight clusters at once.
 */
export async function benchPulumi(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "edgecert-bench-pulumi-"));
  const engine = join((await pulumiEngine()).root, "bin");
  await using clouds = await startClouds({
    tell: (said) => console.log(`pulumi: ${said}`),
    machines: shellMachines(sshPort),
    script: { delays: { Instance: createMs } },
  });
  Object.assign(process.env, clouds.environment, {
    PATH: [engine, process.env.PATH].join(delimiter),
    PULUMI_HOME: join(home, "pulumi-home"),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  });
  try {
    const compiled = await compiledProject(join(home, "compiled"));
    const times = { peer: [] as number[], stage: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.peer.push(await peer(compiled, `peer${round}`));
      times.stage.push(await stages(home, 1, `one${round}`));
    }
    const [base, one] = [median(times.peer), median(times.stage)];
    console.log(
      `pulumi: up of the compiled program ${seconds(base)}, our stage ${seconds(one)}, ${rated(one / base, aims.stage)}; medians of ${rounds}`,
    );
    const eight = await stages(home, 8, "eight");
    console.log(`pulumi: 8 stacks at once ${seconds(eight)}, ${rated(eight / one, aims.eight)} of one`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const request: ClusterRequest = {
  provider: "aws",
  count: 1,
  os: "debian-12",
  settings: { region: "eu-central-1", instanceType: "c8i.2xlarge", sshFrom: ["203.0.113.0/24"], sshPort },
};

/** From the request until all answer; given back outside of the time. */
async function stages(home: string, count: number, name: string): Promise<number> {
  const provider = pulumiClusters({ home, provider: "aws", firstContact: async (host) => host });
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const signal = new AbortController().signal;
  const owners = Array.from(
    { length: count },
    (_, index): Owner => ({ run: `${name}-${index}`, node: "edge", attempt: 1, token: 1, expiresAt }),
  );
  try {
    const began = performance.now();
    const io = { signal, note: () => {}, step: () => {} };
    await Promise.all(owners.map((owner) => provider.provision(request, owner, io)));
    return performance.now() - began;
  } finally {
    await Promise.all(owners.map((owner) => provider.destroy(owner, signal)));
  }
}

async function peer(folder: string, stack: string): Promise<number> {
  const values = exampleStack("aws", 1);
  await pulumi(folder, ["stack", "init", stack, "--secrets-provider", "passphrase", "--no-select"]);
  const plain = Object.entries(values.plain).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
  await pulumi(folder, ["config", "set-all", "--stack", stack, "--path", ...plain]);
  for (const [key, value] of Object.entries(values.secret))
    await pulumi(folder, ["config", "set", "--stack", stack, "--path", "--secret", key], value);
  const began = performance.now();
  await pulumi(folder, ["up", "--yes", "--skip-preview", "--stack", stack]);
  const took = performance.now() - began;
  await pulumi(folder, ["destroy", "--yes", "--stack", stack]);
  return took;
}

/** The checkout's own program as JavaScript, with a project that runs it as it is. */
async function compiledProject(folder: string): Promise<string> {
  mkdirSync(join(folder, "state"), { recursive: true });
  const how = ["--noEmit", "false", "--outDir", folder, "--rewriteRelativeImportExtensions", "--declaration", "false"];
  await run(join(checkout, "node_modules", ".bin", "tsc"), ["-p", checkout, ...how], { cwd: checkout });
  const catalog = join("infra", "catalog");
  for (const file of readdirSync(join(checkout, catalog)).filter((name) => name.endsWith(".json")))
    cpSync(join(checkout, catalog, file), join(folder, catalog, file));
  symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  const options = "runtime:\n  name: nodejs\n  options:\n    typescript: false\nmain: infra/index.js\n";
  writeFileSync(join(folder, "Pulumi.yaml"), `name: edgecert\n${options}`);
  return folder;
}

function pulumi(folder: string, words: readonly string[], input = ""): Promise<void> {
  const env = {
    ...process.env,
    PATH: [join(checkout, "node_modules", ".bin"), process.env.PATH].join(delimiter),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "bench",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  return run("pulumi", words, { cwd: folder, env }, input);
}

async function run(
  command: string,
  words: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
  input = "",
): Promise<void> {
  const child = spawn(command, words, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (code !== 0) throw new Error(`${command} ${words[0]} ended with ${code}:\n${out}${err}`);
}

function rated(ratio: number, aim: number): string {
  return `${ratio.toFixed(2)}x (aim ${aim}x: ${ratio <= aim ? "met" : "missed"})`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
