import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one process took from its start to its end. */
export interface Cost {
  readonly seconds: number;
  /** The most memory that it held at once, as the kernel keeps count (VmHWM). */
  readonly peakBytes: number;
  readonly stdout: string;
}

/** Runs a program and looks at its peak of memory until it ends. Fails where its exit code is none of those allowed. */
export function costOf(
  program: string,
  words: readonly string[],
  options: { readonly cwd: string; readonly codes: readonly number[]; readonly env?: Readonly<Record<string, string>> },
): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const env = { ...process.env, ...options.env };
    const child = spawn(program, words, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "ignore"] });
    let [stdout, peakBytes] = ["", 0];
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString("utf8");
    });
    const watch = setInterval(() => {
      peakBytes = Math.max(peakBytes, peakOf(child.pid));
    }, 5);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(watch);
      const seconds = (performance.now() - began) / 1_000;
      if (code !== null && options.codes.includes(code)) resolve({ seconds, peakBytes, stdout });
      else reject(new Error(`${program} ${words.join(" ")} ended with ${code}`));
    });
  });
}

function peakOf(pid: number | undefined): number {
  try {
    const [, kibibytes = "0"] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kibibytes) * 1_024;
  } catch {
    return 0;
  }
}
