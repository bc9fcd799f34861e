import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { readCertificate } from "../seal.ts";
import { writeWhole } from "../whole-file.ts";
import { type RunSummary, summaryOf } from "./summary.ts";

/** A certificate on disk with its summary. */
export interface PastCertificate {
  /** The folder that holds `certificate.json` and, in most cases, `certificate.html`. */
  readonly folder: string;
  readonly summary: RunSummary;
}

/** A certificate that cannot be read, in one sentence. */
export interface LostCertificate {
  readonly folder: string;
  readonly reason: string;
}

/** What one folder below a folder of runs gave. */
type Found = PastCertificate | LostCertificate;

const summaryFile = "certificate.summary.json";

/**
 * The certificates in folders that hold one folder for each run. Summaries stand in a file beside each
 * certificate and are made anew only where it changed. Nothing is thrown for a certificate that cannot be read.
 */
export async function pastCertificates(folders: readonly string[]): Promise<{
  readonly certificates: readonly PastCertificate[];
  readonly lost: readonly LostCertificate[];
}> {
  const certificates: PastCertificate[] = [];
  const lost: LostCertificate[] = [];
  for (const above of folders) {
    for (const name of await namesIn(above)) {
      const found = await read(join(above, name));
      if (found === null) continue;
      if ("reason" in found) lost.push(found);
      else certificates.push(found);
    }
  }
  return { certificates: certificates.sort(byTime), lost };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => !name.startsWith(".")).sort();
}

async function read(folder: string): Promise<Found | null> {
  const file = await stat(join(folder, "certificate.json")).catch(() => null);
  if (file === null) return null;
  const key = `${file.size} ${file.mtimeMs} ${file.ino}`;
  const cached = await cachedSummary(folder, key);
  if (cached !== null) return { folder, summary: { ...cached, run: basename(folder) } };
  try {
    const summary = summaryOf(await readCertificate(folder));
    // Because the summary only saves time, a folder that cannot be written is no reason to do without it.
    await writeWhole(join(folder, summaryFile), JSON.stringify({ key, summary })).catch(() => {});
    return { folder, summary: { ...summary, run: basename(folder) } };
  } catch (error) {
    return { folder, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The summary that was written for these very bytes by this version; null where there is none. */
async function cachedSummary(folder: string, key: string): Promise<RunSummary | null> {
  try {
    const read: { readonly key?: string; readonly summary?: RunSummary } | null = JSON.parse(
      await readFile(join(folder, summaryFile), "utf8"),
    );
    return read?.key === key && read.summary?.v === 1 ? read.summary : null;
  } catch {
    return null;
  }
}

function byTime({ summary: left }: PastCertificate, { summary: right }: PastCertificate): number {
  const [one, other] = [left.finishedAt ?? "", right.finishedAt ?? ""];
  if (one !== other) return one < other ? -1 : 1;
  return left.run < right.run ? -1 : 1;
}
