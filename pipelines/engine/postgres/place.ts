import { createHash } from "node:crypto";
import { chmod, chown, lstat, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FailureError } from "../../dsl/failure.ts";
import { type Account, isReachable } from "./account.ts";
import { postgresError, postgresFailure } from "./failures.ts";

/** Major version of the binaries; data of another one is never touched. */
export const majorVersion = 17;

/** Longest socket folder: the name of the socket must fit into 107 bytes, and a file name of ours comes behind it. */
const longestSocketFolder = 85;

/** Where the database of one home lives. All absolute. */
export interface PostgresPlace {
  /** Holds everything else; 0700, owned by the account that Postgres runs under. */
  readonly folder: string;
  readonly data: string;
  /** The only way in: a folder with mode 0700 for the socket. */
  readonly sockets: string;
  readonly log: string;
  readonly lock: string;
}

/**
 * `<home>/postgres`. Where we are root and the home lies below a folder that Postgres' account may not pass (such as
 * /root), `/var/lib/edgecert-<hash of the home>` instead. A home with a very long path keeps its socket in the system's
 * folder for temporary files.
 */
export async function postgresPlace(home: string, account: Account | null): Promise<PostgresPlace> {
  const hash = createHash("sha256").update(home).digest("hex").slice(0, 12);
  const inHome = join(home, "postgres");
  const folder = (await isReachable(inHome, account)) ? inHome : `/var/lib/edgecert-${hash}`;
  const uid = account?.uid ?? process.getuid?.() ?? 0;
  const near = join(folder, "socket");
  const sockets = near.length <= longestSocketFolder ? near : join(tmpdir(), `edgecert-${uid}-${hash}`);
  const data = join(folder, `data-${majorVersion}`);
  const place = { folder, data, sockets, log: join(folder, "log.txt"), lock: join(folder, "lock") };
  try {
    await mkdir(home, { recursive: true });
    await ownFolder(folder, account);
    await ownFolder(sockets, account);
    // Because a folder that is named by a hash should say whose it is.
    if (folder !== inHome) await writeFile(join(folder, "home.txt"), `${home}\n`);
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw postgresError(folder, place.log, error instanceof Error ? error.message : String(error));
  }
  return place;
}

async function ownFolder(path: string, account: Account | null): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  const own = process.getuid?.() ?? found.uid;
  const trusted = found.uid === own || found.uid === account?.uid;
  // Because the folder for temporary files is everybody's: a folder that somebody else put there is refused.
  if (!found.isDirectory() || !trusted) {
    throw new FailureError(postgresFailure.notOurs(path, `it belongs to the user ${found.uid}`));
  }
  if (account !== null && found.uid !== account.uid) await chown(path, account.uid, account.gid);
  if ((found.mode & 0o777) !== 0o700) await chmod(path, 0o700);
}
