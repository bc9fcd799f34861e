import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/**
 * Where images, keys, runs and the database of this user live: `EDGECERT_HOME`, else `edgecert` below
 * `XDG_STATE_HOME`, else `~/.local/state/edgecert`. Absolute.
 */
export function homeFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment.EDGECERT_HOME;
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const state = environment.XDG_STATE_HOME;
  return join(state !== undefined && isAbsolute(state) ? state : join(homedir(), ".local", "state"), "edgecert");
}

/** The folder of one run: certificate, packages, results and logs. */
export function runFolder(home: string, run: string): string {
  return join(home, "runs", run);
}

/** The folder that the certificates of removed runs stay in, one folder for each run. */
export function certificatesFolder(home: string): string {
  return join(home, "certificates");
}

/** The database that commands use: the one of `EDGECERT_DATABASE_URL`, else our own below the home. */
export function databasePlace(environment: NodeJS.ProcessEnv = process.env): {
  readonly home: string;
  readonly databaseUrl?: string;
} {
  const home = homeFolder(environment);
  const databaseUrl = environment.EDGECERT_DATABASE_URL;
  return databaseUrl === undefined || databaseUrl === "" ? { home } : { home, databaseUrl };
}
