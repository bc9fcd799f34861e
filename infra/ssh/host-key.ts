import { createHash } from "node:crypto";
import type { InfraError } from "../failure.ts";
import type { SshHop } from "../providers/provider.ts";
import { placeOf, sshError } from "./failures.ts";
import { readKnownHosts } from "./known-hosts.ts";

/** What a machine is known by. */
export interface HostKeyCheck {
  /** Types of the expected keys, such as `ssh-ed25519`; a server with several keys is asked for one of these. */
  readonly types: readonly string[];
  /** The failure of a key as it travels (RFC 4253, section 6.6); undefined when it is an expected one. */
  judge(shown: Buffer): InfraError | undefined;
}

/** A key that a machine may show, and where that stands. */
export interface ExpectedKey {
  readonly type: string;
  readonly blob: Buffer;
  readonly source: string;
}

/**
 * The check for one machine: by the key that its address carries, else by known_hosts. There is no way without: an
 * unreadable key and a machine that nobody knows are failures, never "accept anything".
 */
export async function hostKeyCheck(hop: SshHop): Promise<HostKeyCheck> {
  if (hop.hostKey !== undefined) return checkOf(hop, [keyOfAddress(hop, hop.hostKey)], []);
  const { keys, revoked, files } = await readKnownHosts(hop);
  const check = checkOf(hop, keys, revoked);
  if (keys.length > 0) return check;
  const unknown = (shown: Buffer): InfraError =>
    sshError(
      "ssh-host-key-unknown",
      `${placeOf(hop)} shows ${fingerprint(shown)}, and none of ${files.join(", ")} has a line for it.`,
    );
  return { ...check, judge: (shown) => (isAmong(revoked, shown) ? check.judge(shown) : unknown(shown)) };
}

function checkOf(hop: SshHop, keys: readonly ExpectedKey[], revoked: readonly ExpectedKey[]): HostKeyCheck {
  return {
    types: keys.map(({ type }) => type),
    judge(shown) {
      const shows = `${placeOf(hop)} shows ${fingerprint(shown)}`;
      const bad = revoked.find(({ blob }) => blob.equals(shown));
      if (bad !== undefined) return sshError("ssh-host-key-revoked", `${shows}, revoked by ${bad.source}.`);
      if (isAmong(keys, shown)) return undefined;
      const expected = keys.map(({ blob, source }) => `${fingerprint(blob)} (${source})`).join(" or ");
      return sshError("ssh-host-key-changed", `${shows}, expected is ${expected}.`);
    },
  };
}

function isAmong(keys: readonly ExpectedKey[], shown: Buffer): boolean {
  return keys.some(({ blob }) => blob.equals(shown));
}

function keyOfAddress(hop: SshHop, text: string): ExpectedKey {
  const [type = "", encoded = ""] = text.trim().split(/\s+/);
  const blob = decodeKey(type, encoded);
  if (blob !== undefined) return { type, blob, source: "the address" };
  throw sshError("ssh-host-key-unreadable", `The host key given for ${placeOf(hop)} is "${text}".`);
}

/** The bytes of a public key in base64; undefined unless they say the same type. */
export function decodeKey(type: string, encoded: string): Buffer | undefined {
  const blob = Buffer.from(encoded, "base64");
  return type !== "" && keyType(blob) === type ? blob : undefined;
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
