import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { SshHop } from "../providers/provider.ts";
import { sshError } from "./failures.ts";
import { decodeKey, type ExpectedKey } from "./host-key.ts";

/** What the known_hosts files say of one machine. */
export interface KnownHost {
  readonly keys: readonly ExpectedKey[];
  readonly revoked: readonly ExpectedKey[];
  /** The files that were asked. */
  readonly files: readonly string[];
}

/**
 * Reads the lines of known_hosts files that speak of a machine (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): plain and hashed
 * names, wildcards, negated names, `[host]:port` for ports other than 22, `@revoked`. Lines of certificate authorities
 * are passed over, because certificates are not asked for. A file that is missing is empty; one that a hop names itself
 * must be there.
 */
export async function readKnownHosts(hop: SshHop): Promise<KnownHost> {
  const files = hop.knownHosts ?? [join(homedir(), ".ssh", "known_hosts"), "/etc/ssh/ssh_known_hosts"];
  const name = (hop.port === 22 ? hop.host : `[${hop.host}]:${hop.port}`).toLowerCase();
  const keys: ExpectedKey[] = [];
  const revoked: ExpectedKey[] = [];
  for (const file of files) {
    for (const [index, line] of (await textOf(file, hop.knownHosts !== undefined)).split("\n").entries()) {
      const found = readLine(line, name, `${file}:${index + 1}`);
      if (found !== undefined) (found.isRevoked ? revoked : keys).push(found.key);
    }
  }
  return { keys, revoked, files };
}

async function textOf(file: string, isNamed: boolean): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (isMissing && !isNamed) return "";
    throw sshError(
      "ssh-host-key-unreadable",
      `${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

function readLine(line: string, name: string, source: string): { isRevoked: boolean; key: ExpectedKey } | undefined {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
  const [patterns = "", type = "", encoded = ""] = words;
  if (patterns.startsWith("#") || (marker !== undefined && marker !== "@revoked") || !isMeant(patterns, name))
    return undefined;
  const blob = decodeKey(type, encoded);
  return blob === undefined ? undefined : { isRevoked: marker === "@revoked", key: { type, blob, source } };
}

function isMeant(patterns: string, name: string): boolean {
  if (patterns.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = patterns.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  const all = patterns.toLowerCase().split(",");
  const matches = (pattern: string): boolean => expressionOf(pattern).test(name);
  return all.some(matches) && !all.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)));
}

function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
