import type { Failure, FailureClass } from "../../dsl/failure.ts";

function failure(reason: string, kind: FailureClass, words: Pick<Failure, "title" | "detail" | "next">): Failure {
  return { reason, class: kind, ...words };
}

/** Why a backup cannot be made, read or restored, worded once. */
export const backupFailure = {
  nothingToSave: (): Failure =>
    failure("backup-empty", "configuration", {
      title: "There is nothing to back up",
      detail: "The database has no tables of edgecert.",
      next: "Check EDGECERT_HOME and EDGECERT_DATABASE_URL; `edgecert list` shows what they hold.",
    }),
  unsupported: (what: readonly string[]): Failure =>
    failure("backup-unsupported", "fatal", {
      title: "The database holds what a backup cannot carry",
      detail: what.join(", "),
      next: "Use pg_dump for this database, or remove what does not belong to edgecert.",
    }),
  occupied: (file: string): Failure =>
    failure("backup-occupied", "configuration", {
      title: "The backup would overwrite something else",
      detail: `${file} exists and is no backup of edgecert.`,
      next: "Choose another file.",
    }),
  foreign: (file: string): Failure =>
    failure("backup-foreign", "configuration", {
      title: "This is no backup that this version can read",
      detail: `${file} does not begin like one of \`edgecert backup\`.`,
      next: "Check the path; a backup of a newer edgecert needs that version.",
    }),
  damaged: (file: string, detail: string): Failure =>
    failure("backup-damaged", "configuration", {
      title: "The backup is damaged; nothing was restored",
      detail: `${file}: ${detail}`,
      next: "Fetch the file again, or use another backup.",
    }),
  notEmpty: (where: string, what: string): Failure =>
    failure("restore-not-empty", "configuration", {
      title: "There is something already where the backup would go",
      detail: `${where} holds ${what}.`,
      next: "Restore into a fresh EDGECERT_HOME, or replace all of it with --replace; `edgecert backup` saves it first.",
    }),
  inUse: (workers: number): Failure =>
    failure("restore-in-use", "configuration", {
      title: "Somebody works on the database",
      detail: `Live processes that hold runs in it: ${workers}.`,
      next: "Wait for them, or stop their runs with `edgecert cancel`, then restore.",
    }),
} as const;
