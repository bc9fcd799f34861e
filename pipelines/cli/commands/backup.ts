import { Command } from "commander";

const saved = `
The backup is one gzip file: every row of the database (of edgecert and of DBOS) at one moment, while runs go on, with
a digest of it all; certificates and release records of every run; and the packages of runs that wait for approval, so
that these can be approved after a restore elsewhere. Logs, results, images and the work of unfinished runs are not in
it: after a restore elsewhere an interrupted run can be looked at and cancelled, not resumed.
The file is readable by its owner only, and is SQL: psql could run it as well.`;

/** `edgecert backup`: saves the database to one file. */
export function backupCommand(): Command {
  return new Command("backup")
    .description("save the database, certificates and what waits for approval to one file")
    .argument("<file>", "where to; a backup of that name is replaced when the new one is whole")
    .option("--database-only", "without certificates, release records and packages")
    .option("--json", "what was saved, as one JSON object")
    .addHelpText("after", saved)
    .action(async (file: string, options: BackupWords) => {
      const { backup } = await import("../backup.ts");
      await backup(file, options);
    });
}

const restored = `
All of it is restored, or nothing. A damaged file is refused before anything is touched. Restore only files that you
trust: a backup is SQL, and the database runs it. With EDGECERT_DATABASE_URL the rows go to that database.`;

/** `edgecert restore`: puts a backup back. */
export function restoreCommand(): Command {
  return new Command("restore")
    .description("restore a backup into an empty home or database")
    .argument("<file>", "what `edgecert backup` wrote")
    .option("--replace", "drop the runs that are there, and put those of the backup in their place")
    .option("--json", "what was restored, as one JSON object")
    .addHelpText("after", restored)
    .action(async (file: string, options: RestoreWords) => {
      const { restore } = await import("../backup.ts");
      await restore(file, options);
    });
}

/** The options of `edgecert backup`. */
export interface BackupWords {
  readonly databaseOnly?: boolean;
  readonly json?: boolean;
}

/** The options of `edgecert restore`. */
export interface RestoreWords {
  readonly replace?: boolean;
  readonly json?: boolean;
}
