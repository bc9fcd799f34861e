import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "../pipelines/dsl/json.ts";
import { canonicalJson, sha256 } from "./canonical-json.ts";
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
  return { certificate, digest: sha256(certificateText(certificate)) };
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
  const { digest } = sealCertificate(certificate);
  await mkdir(folder, { recursive: true });
  const json = join(folder, `${name}.json`);
  await writeWhole(json, certificateText(certificate));
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

/** The sealed bytes of a certificate: its canonical JSON. */
export function certificateText(certificate: Certificate): string {
  // Because absent properties leave the text, what is written and read back has the same digest.
  const plain: Json = JSON.parse(JSON.stringify(certificate, refuseUnknownNumbers));
  return canonicalJson(plain);
}

/** Because NaN would become null, two different certificates would share one digest. */
function refuseUnknownNumbers(key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new TypeError(`${key} is ${value}, which is not JSON`);
  return value;
}
