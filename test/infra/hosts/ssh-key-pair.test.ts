import { generateKeyPairSync } from "node:crypto";
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";

test("another implementation reads the private key and finds the public key in it", () => {
  const pair = makeSshKeyPair("node1");
  const parsed = ssh2.utils.parseKey(pair.privateKey);
  if (parsed instanceof Error) throw parsed;
  expect(parsed.type).toBe("ssh-ed25519");
  expect(parsed.comment).toBe("node1");
  expect(`ssh-ed25519 ${parsed.getPublicSSH().toString("base64")} node1`).toBe(pair.publicKey);
  const data = Buffer.from("signed");
  const signature = parsed.sign(data);
  if (signature instanceof Error) throw signature;
  expect(parsed.verify(data, signature)).toBe(true);
});

test("no two pairs are equal, and the form is not that of another kind", () => {
  expect(makeSshKeyPair("a").publicKey).not.toBe(makeSshKeyPair("a").publicKey);
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  expect(ssh2.utils.parseKey(String(pem))).toBeInstanceOf(Error);
});
