import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../../pipelines/dsl/event.ts";

/** Minutes that the first and every later certification of the quickstart may take on 2 cores without KVM. */
const aims = { first: 10, later: 4 } as const;

/**
 * Certifies the quickstart twice in a fresh home, the first with nothing cached, and prints minutes against the aim
 * and where the time went, node by node.
 */
export async function benchCertify(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "edgecert-bench-"));
  try {
    for (const [name, aim] of Object.entries(aims)) {
      const began = performance.now();
      const done = spawnSync(process.execPath, ["pipelines/cli/main.ts", "run", "pipelines/quickstart.ts", "--json"], {
        encoding: "utf8",
        env: { ...process.env, EDGECERT_HOME: home },
        maxBuffer: 2 ** 30,
      });
      const minutes = (performance.now() - began) / 60_000;
      if (done.status !== 0) throw new Error(`the ${name} certification ended with ${done.status}: ${done.stderr}`);
      const verdict = minutes <= aim ? "met" : "missed";
      console.log(
        `certify: ${name}: ${minutes.toFixed(1)} min, ${(minutes / aim).toFixed(2)}x of ${aim} min: ${verdict}`,
      );
      for (const line of phases(done.stdout)) console.log(`certify:   ${line}`);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function phases(stdout: string): string[] {
  const started = new Map<string, number>();
  const lines: string[] = [];
  let first = 0;
  for (const text of stdout.split("\n").filter((line) => line.startsWith("{"))) {
    // The run's own stream, written by the same version of the project.
    const event: Event = JSON.parse(text);
    const at = Date.parse(event.at);
    first ||= at;
    if (event.node === undefined) continue;
    if (event.type === "node.started" && !started.has(event.node)) started.set(event.node, at);
    if (event.type === "node.passed") {
      const from = started.get(event.node) ?? at;
      lines.push(`${event.node.padEnd(36)} from ${seconds(from - first)} s for ${seconds(at - from)} s`);
    }
  }
  return lines;
}

function seconds(milliseconds: number): string {
  return String(Math.round(milliseconds / 1000)).padStart(4);
}
