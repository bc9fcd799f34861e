import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAlive } from "../../infra/hosts/process-table.ts";
import { endClouds, runningClouds } from "../fakes/running-clouds.ts";
import { pulumiEngine } from "./engine.ts";

const root = join(import.meta.dirname, "..", "..");
const home = mkdtempSync(join(tmpdir(), "edgecert-rehearsal-"));
const folder = join(home, "rehearsal");

beforeAll(() => pulumiEngine(), 1_200_000);
afterAll(async () => {
  await endClouds(folder);
  rmSync(home, { recursive: true, force: true });
});

/** Types a command as a person does after `npm run pulumi:rehearse --`. */
async function rehearse(...words: readonly string[]) {
  const env = { ...process.env, EDGECERT_HOME: home };
  const start = ["pipelines/cli/setup.js", "pulumi:rehearse", ...words];
  const child = spawn("node", start, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, out, err };
}

test.each([
  [["--provider", "packet", "preview"], /--provider packet has no fake: use aws, equinix-metal or scaleway/],
  [["--hosts", "none", "preview"], /--hosts none is no number/],
  [["--machines", "virtual", "preview"], /--machines virtual: use instant or real/],
  [["--speed", "preview"], /--speed/],
])("%j is refused before anything starts", async (words, problem) => {
  const { code, err } = await rehearse(...words);
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringMatching(problem) });
  expect(existsSync(folder)).toBe(false);
});

test("a shortage, the cluster, its end: each a command of its own, over the same fakes, which the first line names", async () => {
  const script = join(home, "shortage.json");
  writeFileSync(script, JSON.stringify({ rules: [{ type: "Device", does: "refuse", code: "NoCapacity" }] }));
  const up = ["up", "--yes", "--skip-preview"];
  const short = await rehearse("--provider", "equinix-metal", "--script", script, ...up);
  expect(short.err).toMatch(/^FAKE: /m);
  expect(short.out).toMatch(/422 The facility has no provisionable servers/);
  expect(short.code).not.toBe(0);

  const whole = await rehearse("--provider", "equinix-metal", ...up);
  expect(whole).toMatchObject({ code: 0, out: expect.stringMatching(/address\s*: "198\.51\.100\.\d+"/) });
  const running = await runningClouds(folder);
  if (running === undefined) throw new Error("the fakes have ended");

  writeFileSync(script, '{"rules": [{"type": "Device", "does": "explode"}]}');
  const wrong = await rehearse("--provider", "equinix-metal", "--script", script, "destroy", "--yes");
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("rules[0].does") });

  const gone = await rehearse("--provider", "equinix-metal", "destroy", "--yes");
  expect(gone).toMatchObject({ code: 0, out: expect.stringMatching(/- 5 deleted/) });
  expect(await rehearse("end")).toMatchObject({ code: 0 });
  expect(isAlive(running)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});
