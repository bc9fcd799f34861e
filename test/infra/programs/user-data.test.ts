import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, expect, test } from "vitest";
import { cloudConfig, expiryFile } from "../../../infra/programs/cloud-config.ts";
import { userData } from "../../../infra/programs/user-data.ts";
import { canary, hostKeys } from "./arguments.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-expiry-"));
afterAll(() => rmSync(folder, { recursive: true }));

const hostKey = { publicKey: "ssh-ed25519 AAAA", privateKey: "PRIVATE\n" };

function configOf(powerOffAt: string | null, sshPort = 22) {
  const [first, ...rest] = cloudConfig({ hostname: "edge-1", hostKey, powerOffAt, sshPort }).split("\n");
  expect(first).toBe("#cloud-config");
  return JSON.parse(rest.join("\n"));
}

test("a private key that lost its last line feed on the way has it again, because sshd reads none without", () => {
  const cut = cloudConfig({
    ...{ hostname: "edge-1", powerOffAt: null, sshPort: 22 },
    hostKey: { publicKey: "ssh-ed25519 AAAA", privateKey: "PRIVATE" },
  });
  expect(JSON.parse(cut.slice(cut.indexOf("\n")))).toMatchObject({ ssh_keys: { ed25519_private: "PRIVATE\n" } });
});

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
  const text = userData({ hostname: "edge-1", hostKey: key }, { powerOffAt: null, sshPort: 22 });
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

/** Runs the second port's script as root of another tree would: commands of the system only speak. */
function secondPort(sshdConfig: string): { config: string; said: string } {
  const [[shell, flag, script]] = configOf(null, 2222).runcmd;
  const config = join(folder, "sshd_config");
  writeFileSync(config, sshdConfig);
  const stubs = "systemctl() { echo systemctl $*; }; semanage() { echo semanage $*; }";
  const text = `${stubs}\n${script.replaceAll("/etc/ssh/sshd_config ", `${config} `).replace(/\/etc\/ssh\/sshd_config$/m, config)}`;
  const said = execFileSync(shell, [flag, text], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return { config: readFileSync(config, "utf8"), said };
}

test("a second port of sshd is a drop-in, and the file itself where there are no drop-ins", () => {
  const files: { path: string; content: string }[] = configOf(null, 2222).write_files;
  expect(files).toEqual([{ path: "/etc/ssh/sshd_config.d/10-edgecert.conf", content: "Port 22\nPort 2222\n" }]);
  const modern = "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n";
  expect(secondPort(modern)).toEqual({ config: modern, said: expect.stringContaining("try-restart ssh.socket") });
  const old = secondPort("UsePAM yes\nMatch User git\n");
  expect(old.config).toBe("Port 22\nPort 2222\nUsePAM yes\nMatch User git\n");
  expect(old.said).toContain("semanage port -a -t ssh_port_t -p tcp 2222");
});

test("the expiry and a second port live side by side", () => {
  const both = configOf("2027-01-31T18:00:00.000Z", 2222);
  expect(both.write_files).toHaveLength(4);
  expect(both.runcmd).toHaveLength(3);
});
