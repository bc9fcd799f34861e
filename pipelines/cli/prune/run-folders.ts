import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { spaceTaken } from "../../../infra/hosts/disk-space.ts";
import type { Removal } from "../../engine/engine.ts";
import { certificatesFolder, runFolder } from "../home.ts";

/** Where what is being removed lies, one folder per run: no name of a run begins with a dot, so nobody takes it for one. */
export function trashFolder(home: string): string {
  return join(home, "runs", ".trash");
}

/** Names of what stays of a run on whose certificate somebody decided: certificate and release record in every form. */
export const lasting = /^(certificate|release)\./;

/** Whether there is a release record beside the certificate. */
export function hasReleaseRecord(home: string, run: string): boolean {
  return existsSync(join(runFolder(home, run), "release.json"));
}

/** Whether this home holds files of the run, or what a removal of it has not removed yet. */
export function hasFiles(home: string, run: string): boolean {
  return existsSync(runFolder(home, run)) || existsSync(join(trashFolder(home), run));
}

/** The names of the runs that have a folder here. */
export async function folderNames(home: string): Promise<readonly string[]> {
  return (await entriesOf(join(home, "runs"))).filter((name) => !name.startsWith("."));
}

/** The names of the runs of which something still waits to be removed. */
export function trashNames(home: string): Promise<readonly string[]> {
  return entriesOf(trashFolder(home));
}

/** Names of what outlives a run that goes whole: its certificate, as a history shows it. */
const outliving = /^certificate\.(json|html|summary\.json)$/;

/** Paths of what outlives a run that goes whole: none where it has no certificate. */
export async function outlivingPaths(home: string, run: string): Promise<readonly string[]> {
  const names = await entriesOf(runFolder(home, run));
  if (!names.includes("certificate.json")) return [];
  return names.filter((name) => outliving.test(name)).map((name) => join(runFolder(home, run), name));
}

/** Moves the certificate of a run to where it stays when the run has gone. Nothing happens where it has none. */
export async function keepCertificate(home: string, run: string): Promise<void> {
  const paths = await outlivingPaths(home, run);
  if (paths.length === 0) return;
  const kept = join(certificatesFolder(home), run);
  await mkdir(kept, { recursive: true });
  // Because a kill in between must leave the document where the next prune looks for it, that goes last.
  const [documents, others] = [true, false].map((last) =>
    paths.filter((path) => path.endsWith("/certificate.json") === last),
  );
  for (const path of [...(others ?? []), ...(documents ?? [])]) await rename(path, join(kept, basename(path)));
}

/** Removes kept certificates that nothing was written to since a time. Gives the names of their runs and the bytes. */
export async function removeKeptCertificates(
  home: string,
  before: Date,
  dryRun: boolean,
): Promise<readonly { readonly run: string; readonly bytes: number }[]> {
  const removed: { readonly run: string; readonly bytes: number }[] = [];
  for (const run of await entriesOf(certificatesFolder(home))) {
    const folder = join(certificatesFolder(home), run);
    const file = await stat(join(folder, "certificate.json")).catch(() => null);
    if (file !== null && file.mtime >= before) continue;
    removed.push({ run, bytes: await spaceTaken(folder) });
    if (!dryRun) await rm(folder, { recursive: true, force: true });
  }
  return removed;
}

/** Paths of what a removal of the run takes away. */
export async function goingPaths(home: string, run: string, removal: Removal): Promise<readonly string[]> {
  const folder = runFolder(home, run);
  if (removal === "whole") return [folder];
  return (await entriesOf(folder)).filter((name) => !lasting.test(name)).map((name) => join(folder, name));
}

/** Takes what goes of a run out of its place, at once for each path: a half-removed folder never stands there. */
export async function moveToTrash(home: string, run: string, removal: Removal): Promise<void> {
  const trash = join(trashFolder(home), run);
  for (const path of await goingPaths(home, run, removal)) {
    await mkdir(trash, { recursive: true });
    await rename(path, join(trash, randomBytes(6).toString("hex"))).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
}

/** Removes what was moved away of a run. */
export async function emptyTrash(home: string, run: string): Promise<void> {
  await rm(join(trashFolder(home), run), { recursive: true, force: true, maxRetries: 3 });
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}
