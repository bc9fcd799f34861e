import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf } from "../../../pipelines/dsl/failure.ts";
import { fetchSource } from "../../../pipelines/stages/source.ts";
import { recordedContext } from "./stage-context.ts";

let root: string;
let repository: string;

const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
    cwd: repository,
    encoding: "utf8",
    env: { ...process.env, GIT_AUTHOR_DATE: "@1700000000 +0000", GIT_COMMITTER_DATE: "@1700000000 +0000" },
  }).trim();

const write = (path: string, text: string): void => {
  mkdirSync(join(repository, path, ".."), { recursive: true });
  writeFileSync(join(repository, path), text);
};

const commit = (): string => {
  git("add", "--all");
  git("commit", "--quiet", "--allow-empty", "-m", "state");
  return git("rev-parse", "HEAD");
};

const fetch = async (url: string, ref = "HEAD", attempt = 1) => {
  const recorded = recordedContext({ root, node: "source", attempt });
  const fetched = await fetchSource({ name: "product", url, ref }, recorded.ctx);
  const archive = join(recorded.ctx.folder, fetched.archive.path);
  const files = execFileSync("tar", ["-tf", archive], { encoding: "utf8" }).trim().split("\n");
  return { ...recorded, fetched, archive, files };
};

const failure = async (url: string, ref = "HEAD") =>
  failureOf(
    await fetch(url, ref).then(
      () => "it was fetched",
      (error: unknown) => error,
    ),
  );

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgecert-source-"));
  repository = join(root, "repository");
  mkdirSync(repository);
  git("init", "--quiet", "--initial-branch=main");
  write("VERSION", "1.0\n");
  write("product/debian/rules", "build:\n");
  write("product/.gitignore", "/out/\n");
  write("elsewhere/big", "x".repeat(10_000));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a path inside a git work tree", () => {
  it("gives its subtree, the commit and git's own tree id", async () => {
    const head = commit();
    const { fetched, files, events, ctx, notes } = await fetch("./repository/product");
    const tree = git("rev-parse", "HEAD:product");
    expect(fetched).toMatchObject({ name: "product", ref: "main", commit: head, treeDigest: tree, dirty: false });
    expect(files.filter((name) => !name.endsWith("/"))).toEqual([".gitignore", "debian/rules"]);
    const { archive, ...facts } = fetched;
    expect(events.map(({ body }) => body)).toEqual([{ type: "source.fetched", data: facts }]);
    expect(archive.sha256).toBe(
      createHash("sha256")
        .update(readFileSync(join(ctx.folder, archive.path)))
        .digest("hex"),
    );
    expect(notes).toEqual([]);
  });

  it("says when files differ from the commit, and names the tree that was really used", async () => {
    const head = commit();
    write("product/debian/rules", "build: changed\n");
    write("product/new", "not committed\n");
    write("product/out/ignored", "left out\n");
    const { fetched, files, notes } = await fetch("./repository/product");
    expect(fetched).toMatchObject({ commit: head, dirty: true });
    expect(files).toContain("new");
    expect(files.some((name) => name.startsWith("out"))).toBe(false);
    expect(notes.join()).toContain("differs from commit");
    commit();
    expect(git("rev-parse", "HEAD:product")).toBe(fetched.treeDigest);
  });

  it("is not dirty because of files elsewhere", async () => {
    commit();
    write("elsewhere/big", "changed");
    expect((await fetch("./repository/product")).fetched.dirty).toBe(false);
    expect((await fetch("./repository", "HEAD", 2)).fetched.dirty).toBe(true);
  });

  it("leaves index and objects of the repository as they were", async () => {
    commit();
    write("product/staged", "half done\n");
    git("add", "product/staged");
    write("product/unstaged", "not even that\n");
    const before = [git("status", "--porcelain"), git("count-objects", "-v")];
    await fetch("./repository/product");
    expect([git("status", "--porcelain"), git("count-objects", "-v")]).toEqual(before);
  });

  it("gives a commit that a ref names, whatever lies in the work tree", async () => {
    const first = commit();
    git("tag", "v1");
    write("product/debian/rules", "build: second\n");
    commit();
    write("product/debian/rules", "build: third\n");
    for (const ref of ["v1", first, first.slice(0, 10)]) {
      const { fetched } = await fetch("./repository/product", ref);
      expect(fetched).toMatchObject({ ref, commit: first, dirty: false });
    }
  });

  it("makes the same bytes from the same state", async () => {
    commit();
    const [one, two] = [await fetch("./repository/product"), await fetch("./repository/product", "HEAD", 2)];
    expect(two.fetched.archive).toEqual(one.fetched.archive);
  });

  it("runs nothing that the repository asks for", async () => {
    const trap = join(root, "trap");
    writeFileSync(trap, `#!/bin/sh\ntouch ${join(root, "sprung")}\n`, { mode: 0o755 });
    commit();
    git("config", "core.fsmonitor", trap);
    mkdirSync(join(root, "hooks"));
    symlinkSync(trap, join(root, "hooks", "post-index-change"));
    git("config", "core.hooksPath", join(root, "hooks"));
    await fetch("./repository/product");
    expect(readdirSync(root)).not.toContain("sprung");
  });
});

