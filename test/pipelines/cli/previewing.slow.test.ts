import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Clouds, startClouds } from "../../fakes/clouds.ts";
import { pulumiEngine } from "../../pulumi/engine.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const home = mkdtempSync(join(tmpdir(), "edgecert-previewing-"));
let clouds: Clouds;
let engine: string;

beforeAll(async () => {
  engine = join((await pulumiEngine()).root, "bin");
  clouds = await startClouds({ tell: console.error });
}, 1_200_000);
afterAll(async () => {
  await clouds?.[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

async function plan(path: readonly string[], ...words: readonly string[]) {
  const env = {
    ...process.env,
    ...clouds.environment,
    EDGECERT_HOME: home,
    PULUMI_HOME: join(home, "pulumi-home"),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PATH: path.join(delimiter),
  };
  const command = [join(root, "pipelines/cli/main.ts"), "plan", "test/fixtures/definitions/edge-cluster.ts", ...words];
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, out, err };
}

test("a preview prints what a cluster would be and cost, and makes nothing anywhere", async () => {
  const { code, out } = await plan([engine, dirname(process.execPath), "/usr/bin", "/bin"], "--preview");
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
