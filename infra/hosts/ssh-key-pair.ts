import { generateKeyPairSync, randomBytes } from "node:crypto";

/** An ed25519 key pair in OpenSSH's own forms: what `ssh-keygen -t ed25519 -N ""` writes. */
export interface SshKeyPair {
  /** PEM text, for a 0600 file. */
  readonly privateKey: string;
  /** One line: `ssh-ed25519 AAAA... comment`, without a line feed. */
  readonly publicKey: string;
}

/** Makes a new key pair. Format: PROTOCOL.key of OpenSSH, unencrypted. */
export function makeSshKeyPair(comment: string): SshKeyPair {
  const { d, x } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const seed = Buffer.from(d ?? "", "base64url");
  const point = Buffer.from(x ?? "", "base64url");
  const publicBlob = Buffer.concat([field("ssh-ed25519"), field(point)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, publicBlob, field(Buffer.concat([seed, point])), field(comment)]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    uint32(1),
    field(publicBlob),
    field(Buffer.concat([secret, padding])),
  ]);
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return {
    privateKey: ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n"),
    publicKey: `ssh-ed25519 ${publicBlob.toString("base64")} ${comment}`,
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
