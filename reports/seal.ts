import { createHash, type Hash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalPieces, sha256 } from "./canonical-json.ts";
import type { Certificate } from "./certificate-document.ts";
import { inThisVersion, type ReadCertificate } from "./earlier-version.ts";
import { renderCertificate } from "./render.ts";
import { writeWhole } from "./whole-file.ts";

/** A certificate with the sha256, in hex, of its canonical JSON. */
export interface SealedCertificate {
  readonly certificate: Certificate;
  readonly digest: string;
}

/** Seals a certificate: the digest is what `sha256sum certificate.json` prints for the file that is written of it. */
export function sealCertificate(certificate: Certificate): SealedCertificate {
  const hash = createHash("sha256");
  for (const piece of canonicalPieces(certificate)) hash.update(piece);
  return { certificate, digest: hash.digest("hex") };
}

/**
 * Writes `certificate.json` (the sealed bytes) and `certificate.html`, or another name, into a folder, each whole or not
 * at all. The folder is the run's: links of the page are relative to it.
 */
export async function writeCertificate(
  folder: string,
  certificate: Certificate,
  name = "certificate",
): Promise<{ readonly html: string; readonly json: string; readonly digest: string }> {
  await mkdir(folder, { recursive: true });
  const json = join(folder, `${name}.json`);
  const hash = createHash("sha256");
  await writeWhole(json, hashed(canonicalPieces(certificate), hash));
  const digest = hash.digest("hex");
  const html = await writePage(folder, { certificate, digest }, name);
  return { html, json, digest };
}

/** Writes only the page of a sealed certificate, and returns its path: the sealed bytes stay as they are. */
export async function writePage(folder: string, sealed: SealedCertificate, name = "certificate"): Promise<string> {
  const html = join(folder, `${name}.html`);
  await writeWhole(html, renderCertificate(sealed));
  return html;
}

/** Reads a written certificate back: the digest is of the file's bytes as they are. Throws when it is not one. */
export async function readCertificate(folder: string): Promise<SealedCertificate> {
  const path = join(folder, "certificate.json");
  const text = await readFile(path, "utf8");
  // Because the file is our own output, and any change to it shows in the digest, its shape is taken from its version.
  const read: ReadCertificate | null = JSON.parse(text);
  if (read?.v !== 1 && read?.v !== 2) throw new TypeError(`${path} is not a certificate of version 1 or 2`);
  return { certificate: inThisVersion(read), digest: sha256(text) };
}

/** The sealed bytes of a certificate: its canonical JSON, which is written and read back to the same digest. */
export function certificateText(certificate: Certificate): string {
  return [...canonicalPieces(certificate)].join("");
}

/** The pieces as they come, each taken into the hash on its way. */
function* hashed(pieces: Iterable<string>, hash: Hash): Generator<string> {
  for (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}
