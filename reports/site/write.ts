import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../canonical-json.ts";
import { readCertificate, writePage } from "../seal.ts";
import { writeWhole } from "../whole-file.ts";
import { historiesOf } from "./history.ts";
import { type PastCertificate, pastCertificates } from "./past-certificates.ts";
import { renderSitePage } from "./render.ts";
import { indexPage, pipelinePage, type SiteInput } from "./view.ts";

/** What was written of a site. */
export interface WrittenSite {
  readonly index: string;
  readonly certificates: number;
  readonly pipelines: number;
  /** Files that were new or had changed. */
  readonly written: number;
  /** Certificates that cannot be read, with the reason. */
  readonly lost: readonly { readonly run: string; readonly reason: string }[];
}

/**
 * Writes a site over the certificates in folders of runs: `index.html`, a page per pipeline, and a copy of every certificate, all
 * of it by relative links, so that the folder can be published as it is. Only what changed is written, each file whole or
 * not at all, the index last. `tell` hears how many certificates were copied.
 */
export async function writeSite(
  folders: readonly string[],
  out: string,
  { version, tell }: { readonly version: string; readonly tell: (copied: number, of: number) => void },
): Promise<WrittenSite> {
  const { certificates, lost } = await pastCertificates(folders);
  let written = 0;
  for (const [index, certificate] of certificates.entries()) {
    written += await published(certificate, join(out, "certificates", certificate.summary.run));
    tell(index + 1, certificates.length);
  }
  const histories = historiesOf(certificates.map(({ summary }) => summary));
  const named = lost.map(({ folder, reason }) => ({ run: folder.split("/").at(-1) ?? folder, reason }));
  const files = new Map(histories.map(({ pipeline }) => [pipeline, fileName(pipeline)]));
  const input: SiteInput = { histories, lost: named, files, version };
  await mkdir(join(out, "pipelines"), { recursive: true });
  for (const [index, { pipeline }] of histories.entries()) {
    const path = join(out, "pipelines", fileName(pipeline));
    written += await changed(path, renderSitePage(pipelinePage(input, index)));
  }
  const index = join(out, "index.html");
  written += await changed(index, renderSitePage(indexPage(input)));
  return { index, certificates: certificates.length, pipelines: histories.length, written, lost: named };
}

/** Because a name may hold anything, its letters and digits are followed by a digest of all of it. */
function fileName(pipeline: string): string {
  return `${pipeline.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40)}-${sha256(pipeline).slice(0, 8)}.html`;
}

/** Copies a certificate unless the same one stands there, and gives how many files that took. */
async function published({ folder }: PastCertificate, target: string): Promise<number> {
  await mkdir(target, { recursive: true });
  let written = 0;
  if (existsSync(join(folder, "certificate.html"))) written += await copied(folder, target, "certificate.html");
  else if (!(await isSame(folder, target, "certificate.json"))) {
    await writePage(target, await readCertificate(folder));
    written += 1;
  }
  // Because the document is what shows that the copy is whole, it comes last.
  return written + (await copied(folder, target, "certificate.json"));
}

async function copied(folder: string, target: string, name: string): Promise<number> {
  if (await isSame(folder, target, name)) return 0;
  const temporary = join(target, `.${name}.tmp`);
  try {
    const source = await stat(join(folder, name));
    await copyFile(join(folder, name), temporary, constants.COPYFILE_FICLONE);
    await utimes(temporary, source.atime, source.mtime);
    await rename(temporary, join(target, name));
    return 1;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function isSame(folder: string, target: string, name: string): Promise<boolean> {
  const [source, copy] = await Promise.all([folder, target].map((one) => stat(join(one, name)).catch(() => null)));
  if (source == null || copy == null) return false;
  return source.size === copy.size && Math.abs(source.mtimeMs - copy.mtimeMs) < 2;
}

async function changed(path: string, text: string): Promise<number> {
  const known = await readFile(path, "utf8").catch(() => null);
  if (known === text) return 0;
  await writeWhole(path, text);
  return 1;
}
