import { spawnSync } from "node:child_process";

/** Words of a command, and how many milliseconds it may take above an empty Node process. */
interface Candidate {
  readonly name: string;
  readonly words: readonly string[];
  readonly aim: number;
}

const candidates: readonly Candidate[] = [
  { name: "edgecert --help", words: ["pipelines/cli/launch.js", "--help"], aim: 120 },
  {
    name: "edgecert plan of the quickstart",
    words: ["pipelines/cli/launch.js", "plan", "pipelines/quickstart.ts"],
    aim: 600,
  },
];
const rounds = 15;

/**
 * Starts each command in turn beside `node -e 0`, so that a busy machine weighs on all alike, and prints medians:
 * milliseconds above the empty process, and the ratio to it.
 */
export function benchStartup(): void {
  const empty: number[] = [];
  const times = candidates.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    empty.push(milliseconds(["-e", "0"]));
    candidates.forEach((candidate, index) => {
      times[index]?.push(milliseconds(candidate.words));
    });
  }
  const base = median(empty);
  console.log(`startup: node -e 0 takes ${base.toFixed(0)} ms (median of ${rounds})`);
  candidates.forEach((candidate, index) => {
    const time = median(times[index] ?? []);
    const above = time - base;
    const verdict = above <= candidate.aim ? "met" : "missed";
    console.log(
      `startup: ${candidate.name}: +${above.toFixed(0)} ms, ${(time / base).toFixed(2)}x (aim +${candidate.aim} ms: ${verdict})`,
    );
  });
}

function milliseconds(words: readonly string[]): number {
  const began = performance.now();
  const done = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${words.join(" ")} ended with ${done.status}: ${done.stderr}`);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
