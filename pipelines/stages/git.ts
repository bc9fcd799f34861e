import { spawn } from "node:child_process";

/** How one git command ended. `code` is null when a deadline or signal ended it. */
export interface GitResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how long a git command runs; `env` is added to a safe environment. */
export interface GitOptions {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  /** Deadline in milliseconds; default five minutes. */
  readonly timeoutMs?: number;
}

/** What a repository could otherwise make git run or ask on our behalf. */
const harmless = [
  "core.fsmonitor=false",
  "core.hooksPath=/dev/null",
  "core.untrackedCache=false",
  "protocol.ext.allow=never",
  "submodule.recurse=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "tar.umask=0022",
  // Because a definition names this repository, and checkouts of a CI often belong to another user.
  "safe.directory=*",
];

/** Runs git without hooks, prompts and background work. Resolves for any exit code; rejects only when git cannot start. */
export function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...harmless.flatMap((setting) => ["-c", setting]), ...args], {
      cwd: options.cwd,
      env: { ...environment(), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      signal: options.signal,
      timeout: options.timeoutMs ?? 300_000,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => out.push(part));
    child.stderr.on("data", (part: Buffer) => err.push(part));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout: text(out).trimEnd(), stderr: text(err).trimEnd() }));
  });
}

function text(parts: readonly Buffer[]): string {
  return Buffer.concat(parts).toString("utf8");
}

/** The process's environment without what would point git at another repository. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES)$/.test(name),
  );
  return {
    GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
    ...Object.fromEntries(kept),
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh",
  };
}
