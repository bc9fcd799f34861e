import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { readCertificate } from "../../reports/seal.ts";
import { makeBackup, type SavedRun } from "../engine/backup/backup.ts";
import type { Ending } from "../engine/backup/document.ts";
import { restoreBackup } from "../engine/backup/restore.ts";
import type { BackupWords, RestoreWords } from "./commands/backup.ts";
import { databasePlace, homeFolder, runFolder } from "./home.ts";
import { lasting } from "./prune/run-folders.ts";
import { printSize } from "./sizes.ts";

/** Saves the database of this home to a file, and says what is in it. */
export async function backup(name: string, { databaseOnly = false, json = false }: BackupWords): Promise<void> {
  const file = resolve(name);
  const home = homeFolder();
  const ending = await makeBackup({
    ...databasePlace(),
    file,
    version: packageJson.version,
    files: (runs) => (databaseOnly ? none() : savedFiles(home, runs)),
    tell: (what, amount) => {
      if (!json && !what.includes("/")) console.log(`saved ${String(amount).padStart(9)} rows of ${what}`);
    },
  });
  const { size } = await stat(file);
  if (json) return console.log(JSON.stringify({ file, bytes: size, ...ending }, null, 2));
  console.log(`${file}: ${printSize(size)}; ${summary(ending)}.`);
}

/** Restores a backup into this home, and says what came back. */
export async function restore(name: string, { replace = false, json = false }: RestoreWords): Promise<void> {
  const present = replace ? ("replace" as const) : ("refuse" as const);
  const { heading, ending } = await restoreBackup({ ...databasePlace(), file: resolve(name), present });
  if (json) return console.log(JSON.stringify({ ...heading, ...ending }, null, 2));
  console.log(`Restored the backup of ${heading.madeAt}, made by edgecert ${heading.edgecert}: ${summary(ending)}.`);
  console.log("See: edgecert list");
}

function summary({ rows, files }: Ending): string {
  const all = Object.values(rows).reduce((sum, count) => sum + count, 0);
  return `runs: ${rows["edgecert.runs"] ?? 0}, rows of all tables: ${all}, files: ${files}`;
}

/** What lasts of every run, and the packages of those that wait for approval. */
async function* savedFiles(home: string, runs: readonly SavedRun[]): AsyncGenerator<string> {
  for (const { run, state } of runs) {
    const names: readonly string[] = await readdir(runFolder(home, run)).catch(() => []);
    for (const name of names.filter((one) => lasting.test(one))) yield `runs/${run}/${name}`;
    if (state === "waiting-approval" && names.includes("certificate.json")) yield* packagesOf(home, run);
  }
}

async function* packagesOf(home: string, run: string): AsyncGenerator<string> {
  const { certificate } = await readCertificate(runFolder(home, run));
  for (const { file } of certificate.packages) {
    const there = await stat(join(runFolder(home, run), file.path)).catch(() => null);
    if (there !== null) yield `runs/${run}/${file.path}`;
  }
}

async function* none(): AsyncGenerator<string> {}
