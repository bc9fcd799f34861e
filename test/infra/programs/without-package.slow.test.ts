import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startClouds } from "../../fakes/clouds.ts";
import { pulumiEngine } from "../../pulumi/engine.ts";
import { exampleStack } from "../../pulumi/example-stack.ts";
import { Workspace } from "../../pulumi/workspace.ts";
import { checkoutWithoutPackage } from "./without-package.ts";

const folder = checkoutWithoutPackage();

beforeAll(() => pulumiEngine(), 1_200_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the types of infra are right without the optional package", async () => {
  const words = [join(folder, "node_modules", "typescript", "bin", "tsc"), "-p", "infra", "--incremental", "false"];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: folder });
  expect(stdout).toBe("");
});

test("pulumi up of another provider needs neither the package nor its plugin; scaleway says what to install", async () => {
  await using clouds = await startClouds({ tell: console.error });
  const engine = join((await pulumiEngine()).root, "bin");
  const { environment } = clouds;
  const workspace = await Workspace.open({ folder, engine, infra: "linked", environment });
  await workspace.stack("metal", exampleStack("equinix-metal"));
  expect(await workspace.must(["preview", "--stack", "metal"])).toMatch(/\+ 5 to create/);

  await workspace.stack("scaleway", exampleStack("scaleway"));
  const { code, output } = await workspace.pulumi(["preview", "--stack", "scaleway"]);
  expect(code).not.toBe(0);
  expect(output.replace(/\s+/g, " ")).toMatch(
    /optional dependency, and it is not installed here\. Run npm install @pulumiverse\/scaleway/,
  );
});
