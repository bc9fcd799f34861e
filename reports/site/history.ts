import type { RunSummary } from "./summary.ts";

/** Runs that count for what is said about flaky and failing tests: older ones were another product. */
const window = 30;

/** What the certificates of one pipeline say together, the newest last. */
export interface PipelineHistory {
  readonly pipeline: string;
  readonly runs: readonly RunSummary[];
  readonly flaky: readonly FlakyTest[];
  readonly failing: readonly FailingTest[];
  readonly slowest: readonly SlowTest[];
}

/** A test that does not always end alike, over the last runs. */
export interface FlakyTest {
  readonly test: string;
  /** Runs in which attempts of it differed. */
  readonly differed: number;
  readonly failed: number;
  /** How often it went from failing to passing or back, from one run to the next. */
  readonly turns: number;
  readonly of: number;
}

/** A test that fails in the newest certificate. */
export interface FailingTest {
  readonly test: string;
  /** The run since which every certificate shows it failing, and how many these are. */
  readonly since: string;
  readonly runs: number;
}

/** A slow test of the newest certificate, and what it took in the one before; null where it was none of the slowest. */
export interface SlowTest {
  readonly test: string;
  readonly ms: number;
  readonly before: number | null;
}

/** One history per pipeline, the one with the newest run first. */
export function historiesOf(summaries: readonly RunSummary[]): readonly PipelineHistory[] {
  const groups = [...Map.groupBy(summaries, ({ pipeline }) => pipeline)];
  const newest = (runs: readonly RunSummary[]) => runs.at(-1)?.finishedAt ?? "";
  return groups
    .toSorted(([, left], [, right]) => (newest(left) < newest(right) ? 1 : -1))
    .map(([pipeline, runs]) => ({
      pipeline,
      runs,
      flaky: flakyTests(runs.slice(-window)),
      failing: failingTests(runs),
      slowest: slowTests(runs),
    }));
}

function flakyTests(runs: readonly RunSummary[]): readonly FlakyTest[] {
  const sets = runs.map(({ flaky, failing }) => ({ flaky: new Set(flaky.tests), failing: new Set(failing.tests) }));
  const names = new Set(runs.flatMap(({ flaky, failing }) => [...flaky.tests, ...failing.tests]));
  const counted = [...names].map((test): FlakyTest => {
    const states = sets.map(({ failing }) => failing.has(test));
    return {
      test,
      differed: sets.filter(({ flaky }) => flaky.has(test)).length,
      failed: states.filter((state) => state).length,
      turns: states.filter((state, index) => index > 0 && state !== states[index - 1]).length,
      of: runs.length,
    };
  });
  // Because a test that broke and was mended turned twice, only one that turned more often is called flaky for it.
  return counted
    .filter(({ differed, turns }) => differed > 0 || turns > 2)
    .sort(
      (left, right) => right.differed - left.differed || right.turns - left.turns || (left.test < right.test ? -1 : 1),
    );
}

function failingTests(runs: readonly RunSummary[]): readonly FailingTest[] {
  const newest = runs.at(-1);
  if (newest === undefined) return [];
  const earlier = runs.slice(0, -1).reverse();
  const sets = new Map(earlier.map((run) => [run, new Set(run.failing.tests)]));
  return newest.failing.tests
    .map((test): FailingTest => {
      let [since, count] = [newest.run, 1];
      for (const run of earlier) {
        if (sets.get(run)?.has(test) !== true) break;
        since = run.run;
        count += 1;
      }
      return { test, since, runs: count };
    })
    .sort((left, right) => right.runs - left.runs || (left.test < right.test ? -1 : 1));
}

function slowTests(runs: readonly RunSummary[]): readonly SlowTest[] {
  const [newest, before] = [runs.at(-1), runs.at(-2)];
  const past = new Map(before?.slowest.map(({ test, ms }) => [test, ms]));
  return (newest?.slowest ?? []).map(({ test, ms }) => ({ test, ms, before: past.get(test) ?? null }));
}
