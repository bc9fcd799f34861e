import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tally } from "./summary-reporter.ts";

/**
 * Runs the checks and the tests of the project, and ends with one line `N passed, N failed, N skipped`.
 * `fast` stays offline and boots nothing; `everything` adds virtual machines, databases and engines.
 */
const mode = process.argv[2] === "fast" ? "fast" : "everything";
const patterns = process.argv.slice(3);
const folder = mkdtempSync(join(tmpdir(), "edgecert-test-"));
const tallyFile = join(folder, "tally.json");

interface Step {
  readonly name: string;
  readonly words: readonly string[];
}

const checks: readonly Step[] = [
  { name: "types", words: ["tsc", "-p", "."] },
  { name: "lint and format", words: ["biome", "check", "--error-on-warnings", "."] },
];
const tests: Step = {
  name: mode === "fast" ? "fast tests" : "all tests",
  words: [
    ...[
      "vitest",
      "run",
      "--config",
      "test/vitest.config.ts",
      "--reporter=default",
      "--reporter=./test/summary-reporter.ts",
    ],
    ...(mode === "fast" ? ["--project", "fast"] : []),
    ...patterns,
  ],
};

const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const step of patterns.length > 0 ? [] : checks) {
  if ((await run(step)) === 0) tally.passed += 1;
  else tally.failed += 1;
}
const status = await run(tests);
const counted = readTally();
tally.passed += counted.passed;
tally.skipped += counted.skipped;
tally.failed += counted.failed > 0 || status === 0 ? counted.failed : 1;
rmSync(folder, { recursive: true, force: true });
console.log(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exitCode = tally.failed === 0 ? 0 : 1;

function run(step: Step): Promise<number> {
  const began = performance.now();
  console.log(`\n== ${step.name}: ${step.words.slice(0, 2).join(" ")}`);
  const [program = "", ...rest] = step.words;
  const child = spawn(join("node_modules", ".bin", program), rest, {
    stdio: "inherit",
    env: { ...process.env, EDGECERT_TALLY: tallyFile },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      console.log(`== ${step.name}: ${code === 0 ? "done" : `ended with ${code}`} in ${seconds(began)} s`);
      resolve(code ?? 1);
    });
    child.on("error", (error) => {
      console.error(`${program} does not start: ${error.message}`);
      resolve(1);
    });
  });
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1);
}

/** No tally means that the runner itself broke: that is a failure, never zero tests. */
function readTally(): Tally {
  try {
    const value: unknown = JSON.parse(readFileSync(tallyFile, "utf8"));
    const fields = new Map(Object.entries(value ?? {}));
    const number = (name: string) => Number(fields.get(name) ?? 0);
    return { passed: number("passed"), failed: number("failed"), skipped: number("skipped") };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
