import { copyFile, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { StageContext } from "../dsl/context.ts";
import type { PlanSource } from "../dsl/plan-document.ts";
import { sourceFailures } from "./failures.ts";
import { git } from "./git.ts";

/** A state of a source that git can archive: `snapshot` is a commit made for that, with fixed dates and author. */
export interface Pinned {
  readonly facts: {
    readonly commit: string;
    readonly treeDigest: string;
    readonly dirty: boolean;
    readonly ref: string;
  };
  readonly snapshot: string;
  /** Names the repository, so that git can run in any folder: in the source's own it would archive relative to it. */
  readonly env: Readonly<Record<string, string>>;
}

/** A git command at one place, whose failure ends the stage. */
interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  ask(...args: string[]): Promise<string>;
  /** Undefined where git says no. */
  maybe(...args: string[]): Promise<string | undefined>;
}

function placeOf(source: PlanSource, cwd: string, env: Record<string, string>, ctx: StageContext): Place {
  const run = (args: string[]) => git(args, { cwd, env, signal: ctx.signal });
  return {
    cwd,
    env,
    ask: async (...args) => {
      const { code, stdout, stderr } = await run(args);
      return code === 0 ? stdout : ctx.fail(sourceFailures.gitFailed(source, stderr));
    },
    maybe: async (...args) => {
      const { code, stdout } = await run(args);
      return code === 0 ? stdout : undefined;
    },
  };
}

/** Fetches one ref of a repository, without its history where the server allows that. */
export async function pinRemote(source: PlanSource, workspace: string, ctx: StageContext): Promise<Pinned> {
  const repository = join(workspace, "git");
  await mkdir(repository, { recursive: true });
  const place = placeOf(source, repository, { GIT_DIR: repository }, ctx);
  await place.ask("init", "--quiet", "--bare", repository);
  const wanted = source.ref === "" ? "HEAD" : source.ref;
  const options = { cwd: repository, env: place.env, signal: ctx.signal };
  const fetched = await git(["fetch", "--quiet", "--depth=1", "--no-tags", source.url, wanted], options);
  let commit = fetched.code === 0 ? await place.ask("rev-parse", "FETCH_HEAD^{commit}") : undefined;
  if (commit === undefined && /^[0-9a-f]{7,40}$/.test(wanted)) {
    // Because many servers give out a commit only as a part of a branch or tag.
    await git(["fetch", "--quiet", source.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], options);
    commit = await place.maybe("rev-parse", "--verify", "--quiet", `${wanted}^{commit}`);
  }
  if (commit === undefined) {
    const missing = /couldn't find remote ref|not our ref|no such ref/i.test(fetched.stderr);
    const failure = missing ? sourceFailures.noSuchRef : sourceFailures.unreachable;
    return ctx.fail(failure(source, fetched.stderr));
  }
  const treeDigest = await place.ask("rev-parse", `${commit}^{tree}`);
  return snapshot(place, { commit, treeDigest, dirty: false, ref: wanted }, ctx);
}

/** Pins a folder: a ref of its repository, its work tree as it stands, or plain files where there is no git. */
export async function pinFolder(
  source: PlanSource,
  folder: string,
  workspace: string,
  ctx: StageContext,
): Promise<Pinned> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) ctx.fail(sourceFailures.noSuchFolder(source, folder));
  const place = placeOf(source, folder, {}, ctx);
  if ((await place.maybe("rev-parse", "--is-bare-repository")) === "true") {
    return pinRemote({ ...source, url: `file://${folder}` }, workspace, ctx);
  }
  const prefix = await place.maybe("rev-parse", "--show-prefix");
  const ignored = prefix !== undefined && (await place.maybe("check-ignore", "--quiet", ".")) !== undefined;
  const head = await place.maybe("rev-parse", "--verify", "--quiet", "HEAD^{commit}");
  const wantsTree = source.ref === "" || source.ref === "HEAD";
  if (prefix === undefined || ignored || head === undefined) {
    if (!wantsTree) ctx.fail(sourceFailures.noSuchRef(source, `${folder} is in no git repository with commits`));
    return pinPlain(source, folder, workspace, ctx);
  }
  return wantsTree
    ? pinWorkTree(source, { place, prefix, head, workspace }, ctx)
    : pinRef(source, { place, prefix, workspace }, ctx);
}

const gitPath = ["rev-parse", "--path-format=absolute", "--git-path"];

