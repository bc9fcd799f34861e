import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, expect, test } from "vitest";
import { cloudConfig, expiryFile, userData } from "../../../infra/programs/user-data.ts";
import { canary, hostKeys } from "./arguments.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-expiry-"));
afterAll(() => rmSync(folder, { recursive: true }));

const hostKey = { publicKey: "ssh-ed25519 AAAA", privateKey: "PRIVATE\n" };

function configOf(powerOffAt: string | null) {
  const [first, ...rest] = cloudConfig({ hostname: "edge-1", hostKey, powerOffAt }).split("\n");
  expect(first).toBe("#cloud-config");
  return JSON.parse(rest.join("\n"));
}

test("the only host key is the one that we made", () => {
  expect(configOf(null)).toMatchObject({
    hostname: "edge-1",
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: "PRIVATE\n", ed25519_public: "ssh-ed25519 AAAA" },
  });
});

test("user data is secret", async () => {
  const [key] = hostKeys(1);
  if (key === undefined) throw new Error("no key");
  const text = userData({ hostname: "edge-1", hostKey: key }, null);
  expect(await pulumi.isSecret(text)).toBe(true);
  expect(await new Promise((resolve) => pulumi.unsecret(text).apply(resolve))).toContain(canary);
});

test("a host that must not power itself off has no timer", () => {
  expect(configOf(null)).not.toHaveProperty("write_files");
  expect(configOf(null)).not.toHaveProperty("runcmd");
});

/** Runs the service's command as systemd would, with another expiry file and a `systemctl` that only speaks. */
function commandOutput(content: string | null): string {
  const files: { path: string; content: string }[] = configOf("2027-01-31T18:00:00.000Z").write_files;
  const service = files.find(({ path }) => path.endsWith(".service"))?.content ?? "";
  const line = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(service)?.[1] ?? "";
  const stamp = join(folder, "expires-at");
  rmSync(stamp, { force: true });
  if (content !== null) writeFileSync(stamp, content);
  const command = line.replaceAll("$$", "$").replaceAll("%%", "%").replaceAll(expiryFile, stamp);
  return execFileSync("/bin/sh", ["-c", `systemctl() { echo "$@"; }; ${command}`], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

test.each([
  ["an hour ago", `${Math.floor(Date.now() / 1000) - 3600}\n`, "poweroff"],
  ["in an hour", `${Math.floor(Date.now() / 1000) + 3600}\n`, ""],
  ["damaged", "soon\n", "poweroff"],
  ["gone", null, "poweroff"],
])("an expiry that is %s", (_, content, said) => {
  expect(commandOutput(content)).toBe(said);
});

test("the expiry file holds the expiry in seconds", () => {
  const files: { path: string; content: string }[] = configOf("2027-01-31T18:00:00.000Z").write_files;
  expect(files.find(({ path }) => path === expiryFile)?.content).toBe("1801418400\n");
});
