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

/** A line of the private host key that a host's user data holds. */
async function injectedKey(index: number): Promise<string> {
  const { out } = await rehearse("config", "get", "--path", `hostPrivateKeys[${index}]`);
  const line = out.slice(out.indexOf("-----BEGIN")).split("\n")[3];
  if (line === undefined || line.length < 40) throw new Error(`no private key in ${out}`);
  return line;
}

function knownHost({ address, sshPort, user, hostKey }: Host): KnownHost {
  return { host: address, port: sshPort, user, hostKey, privateKeyPath: join(folder, "login_ed25519") };
}

test("a rehearsed cluster of real machines: SSH by its outputs, first contact, private network, KVM, and nothing after a kill", async () => {
  const up = await rehearse("--machines", "real", "--hosts", "2", "up", "--yes", "--skip-preview");
  expect(up).toMatchObject({ code: 0, out: expect.stringMatching(/^FAKE: /) });
  expect(await rehearse("--machines", "instant", "up", "--yes")).toMatchObject({ code: 2 });
  const outputs = await rehearse("stack", "output", "hosts", "--json");
  const hosts: readonly Host[] = JSON.parse(outputs.out.slice(outputs.out.indexOf("[")));
  expect(hosts.map(({ name, user }) => [name, user])).toEqual([
    ["aws-1", "admin"],
    ["aws-2", "admin"],
  ]);

  const logins = up.out.split("\n").filter((line) => line.startsWith("  ssh "));
  const met = await Promise.all(
    hosts.map(async (host, index) => {
      const known = knownHost(host);
      (await waitForSsh(known, { timeoutMs: 300_000, signal })).close();
      const typed = [...(logins[index] ?? "").trim().split(" "), "-o", "BatchMode=yes", "hostname"];
      expect(await said(typed)).toBe(`${host.name}\n`);
      const own = await replaceHostKey(known, { record: join(home, `${host.name}.json`), signal, note: console.log });
      return { known, own, neighbour: hosts[1 - index]?.privateAddress, injected: await injectedKey(index) };
    }),
  );
  for (const { known, own, neighbour, injected } of met) {
    const connection = await waitForSsh(own, { timeoutMs: 60_000, signal });
    const asked = [
      `ping -c 1 -W 20 ${neighbour} > /dev/null && echo reached`,
      "test -e /dev/kvm && echo kvm",
      "systemctl is-active edgecert-expiry.timer",
      `sudo grep -rlsF -e '${injected}' /etc /var/lib /run/cloud-init /var/log || echo nowhere`,
    ];
    const { stdout } = await connection.must(asked.join("; "), { timeoutMs: 120_000, signal });
    connection.close();
    expect(stdout).toBe("reached\nkvm\nactive\nnowhere\n");
    const changed = { failure: { reason: "ssh-host-key-changed" } };
    await expect(waitForSsh(known, { timeoutMs: 60_000 })).rejects.toMatchObject(changed);
  }

  const running = await runningClouds(folder);
  if (running === undefined) throw new Error("the fakes have ended");
  expect(processesOf(placeOf(home))).toHaveLength(2);
  process.kill(running.pid, "SIGKILL");
  await expect.poll(() => processesOf(placeOf(home)), { timeout: 60_000 }).toEqual([]);
  await expect.poll(() => readServers(placeOf(home)), { timeout: 60_000 }).toEqual([]);
  expect(isAlive(running)).toBe(false);
});