describe("a path outside git", () => {
  it("is dirty and bound by the digest of its content", async () => {
    const plain = join(root, "plain");
    mkdirSync(plain);
    writeFileSync(join(plain, "file"), "content\n");
    const one = await fetch("./plain");
    expect(one.fetched).toMatchObject({
      commit: "none",
      dirty: true,
      treeDigest: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
    expect(one.files).toEqual(["file"]);
    writeFileSync(join(plain, "file"), "other content\n");
    expect((await fetch("./plain")).fetched.treeDigest).not.toBe(one.fetched.treeDigest);
    expect(readdirSync(plain)).toEqual(["file"]);
  });

  it("may be ignored by the repository around it, such as an installed dependency", async () => {
    write(".gitignore", "node_modules\n");
    commit();
    write("node_modules/product/file", "installed\n");
    const { fetched, files } = await fetch("./repository/node_modules/product");
    expect([fetched.commit, files]).toEqual(["none", ["file"]]);
  });
});

describe("a git URL", () => {
  it("is fetched at a branch, a tag or a commit", async () => {
    const first = commit();
    git("tag", "v1");
    write("product/debian/rules", "build: second\n");
    const second = commit();
    const url = `file://${repository}`;
    for (const [ref, expected] of [
      ["main", second],
      ["HEAD", second],
      ["", second],
      ["v1", first],
      [first, first],
    ] as const) {
      const { fetched, files } = await fetch(url, ref);
      expect(fetched).toMatchObject({ url, commit: expected, dirty: false });
      expect(files).toContain("product/debian/rules");
    }
  });

  it("may be a bare repository on this machine", async () => {
    const head = commit();
    git("clone", "--quiet", "--bare", ".", join(root, "bare.git"));
    expect((await fetch("./bare.git", "main")).fetched).toMatchObject({ commit: head, dirty: false });
  });
});

describe("what cannot be fetched", () => {
  it.each([
    ["./nowhere", "HEAD", "source-folder-missing", "configuration"],
    ["./repository", "no-such-branch", "source-ref-missing", "configuration"],
    ["./repository", "--upload-pack=touch", "source-ref-missing", "configuration"],
    ["./repository/empty", "HEAD", "source-empty", "configuration"],
  ])("%s at %s: %s", async (url, ref, reason, kind) => {
    mkdirSync(join(repository, "empty"));
    commit();
    expect(await failure(url, ref)).toMatchObject({ reason, class: kind });
  });

  it("is a ref that a remote repository does not have", async () => {
    commit();
    expect(await failure(`file://${repository}`, "gone")).toMatchObject({ reason: "source-ref-missing" });
  });

  it("is a repository that is not there: worth another attempt", async () => {
    expect(await failure(`file://${root}/gone`)).toMatchObject({ reason: "source-unreachable", class: "transient" });
  });

  it("is a URL that would run a program", async () => {
    expect(await failure("ext::touch sprung")).toMatchObject({ class: "configuration" });
    expect(await failure("ext://touch")).toMatchObject({ reason: "source-unreachable" });
  });

  it("never shows the password of a URL", async () => {
    const said = await failure("http://user:swordfish@127.0.0.1:9/product.git");
    expect(said.reason).toBe("source-unreachable");
    expect(JSON.stringify(said)).not.toContain("swordfish");
  });
});
