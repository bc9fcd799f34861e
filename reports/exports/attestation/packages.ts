import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { basename, extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import { refusals } from "./refusals.ts";
import type { Subject } from "./statement.ts";

/** A file as it was found: `path` relative to the folder, with `/`; without a digest where it is no regular file. */
export interface PackageFile {
  readonly path: string;
  readonly sha256: string | null;
}

/**
 * Every file below a folder whose name ends as a wanted one does, by its digest. Links are not followed. No name of an
 * attestation is ever used as a path: files are found by looking, so that no name can lead out of the folder.
 */
export async function packageFiles(folder: string, wanted: readonly string[]): Promise<readonly PackageFile[]> {
  const endings = new Set(wanted.map(endingOf));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: PackageFile[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() || !endings.has(endingOf(entry.name))) continue;
    const path = join(entry.parentPath, entry.name);
    const regular = entry.isFile() && (await lstat(path)).isFile();
    files.push({ path: path.slice(folder.length).replace(/^\/+/, ""), sha256: regular ? await digestOf(path) : null });
  }
  return files;
}

/** The files that subjects name in a folder of a run: at exactly their place, and no links on the way to them. */
export async function packagesInPlace(folder: string, subjects: readonly Subject[]): Promise<readonly PackageFile[]> {
  const root = await realpath(folder);
  const files: PackageFile[] = [];
  for (const { name, digest } of subjects) {
    if (digest.sha256 === undefined) continue;
    const path = join(root, name);
    const found = await realpath(path).catch(() => null);
    if (found === null) continue;
    const regular = found === path && path.startsWith(root + sep) && (await lstat(path)).isFile();
    files.push({ path: name, sha256: regular ? await digestOf(path) : null });
  }
  return files;
}

/** What is wrong with the files of a folder, compared with what was certified. */
export function refusedPackages(
  subjects: readonly Subject[],
  { folder, files }: { readonly folder: string; readonly files: readonly PackageFile[] },
): readonly Failure[] {
  const certified = subjects.filter(({ digest }) => digest.sha256 !== undefined);
  if (certified.length === 0) return [refusals.noPackages(folder)];
  const digests = new Set(certified.map(({ digest }) => digest.sha256));
  const names = new Set(certified.map(({ name }) => basename(name)));
  const present = new Set(files.map(({ sha256 }) => sha256));
  const strange = files.filter((file) => !digests.has(file.sha256 ?? undefined) || isMisplaced(file, certified));
  const lost = certified.filter(({ digest }) => !present.has(digest.sha256 ?? null));
  return [
    ...strange.map(({ path, sha256 }) => {
      if (sha256 === null) return refusals.packageLink(path);
      if (!names.has(basename(path))) return refusals.packageUncertified(path);
      const expected = certified
        .filter(({ name }) => basename(name) === basename(path))
        .map(({ digest }) => digest.sha256);
      return refusals.packageChanged(path, `its sha256 is ${sha256}, certified is ${expected.join(" or ")}`);
    }),
    ...lost
      .filter(({ name }) => !strange.some(({ path }) => basename(path) === basename(name)))
      .map(({ name, digest }) =>
        refusals.packageMissing(name, `no file below ${folder} has the sha256 ${digest.sha256}`),
      ),
  ];
}

/** Because certified bytes under the name of another package are as wrong as foreign ones, names count as far as they go. */
function isMisplaced({ path, sha256 }: PackageFile, certified: readonly Subject[]): boolean {
  const meant = certified.filter(({ name }) => `/${name}`.endsWith(`/${path}`) || `/${path}`.endsWith(`/${name}`));
  return meant.length > 0 && meant.every(({ digest }) => digest.sha256 !== sha256);
}

function endingOf(name: string): string {
  const base = basename(name);
  return extname(base) === "" ? base : extname(base);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
