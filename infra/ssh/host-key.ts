import { createHash } from "node:crypto";
import type { Algorithms, ServerHostKeyAlgorithm } from "ssh2";
import type { SshAddress } from "../providers/provider.ts";
import { placeOf, sshError } from "./failures.ts";

/** The one host key that a machine may show. */
export interface ExpectedHostKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** The key as it travels (RFC 4253, section 6.6). */
  readonly blob: Buffer;
}

/** Reads an address's host key; an unreadable one is a failure, never "accept anything". */
export function expectedHostKey(address: SshAddress): ExpectedHostKey {
  const [type, encoded] = address.hostKey.trim().split(/\s+/);
  const blob = Buffer.from(encoded ?? "", "base64");
  if (type === undefined || keyType(blob) !== type) {
    throw sshError("ssh-host-key-unreadable", `The host key given for ${placeOf(address)} is "${address.hostKey}".`);
  }
  return { type, blob };
}

/** `ssh-ed25519 SHA256:...`, the way ssh-keygen -l prints a key; for a key as it travels. */
export function fingerprint(blob: Buffer): string {
  const digest = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return `${keyType(blob) ?? "unreadable"} SHA256:${digest}`;
}

/** The type named inside a key as it travels: a 32-bit length and that many ASCII bytes. */
function keyType(blob: Buffer): string | undefined {
  if (blob.length < 8) return undefined;
  const length = blob.readUInt32BE(0);
  return length > 0 && length <= 64 && blob.length > 4 + length ? blob.toString("ascii", 4, 4 + length) : undefined;
}

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/**
 * What we offer: no SHA-1, no CBC, no group below 3072 bits, no compression. The type of the expected host key comes
 * first, so that a server with several keys shows that one; the others stay, so that a changed key is named as such.
 */
export function offeredAlgorithms(expected: ExpectedHostKey): Algorithms {
  const wanted = hostKeyAlgorithms.filter(
    (name) => name === expected.type || (expected.type === "ssh-rsa" && name.startsWith("rsa-")),
  );
  return {
    kex: [
      "curve25519-sha256",
      "curve25519-sha256@libssh.org",
      "ecdh-sha2-nistp256",
      "ecdh-sha2-nistp384",
      "ecdh-sha2-nistp521",
      "diffie-hellman-group16-sha512",
      "diffie-hellman-group18-sha512",
    ],
    serverHostKey: [...new Set([...wanted, ...hostKeyAlgorithms])],
    cipher: [
      "aes128-gcm@openssh.com",
      "aes256-gcm@openssh.com",
      "chacha20-poly1305@openssh.com",
      "aes128-ctr",
      "aes256-ctr",
    ],
    hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
    compress: ["none"],
  };
}
