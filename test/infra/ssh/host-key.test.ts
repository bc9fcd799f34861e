import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import { decodeKey, fingerprint, hostKeyCheck } from "../../../infra/ssh/host-key.ts";
import { errorOf } from "./suite.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-known-hosts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The key and the two hashed lines that `ssh-keygen -H` of OpenSSH 9.2 made of edge.example and [edge.example]:2222. */
const hashed = {
  key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILZuwV0OyTdfQP0KE69Wxp+U0qCG4p3hTmnDHInux1RX",
  fingerprint: "ssh-ed25519 SHA256:ZEA0BNK+aQMGC7JZraAvFnioXnv6gDiQ1rcKEHZr6oo",
  plainPort: "|1|osRSaXxhCc98q8cUL/mGFexrVMM=|89UhG3FsnAaq63c1op6K2yu90tA=",
  otherPort: "|1|/VM3+Up6r38a8jM/+Fm6r/jMGAk=|FcZ+Dk9A2+I2jBc3Wz2O/iRi+b8=",
};
const other = publicKey();

function publicKey(): string {
  return makeSshKeyPair("test").publicKey.split(" ").slice(0, 2).join(" ");
}

function blobOf(key: string): Buffer {
  const [type = "", encoded = ""] = key.split(" ");
  const blob = decodeKey(type, encoded);
  if (blob === undefined) throw new Error(`No key: ${key}`);
  return blob;
}

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** What is said of a key that a machine shows, when a known_hosts file has these lines. */
async function judged(lines: readonly string[], host: string, port: number, shown = hashed.key): Promise<unknown> {
  const check = await hostKeyCheck({ host, port, user: "root", knownHosts: [file("known_hosts", lines)] });
  return check.judge(blobOf(shown))?.failure.reason;
}

test("a fingerprint is the one that ssh-keygen prints", () => {
  expect(fingerprint(blobOf(hashed.key))).toBe(hashed.fingerprint);
});

test.each([
  ["a plain name", `edge.example ${hashed.key}`, "edge.example", 22, undefined],
  ["a name in capitals", `Edge.Example ${hashed.key}`, "EDGE.example", 22, undefined],
  ["one of several names", `# comment\n10.0.0.7,edge.example ${hashed.key} a comment`, "10.0.0.7", 22, undefined],
  ["a hashed name", `${hashed.plainPort} ${hashed.key}`, "edge.example", 22, undefined],
  ["a hashed name with a port", `${hashed.otherPort} ${hashed.key}`, "edge.example", 2222, undefined],
  ["a name with a port", `[edge.example]:2222 ${hashed.key}`, "edge.example", 2222, undefined],
  ["wildcards", `*.exampl? ${hashed.key}`, "edge.example", 22, undefined],
  ["a second key", `edge.example ${other}\nedge.example ${hashed.key}`, "edge.example", 22, undefined],
  ["a negated name", `*.example,!edge.example ${hashed.key}`, "edge.example", 22, "ssh-host-key-unknown"],
  [
    "a hashed name of the other port",
    `${hashed.plainPort} ${hashed.key}`,
    "edge.example",
    2222,
    "ssh-host-key-unknown",
  ],
  ["a dot that is no wildcard", `edgeXexample ${hashed.key}`, "edge.example", 22, "ssh-host-key-unknown"],
  ["an authority", `@cert-authority *.example ${hashed.key}`, "edge.example", 22, "ssh-host-key-unknown"],
  ["an unreadable key", "edge.example ssh-ed25519 AAAA", "edge.example", 22, "ssh-host-key-unknown"],
  ["no line", "", "edge.example", 22, "ssh-host-key-unknown"],
  ["another key", `edge.example ${other}`, "edge.example", 22, "ssh-host-key-changed"],
  ["a revoked key", `edge.example ${hashed.key}\n@revoked * ${hashed.key}`, "edge.example", 22, "ssh-host-key-revoked"],
  ["a revoked key alone", `@revoked * ${hashed.key}`, "edge.example", 22, "ssh-host-key-revoked"],
  ["another revoked key", `edge.example ${hashed.key}\n@revoked * ${other}`, "edge.example", 22, undefined],
])("known_hosts: %s", async (_, lines, host, port, reason) => {
  expect(await judged(lines.split("\n"), host, port)).toBe(reason);
});

test("a changed key is told with both fingerprints and the line that has the old one", async () => {
  const known = file("changed", ["# first", `edge.example ${other}`]);
  const check = await hostKeyCheck({ host: "edge.example", port: 22, user: "root", knownHosts: [known] });
  const detail = check.judge(blobOf(hashed.key))?.failure.detail;
  expect(detail).toContain(`shows ${hashed.fingerprint}`);
  expect(detail).toContain(`expected is ${fingerprint(blobOf(other))} (${known}:2)`);
});

test("the key of an address decides alone, and a named file must be there", async () => {
  const known = file("ignored", [`edge.example ${hashed.key}`]);
  const hop = { host: "edge.example", port: 22, user: "root", knownHosts: [known] };
  const check = await hostKeyCheck({ ...hop, hostKey: other });
  expect(check.judge(blobOf(hashed.key))?.failure.reason).toBe("ssh-host-key-changed");
  const missing = await errorOf(hostKeyCheck({ ...hop, knownHosts: [join(folder, "none")] }));
  expect(missing).toMatchObject({ failure: { reason: "ssh-host-key-unreadable" } });
  expect(String(missing)).toContain(join(folder, "none"));
});
