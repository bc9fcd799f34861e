import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { StageContext } from "../dsl/context.ts";
import type { PlanSource } from "../dsl/plan-document.ts";
import { sourceFailures } from "./failures.ts";
import { git } from "./git.ts";
import { pinFolder, pinRemote } from "./pin.ts";

/**
 * A source at a state that cannot change any more. `treeDigest` is git's tree id of exactly what the archive holds;
 * `commit` is `none` for a folder outside git; the archive's path is relative to the run's folder.
 */
export type FetchedSource = {
  readonly name: string;
  readonly url: string;
  readonly ref: string;
  readonly commit: string;
  readonly treeDigest: string;
  readonly dirty: boolean;
  readonly archive: { readonly path: string; readonly sha256: string; readonly bytes: number };
};

/**
 * Fetches a declared source and keeps it as a tar archive in the run's folder: a git URL at a ref, or a path relative
 * to the definition. A path without a ref (or with `HEAD`) is taken as it stands, and what differs from its commit is
 * said; a path inside a work tree gives that subtree. The same tree and commit give the same bytes.
 */
export async function fetchSource(source: PlanSource, ctx: StageContext): Promise<FetchedSource> {
  const workspace = join(ctx.attemptFolder, `source-${source.name}`);
  await mkdir(workspace, { recursive: true });
  try {
    if (source.ref.startsWith("-")) ctx.fail(sourceFailures.noSuchRef(source, "a ref never starts with a dash"));
    const pinned = isRemote(source.url)
      ? await pinRemote(source, workspace, ctx)
      : await pinFolder(source, folderOf(source, ctx), workspace, ctx);
    const path = `sources/${source.name}.tar`;
    await mkdir(join(ctx.folder, "sources"), { recursive: true });
    const draft = join(workspace, "archive.tar");
    const archived = await git(["archive", "--format=tar", `--output=${draft}`, pinned.snapshot], {
      cwd: workspace,
      env: pinned.env,
      signal: ctx.signal,
    });
    if (archived.code !== 0) ctx.fail(sourceFailures.gitFailed(source, archived.stderr));
    const archive = { path, ...(await digestOf(draft)) };
    await rename(draft, join(ctx.folder, path));
    const facts = { ...source, url: printable(source.url), ...pinned.facts };
    ctx.emit({ type: "source.fetched", data: facts });
    if (facts.dirty)
      ctx.note(
        `${source.name} differs from commit ${facts.commit.slice(0, 12)}: what was used is tree ${facts.treeDigest.slice(0, 12)}`,
      );
    return { ...facts, archive };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** sha256 in hex and size of a local file. */
export async function digestOf(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { sha256: hash.digest("hex"), bytes: (await stat(path)).size };
}

/** A URL with a scheme, or the `user@host:path` form of SSH; everything else is a path. */
function isRemote(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[^/\s]+@[^/\s:]+:/.test(url);
}

function folderOf(source: PlanSource, ctx: StageContext): string {
  return isAbsolute(source.url) ? source.url : resolve(ctx.definitionFolder, source.url);
}

/** Without a password, because the record is read by many. */
function printable(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i, "$1");
}
