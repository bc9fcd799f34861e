import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { awsArgs, canary, equinixMetalArgs, hostKeys } from "./programs/arguments.ts";
import { type Engine, startEngine } from "./programs/engine.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Marks of a secret on the wire, as the engine's protocol defines them. */
const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

const config: Record<string, string> = {
  "edgecert:provider": "aws",
  "edgecert:region": "eu-central-1",
  "edgecert:instanceType": "i3.metal",
  "edgecert:sshFrom": '["203.0.113.0/24"]',
  "edgecert:os": "debian-12",
  "edgecert:count": "2",
  "edgecert:expiresAt": "2127-01-31T18:00:00Z",
  "edgecert:sshPublicKey": awsArgs.sshPublicKey,
  "edgecert:hostPublicKeys": JSON.stringify(hostKeys(2).map((key) => key.publicKey)),
  "edgecert:hostPrivateKeys": JSON.stringify(hostKeys(2).map((key) => key.privateKey)),
};

/** Runs the entry that Pulumi.yaml names with Pulumi's own launcher, as its language host does: ts-node compiles it. */
function runEntry(engine: Engine, settings: Record<string, string>): Promise<{ code: number; output: string }> {
  const main = /^main: (.+)$/m.exec(readFileSync(join(root, "Pulumi.yaml"), "utf8"))?.[1] ?? "";
  const launcher = join(root, "node_modules/@pulumi/pulumi/cmd/run/index.js");
  const flags = { monitor: engine.address, engine: engine.address, project: "edgecert", stack: "edge", parallel: "4" };
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    // Without Node's own type stripping only ts-node can make the entry run.
    NODE_OPTIONS: "--no-experimental-strip-types",
    PULUMI_NODEJS_TYPESCRIPT: "true",
    PULUMI_CONFIG: JSON.stringify(settings),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(["edgecert:hostPrivateKeys"]),
  };
  const folder = join(root, dirname(main));
  const options = [...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), `--pwd=${folder}`];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [launcher, ...options, basename(main)],
      { env, cwd: root, timeout: 120_000 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

test("pulumi's own launcher compiles the entry by ts-node and brings a cluster up", async () => {
  await using engine = await startEngine(
    { publicIp: "198.51.100.1", privateIp: "10.90.0.1", defaultRouteTableId: "rtb-1" },
    { id: "ami-0123456789abcdef0" },
  );
  const { code, output } = await runEntry(engine, config);
  expect({ code, output, errors: engine.errors }).toMatchObject({ code: 0, errors: [] });
  const instances = engine.resources.filter(({ type }) => type === "aws:ec2/instance:Instance");
  expect(instances.map(({ name }) => name)).toEqual(["edge-1", "edge-2"]);
  for (const { inputs } of instances) {
    expect(inputs.userData).toMatchObject({ ...secretMark, value: expect.stringContaining(canary) });
    expect(inputs.tags).toMatchObject({ run: "edge", node: "cluster", "expires-at": "2127-01-31T18:00:00Z" });
  }
  expect(engine.outputs().hosts).toMatchObject([
    { name: "edge-1", address: "198.51.100.1", hostClass: "metal", user: "admin" },
    { name: "edge-2", hostKey: "ssh-ed25519 AAAAhost2" },
  ]);
  // A private key leaves the program inside user data alone.
  const others = engine.resources.map(({ inputs }) => ({ ...inputs, userData: null }));
  expect(JSON.stringify([others, engine.outputs(), output])).not.toContain(canary);
});

test("a stack of Equinix Metal at a fake registers its devices and nothing of aws", async () => {
  await using engine = await startEngine({ accessPublicIpv4: "198.51.100.1", accessPrivateIpv4: "10.80.0.1" }, {});
  const metal = {
    ...config,
    "edgecert:provider": "equinix-metal",
    "edgecert:metro": "am",
    "edgecert:plan": "c3.small.x86",
    "edgecert:projectId": "project-1",
    "edgecert:fakeApi": "127.0.0.1:7001",
  };
  const { code, output } = await runEntry(engine, metal);
  expect({ code, output, errors: engine.errors }).toMatchObject({ code: 0, errors: [] });
  expect(engine.resources.filter(({ type }) => type.includes("aws"))).toEqual([]);
  expect(engine.resources.filter(({ type }) => type.endsWith(":Device"))).toHaveLength(2);
});

test.each([
  ["aws", "@pulumi/aws/", "@pulumi/equinix-metal/"],
  ["equinix-metal", "@pulumi/equinix-metal/", "@pulumi/aws/"],
])("a cluster of %s loads %s and not %s", async (provider, own, other) => {
  const program = `
    import { createRequire } from "node:module";
    import { edgeCluster } from "./infra/programs/edge-cluster.ts";
    await edgeCluster("edge", ${JSON.stringify({ ...(provider === "aws" ? awsArgs : equinixMetalArgs), count: 0 })})
      .catch((error) => console.log(error.failure.reason));
    console.log(Object.keys(createRequire(import.meta.url).cache).join("\\n"));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { cwd: root });
  expect(stdout).toMatch(/^host-key-count\n/);
  expect(stdout).toContain(own);
  expect(stdout).not.toContain(other);
});

test("a refusal is one sentence for a person, without a stack trace", async () => {
  await using engine = await startEngine({}, {});
  const metal = {
    ...config,
    "edgecert:provider": "equinix-metal",
    "edgecert:metro": "am",
    "edgecert:plan": "c3.small.x86",
  };
  const { code } = await runEntry(engine, { ...metal, "edgecert:projectId": "project-1" });
  expect(code).not.toBe(0);
  expect(engine.errors.join("\n")).toMatch(/ended on 30 June 2026.*Scaleway Elastic Metal/);
  expect(engine.errors.join("\n")).not.toMatch(/\n\s+at /);
  expect(engine.resources.filter(({ type }) => type !== "pulumi:pulumi:Stack")).toEqual([]);
});
