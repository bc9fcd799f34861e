import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { dirname, relative } from "node:path";
import type { DefinitionData, RunOrigin } from "../dsl/event.ts";
import { type GitResult, git } from "../stages/git.ts";

/** Where a run that is started now from this definition file (an absolute path) comes from. */
export async function originOf(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Required<Pick<RunOrigin, "definition" | "requestedBy">>> {
  return { definition: await definitionData(file), requestedBy: requestedBy(environment) };
}

/** Whoever started the run: the account that a CI acts for (GitHub, GitLab, Jenkins), else `user@machine`. */
export function requestedBy(environment: NodeJS.ProcessEnv): string {
  const named = ciAccounts.map((name) => environment[name]?.trim() ?? "").find((account) => account !== "");
  return named ?? `${environment.USER || userInfo().username}@${hostname()}`;
}

const ciAccounts = ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "BUILD_USER"];

/** The file with the commit it stands in. Without git, or outside of a repository, there is no commit. */
async function definitionData(file: string): Promise<DefinitionData> {
  const sha256 = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  const ask = (...args: readonly string[]): Promise<GitResult> =>
    git(args, { cwd: dirname(file), signal: AbortSignal.timeout(20_000) }).catch(() => silent);
  const [top, head, tracked, changed] = await Promise.all([
    ask("rev-parse", "--show-toplevel"),
    ask("rev-parse", "HEAD"),
    ask("ls-files", "--error-unmatch", "--", file),
    ask("status", "--porcelain", "--", file),
  ]);
  if (top.code !== 0 || head.code !== 0) return { file, sha256, commit: null, dirty: false };
  const dirty = tracked.code !== 0 || changed.code !== 0 || changed.stdout !== "";
  return { file: relative(top.stdout, file), sha256, commit: head.stdout, dirty };
}

const silent: GitResult = { code: null, stdout: "", stderr: "" };
