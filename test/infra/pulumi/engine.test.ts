import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { oldestEngine, pulumiEngine } from "../../../infra/pulumi/engine.ts";

let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "edgecert-engine-"));
  vi.stubEnv("PATH", bin);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(bin, { recursive: true });
});

/** A program that stands for pulumi, notes that it was started, and prints. */
function program(path: string, printed: string, code = 0): void {
  writeFileSync(path, `#!/bin/sh\n: > ${bin}/started\necho '${printed}'\nexit ${code}\n`);
  chmodSync(path, 0o755);
}

test.each(["v3.211.0", "v3.250.0", "v4.0.0", "3.270.0-alpha.x1234"])("pulumi %s of PATH is used", async (version) => {
  program(join(bin, "pulumi"), version);
  const found = await pulumiEngine();
  expect(found).toEqual({ command: join(bin, "pulumi"), version: version.match(/\d[\d.]*\d/)?.[0], source: "path" });
});

test.each(["v3.210.9", "v2.999.0", "v3.60.0"])(
  "pulumi %s is refused, naming it and what is needed",
  async (version) => {
    program(join(bin, "pulumi"), version);
    await expect(pulumiEngine()).rejects.toMatchObject({
      failure: {
        reason: "old-pulumi-engine",
        class: "configuration",
        detail: expect.stringMatching(new RegExp(`${join(bin, "pulumi")} is ${version.slice(1)}; ${oldestEngine}`)),
      },
    });
  },
);

test("a pulumi that does not say its version is refused with what it said", async () => {
  program(join(bin, "pulumi"), "unknown");
  await expect(pulumiEngine()).rejects.toMatchObject({
    failure: { reason: "broken-pulumi-engine", detail: expect.stringContaining('"unknown') },
  });
  program(join(bin, "pulumi"), "", 3);
  await expect(pulumiEngine()).rejects.toMatchObject({ failure: { reason: "broken-pulumi-engine" } });
});

test("without pulumi the failure says how to get one", async () => {
  await expect(pulumiEngine()).rejects.toMatchObject({
    failure: { reason: "no-pulumi-engine", next: expect.stringContaining("npm install --global pulumi") },
  });
});

test("the launcher of the npm package is told by its folder and never started, because that would download", async () => {
  const folder = join(bin, "node_modules", "pulumi");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "pulumi", version: "3.265.0" }));
  program(join(folder, "run.js"), "downloading");
  symlinkSync(join(folder, "run.js"), join(bin, "pulumi"));
  expect(await pulumiEngine()).toEqual({ command: join(folder, "run.js"), version: "3.265.0", source: "download" });
  expect(existsSync(join(bin, "started"))).toBe(false);
});