/** An object folder of our own, because the repository itself must not be touched. */
async function ownObjects(place: Place, workspace: string): Promise<Record<string, string>> {
  const folder = join(workspace, "objects");
  await mkdir(folder);
  return { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: await place.ask(...gitPath, "objects") };
}

async function pinRef(
  source: PlanSource,
  at: { place: Place; prefix: string; workspace: string },
  ctx: StageContext,
): Promise<Pinned> {
  const commit =
    (await at.place.maybe("rev-parse", "--verify", "--quiet", "--end-of-options", `${source.ref}^{commit}`)) ??
    ctx.fail(sourceFailures.noSuchRef(source, `${source.url} has no such branch, tag or commit`));
  const treeDigest = await at.place.maybe(
    "rev-parse",
    "--verify",
    "--quiet",
    `${commit}:${at.prefix.replace(/\/$/, "")}`,
  );
  if (treeDigest === undefined) return ctx.fail(sourceFailures.empty(source, `${at.prefix} does not exist there`));
  const ours = placeOf(source, at.place.cwd, await ownObjects(at.place, at.workspace), ctx);
  return snapshot(ours, { commit, treeDigest, dirty: false, ref: source.ref }, ctx);
}

async function pinWorkTree(
  source: PlanSource,
  at: { place: Place; prefix: string; head: string; workspace: string },
  ctx: StageContext,
): Promise<Pinned> {
  const index = join(at.workspace, "index");
  await copyFile(await at.place.ask(...gitPath, "index"), index).catch(() => undefined);
  const env = { GIT_INDEX_FILE: index, ...(await ownObjects(at.place, at.workspace)) };
  const ours = placeOf(source, at.place.cwd, env, ctx);
  await ours.ask("add", "--all", "--", ".");
  const treeDigest = await ours.maybe("write-tree", `--prefix=${at.prefix}`);
  if (treeDigest === undefined) return ctx.fail(sourceFailures.empty(source, `${at.place.cwd} holds no files`));
  const committed = await ours.maybe("rev-parse", "--verify", "--quiet", `${at.head}:${at.prefix.replace(/\/$/, "")}`);
  const branch = await ours.maybe("symbolic-ref", "--quiet", "--short", "HEAD");
  const dirty = treeDigest !== committed;
  return snapshot(ours, { commit: at.head, treeDigest, dirty, ref: branch ?? "HEAD" }, ctx);
}

async function pinPlain(source: PlanSource, folder: string, workspace: string, ctx: StageContext): Promise<Pinned> {
  const env = { GIT_DIR: join(workspace, "git"), GIT_WORK_TREE: folder };
  const place = placeOf(source, folder, env, ctx);
  await git(["init", "--quiet", "--bare", env.GIT_DIR], { cwd: workspace, signal: ctx.signal });
  await place.ask("add", "--all", "--", ".");
  const treeDigest = await place.ask("write-tree");
  if ((await place.ask("ls-tree", "--full-tree", treeDigest)) === "")
    ctx.fail(sourceFailures.empty(source, `${folder} holds no files`));
  return snapshot(place, { commit: "none", treeDigest, dirty: true, ref: "none" }, ctx);
}

async function snapshot(place: Place, facts: Pinned["facts"], ctx: StageContext): Promise<Pinned> {
  if (/^160000 /m.test(await place.ask("ls-tree", "-r", "--full-tree", facts.treeDigest))) {
    ctx.note("the source has git submodules: their content is not part of the archive");
  }
  const seconds = facts.commit === "none" ? "0" : await place.ask("show", "--no-patch", "--format=%ct", facts.commit);
  const who = { NAME: "source", EMAIL: "source@localhost", DATE: `@${seconds} +0000` };
  const entries = Object.entries(who).flatMap(([name, value]) => [
    [`GIT_AUTHOR_${name}`, value],
    [`GIT_COMMITTER_${name}`, value],
  ]);
  const env = { ...place.env, ...Object.fromEntries(entries) };
  const commit = await git(["commit-tree", "-m", "snapshot", facts.treeDigest], {
    cwd: place.cwd,
    env,
    signal: ctx.signal,
  });
  const gitDir = await place.ask("rev-parse", "--path-format=absolute", "--git-dir");
  return { facts, snapshot: commit.stdout, env: { ...env, GIT_DIR: gitDir } };
}
