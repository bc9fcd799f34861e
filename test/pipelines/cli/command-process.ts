import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A command of edgecert on a home of its own, as a process that can be killed. */
export interface CommandProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | string; readonly out: string; readonly err: string }>;
}

/** Starts a command on a home; `EDGECERT_DATABASE_URL` and colours are left out of its environment. */
export function command(home: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): CommandProcess {
  const child = spawn(process.execPath, ["pipelines/cli/main.ts", ...words], {
    env: { ...process.env, EDGECERT_HOME: home, EDGECERT_DATABASE_URL: "", NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const ended = once(child, "close").then(([code, signal]) => ({ code: code ?? signal, out, err }));
  return { child, ended };
}
