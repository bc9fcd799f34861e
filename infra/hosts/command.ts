import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { findCommand } from "./requirements.ts";

/** How a command of this machine ended; `tail` is the end of what it said on standard output and error. */
export interface CommandEnd {
  readonly code: number | null;
  readonly tail: string;
}

/** File descriptor by which a command reads its `input`. */
export const inputDescriptor = 3;

/** What a command may be given. `logPath` receives all that it says, appended; `input` is read by {@link inputDescriptor}. */
export interface CommandSettings {
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  readonly logPath?: string;
  readonly input?: string;
  /** Folder in which it starts; default: this process's. */
  readonly cwd?: string;
}

const tailLimit = 16_384;

/**
 * Runs a command of this machine until it ends, whatever its exit code. It dies with this process, also when this
 * process is killed. When the signal is aborted it is killed and the signal's reason is thrown.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  settings: CommandSettings,
): Promise<CommandEnd> {
  settings.signal.throwIfAborted();
  const log = settings.logPath === undefined ? "pipe" : openSync(settings.logPath, "a", 0o600);
  const input = settings.input === undefined ? [] : [openSync(settings.input, "r")];
  // Because a build that outlives its killed parent would go on writing into a folder that the next build removes.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", findCommand(command) ?? command, ...args], {
    stdio: ["ignore", log, log, ...input],
    cwd: settings.cwd,
    env: { ...process.env, ...settings.env },
  });
  for (const opened of [log, ...input]) if (typeof opened === "number") closeSync(opened);
  let tail = "";
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString("utf8")).slice(-tailLimit);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const abort = () => child.kill("SIGKILL");
  settings.signal.addEventListener("abort", abort, { once: true });
  try {
    const [code]: (number | null)[] = await once(child, "close");
    settings.signal.throwIfAborted();
    return { code: code ?? null, tail };
  } finally {
    settings.signal.removeEventListener("abort", abort);
  }
}
