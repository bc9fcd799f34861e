import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Signer, signerOf } from "../../reports/exports/attestation/dsse.ts";
import type { SecretSource } from "../dsl/secret.ts";
import { scrubber } from "../engine/scrubber.ts";
import { secretReader } from "../engine/secret-reader.ts";
import { UsageError } from "./exit.ts";

/** The key that signs attestations here, and where it came from in words that hold no secret. */
export interface SigningKey {
  readonly signer: Signer;
  readonly publicKey: KeyObject;
  readonly from: string;
}

/**
 * The private ed25519 key that `EDGECERT_SIGNING_KEY` names (a PEM file, or `command:` and words of a command that prints
 * one), else that of the home, which is made on first use. Throws a UsageError, or a FailureError `secret-missing`, that
 * never holds the key.
 */
export async function signingKey(home: string, environment: NodeJS.ProcessEnv = process.env): Promise<SigningKey> {
  const named = environment.EDGECERT_SIGNING_KEY ?? "";
  const path = join(home, "signing", "ed25519.pem");
  if (named === "") return keyOf(await homeKey(path), path);
  const reader = secretReader({ "signing key": sourceOf(named) }, process.cwd(), scrubber());
  return keyOf((await reader.read("signing key")).reveal(), "EDGECERT_SIGNING_KEY");
}

function sourceOf(named: string): SecretSource {
  const [program, ...words] = named.startsWith("command:") ? named.slice(8).trim().split(/\s+/) : [];
  if (program !== undefined && program !== "") return { command: [program, ...words] };
  return { file: resolve(named) };
}

function keyOf(pem: string, from: string): SigningKey {
  try {
    const key = createPrivateKey(pem);
    return { signer: signerOf(key), publicKey: createPublicKey(key), from };
  } catch (error) {
    // Because the message of a parser may quote what it read, only our own is passed on.
    const detail = error instanceof TypeError ? error.message : "it is no private key in PEM form without a passphrase";
    throw new UsageError(
      "The signing key cannot be used",
      `${from}: ${detail}`,
      "make one: openssl genpkey -algorithm ed25519",
    );
  }
}

/** Because two commands may make the first key at once, each makes its own and one name decides which is kept. */
async function homeKey(path: string): Promise<string> {
  const found = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (found !== null) return found;
  const { privateKey } = generateKeyPairSync("ed25519");
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporary, { force: true });
  }
  const kept = await readFile(path, "utf8");
  const shown = createPublicKey(kept).export({ type: "spki", format: "pem" });
  await writeFile(path.replace(/\.pem$/, ".pub.pem"), shown);
  return kept;
}
