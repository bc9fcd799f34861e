import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloudPackages } from "../../infra/hosts/cloud-seed.ts";
import { type KnownHost, replaceHostKey } from "../../infra/hosts/first-contact/host-key-replacement.ts";
import { isAlive } from "../../infra/hosts/process-table.ts";
import { ensureImage } from "../../infra/images/image.ts";
import type { Host } from "../../infra/programs/edge-cluster.ts";
import { processesOf } from "../../infra/providers/local/listing.ts";
import { readServers } from "../../infra/providers/local/server-record.ts";
import { waitForSsh } from "../../infra/ssh/readiness.ts";
import { placeOf } from "../fakes/real-machines.ts";
import { endClouds, runningClouds } from "../fakes/running-clouds.ts";
import { pulumiEngine } from "./engine.ts";

const root = join(import.meta.dirname, "..", "..");
/** Kept between test runs for its images. */
const suiteHome = join(root, ".edgecert", "test");
const home = mkdtempSync(join(tmpdir(), "edgecert-real-"));
const folder = join(home, "rehearsal");
const signal = AbortSignal.timeout(900_000);

beforeAll(async () => {
  await pulumiEngine();
  await ensureImage({ os: "debian-12", packages: cloudPackages }, { home: suiteHome, signal, note: console.log });
  symlinkSync(join(suiteHome, "images"), join(home, "images"));
}, 1_800_000);
afterAll(async () => {
  await endClouds(folder);
  rmSync(home, { recursive: true, force: true });
});

/** Types a command as a person does after `npm run pulumi:rehearse --`. */
async function rehearse(...words: readonly string[]) {
  const env = { ...process.env, EDGECERT_HOME: home };
  const child = spawn("node", ["pipelines/cli/setup.js", "pulumi:rehearse", ...words], { cwd: root, env });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, out, err };
}

/** Runs a command and gives what it says; its standard error goes with it. */
async function said(words: readonly string[]): Promise<string> {
  const child = spawn(words[0] ?? "", words.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return out + err;
}

/** A line of the private host key that the host's user data holds. */
async function injectedKey(): Promise<string> {
  const { out } = await rehearse("config", "get", "--path", "hostPrivateKeys[0]");
  const line = out.slice(out.indexOf("-----BEGIN")).split("\n")[3];
  if (line === undefined || line.length < 40) throw new Error(`no private key in ${out}`);
  return line;
}

function knownHost({ address, sshPort, user, hostKey }: Host): KnownHost {
  return { host: address, port: sshPort, user, hostKey, privateKeyPath: join(folder, "login_ed25519") };
}

test("a rehearsed host is real: the printed line logs in, first contact makes its own key, and nothing outlives its fakes", async () => {
  const up = await rehearse("--machines", "real", "up", "--yes", "--skip-preview");
  expect(up).toMatchObject({ code: 0, err: expect.stringMatching(/^FAKE: /m) });
  const other = await rehearse("--machines", "instant", "up", "--yes");
  expect(other).toMatchObject({ code: 2, err: expect.stringMatching(/began with real machines/) });
  const outputs = await rehearse("stack", "output", "hosts", "--json");
  const [host]: readonly (Host | undefined)[] = JSON.parse(outputs.out.slice(outputs.out.indexOf("[")));
  if (host === undefined) throw new Error(`there is no host in ${outputs.out}`);

  const known = knownHost(host);
  (await waitForSsh(known, { timeoutMs: 400_000, signal })).close();
  const printed = up.out.split("\n").find((line) => line.startsWith("  ssh ")) ?? "";
  expect(await said([...printed.trim().split(" "), "-o", "BatchMode=yes", "hostname"])).toBe(`${host.name}\n`);

  const own = await replaceHostKey(known, { record: join(home, "contact.json"), signal, note: console.log });
  const connection = await waitForSsh(own, { timeoutMs: 60_000, signal });
  const asked = [
    "systemctl is-active edgecert-expiry.timer",
    `sudo grep -rlsF -e '${await injectedKey()}' /etc /var/lib /run/cloud-init /var/log || echo nowhere`,
  ];
  const { stdout } = await connection.must(asked.join("; "), { timeoutMs: 120_000, signal });
  connection.close();
  expect(stdout).toBe("active\nnowhere\n");
  const changed = { failure: { reason: "ssh-host-key-changed" } };
  await expect(waitForSsh(known, { timeoutMs: 60_000 })).rejects.toMatchObject(changed);

  const running = await runningClouds(folder);
  if (running === undefined) throw new Error("the fakes have ended");
  expect(processesOf(placeOf(home))).toHaveLength(1);
  process.kill(running.pid, "SIGKILL");
  await expect.poll(() => processesOf(placeOf(home)), { timeout: 60_000 }).toEqual([]);
  await expect.poll(() => readServers(placeOf(home)), { timeout: 60_000 }).toEqual([]);
  expect(isAlive(running)).toBe(false);
});
