import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FailureError } from "../../dsl/failure.ts";
import { postgresFailure } from "./failures.ts";

/** The account that Postgres runs under where we are root; it refuses to run as root itself. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `postgres`, else `nobody`, by /etc/passwd; null where we are not root and Postgres runs as we do. */
export async function postgresAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = lines.find(([login]) => login === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new FailureError(postgresFailure.noAccount());
}

/** Whether the account may pass through every folder above a path. Folders that do not exist yet count as passable. */
export async function isReachable(path: string, account: Account | null): Promise<boolean> {
  if (account === null) return true;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    if (found !== null && !mayPass(found, account)) return false;
    if (folder === dirname(folder)) return true;
  }
}

function mayPass({ mode, uid, gid }: { mode: number; uid: number; gid: number }, account: Account): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === account.gid ? 0o010 : 0o001)) !== 0;
}
