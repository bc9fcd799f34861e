import { execFile } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import ssh2 from "ssh2";
import type { SecretSource } from "../../pipelines/dsl/secret.ts";
import type { SshHop } from "../providers/provider.ts";
import { placeOf, sshError } from "./failures.ts";

/** How to prove who we are, in the words of ssh2. */
export type Credential = { readonly agent: string } | { readonly privateKey: Buffer; readonly passphrase?: string };

/** Reads the private key of a hop and its passphrase, or finds the agent. Throws `ssh-private-key` or `ssh-agent`. */
export async function credentialOf(hop: SshHop): Promise<Credential> {
  if (hop.privateKeyPath === undefined) {
    const agent = process.env.SSH_AUTH_SOCK;
    if (agent) return { agent };
    throw sshError("ssh-agent", `${placeOf(hop)} has no private key file, and SSH_AUTH_SOCK is not set.`);
  }
  try {
    const passphrase = hop.passphrase === undefined ? undefined : await textOf(hop.passphrase);
    const privateKey = readable(await readFile(hop.privateKeyPath), passphrase);
    // Because opening a locked key takes a second of this thread on purpose: that is left to the login, which tells as well.
    if (passphrase !== undefined) return { privateKey, passphrase };
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error) throw parsed;
    return { privateKey };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw sshError("ssh-private-key", `${hop.privateKeyPath}: ${why}`, cause);
  }
}

/** PKCS #8, which ssh2 does not read, becomes the older form of the same key; everything else stays as it is. */
function readable(key: Buffer, passphrase: string | undefined): Buffer {
  if (!/^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(key.toString("latin1", 0, 64))) return key;
  const parsed = createPrivateKey(passphrase === undefined ? { key } : { key, passphrase });
  const type = parsed.asymmetricKeyType;
  if (type !== "rsa" && type !== "ec")
    throw new Error(`${type} keys in PKCS #8 form are not read: convert it by ssh-keygen -p.`);
  return Buffer.from(parsed.export({ type: type === "rsa" ? "pkcs1" : "sec1", format: "pem" }));
}

async function textOf(source: SecretSource): Promise<string> {
  const text = await ("env" in source
    ? variable(source.env)
    : "file" in source
      ? readFile(source.file, "utf8")
      : output(source.command));
  return text.replace(/\r?\n$/, "");
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`The passphrase's environment variable ${name} is not set.`);
  return value;
}

async function output([file, ...args]: readonly [string, ...string[]]): Promise<string> {
  return promisify(execFile)(file, args, { timeout: 60_000, maxBuffer: 1 << 20 }).then(
    ({ stdout }) => stdout,
    // Because the error of a command holds its output: only its name may be told.
    () => {
      throw new Error(`The passphrase's command ${file} failed.`);
    },
  );
}
