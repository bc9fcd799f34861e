import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { originOf, requestedBy } from "../../../pipelines/cli/origin.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-origin-"));
const file = join(folder, "certify.ts");
afterAll(() => rmSync(folder, { recursive: true }));

const git = (...args: readonly string[]) =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: folder, encoding: "utf8" }).trim();

describe("the definition of a run", () => {
  beforeAll(() => writeFileSync(file, "one"));

  it("has no commit outside of a repository", async () => {
    const { definition } = await originOf(file);
    const sha256 = createHash("sha256").update("one").digest("hex");
    expect(definition).toEqual({ file, sha256, commit: null, dirty: false });
  });

  it("is dirty until it is committed, and after it was changed", async () => {
    git("init", "--quiet");
    git("commit", "--quiet", "--allow-empty", "-m", "empty");
    expect((await originOf(file)).definition).toMatchObject({ file: "certify.ts", dirty: true });
    git("add", ".");
    git("commit", "--quiet", "-m", "definition");
    const commit = git("rev-parse", "HEAD");
    expect((await originOf(file)).definition).toMatchObject({ commit, dirty: false });
    writeFileSync(file, "two");
    expect((await originOf(file)).definition).toMatchObject({ commit, dirty: true });
  });

  it("is dirty where git is told to ignore it", async () => {
    const ignored = join(folder, "ignored.ts");
    writeFileSync(join(folder, ".gitignore"), "ignored.ts\n");
    writeFileSync(ignored, "three");
    expect((await originOf(ignored)).definition).toMatchObject({ dirty: true });
  });
});

it.each([
  [{ USER: "alice" }, `alice@${hostname()}`],
  [{ USER: "runner", GITHUB_ACTOR: "octocat" }, "octocat"],
  [{ USER: "root", GITLAB_USER_LOGIN: "bob" }, "bob"],
  [{ USER: "jenkins", BUILD_USER: "Carol C." }, "Carol C."],
  [{ USER: "alice", GITHUB_ACTOR: " " }, `alice@${hostname()}`],
])("was started by whom %o names", (environment, name) => {
  expect(requestedBy(environment)).toBe(name);
});
