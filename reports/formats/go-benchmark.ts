import type { Measure } from "../results.ts";
import { betterOf } from "./annotations.ts";

/** A line in which a Go benchmark tells its result. */
export interface BenchmarkLine {
  /** Without the number of processors, such as `BenchmarkSizes/small`. */
  readonly name: string;
  /** The number of processors as the line ends the name with it, such as `-4`; empty for one. */
  readonly processors: string;
  readonly measures: readonly Measure[];
}

/**
 * Reads a result line of the benchmark format (golang.org/design/14313-benchmark-format): name, iterations, then pairs of a
 * number and a unit, or null where the line is none. `known` is the benchmark's name where an event tells it; a name
 * alone cannot tell its own ending `-4` from a number of processors.
 */
export function benchmarkLine(line: string, known = ""): BenchmarkLine | null {
  const [full = "", iterations = "", ...rest] = line.trim().split(/\s+/);
  if (!full.startsWith("Benchmark") || !/^\d+$/.test(iterations) || rest.length < 2) return null;
  const measures: Measure[] = [];
  for (let at = 0; at + 1 < rest.length && measures.length < 50; at += 2) {
    const value = Number(rest[at]);
    const unit = rest[at + 1] ?? "";
    if (!Number.isFinite(value) || unit.length > 100) return null;
    measures.push({ name: unit, value, unit, better: betterOf(unit) });
  }
  const name = known !== "" && full.startsWith(known) ? known : full.replace(/-\d+$/, "");
  return { name, processors: full.slice(name.length), measures };
}

/**
 * The measures of a benchmark's result lines: each unit once, as the median of its repetitions (`-count`); where it ran
 * with several numbers of processors (`-cpu`), all but the first are named with theirs.
 */
export function benchmarkMeasures(lines: readonly BenchmarkLine[]): readonly Measure[] {
  const first = lines[0]?.processors;
  const series = new Map<string, { readonly measure: Measure; readonly values: number[] }>();
  for (const { processors, measures } of lines) {
    for (const measure of measures) {
      const name = processors === first ? measure.name : `${measure.name} ${processors}`;
      const known = series.get(name);
      if (known === undefined) series.set(name, { measure: { ...measure, name }, values: [measure.value] });
      else known.values.push(measure.value);
    }
  }
  return [...series.values()].map(({ measure, values }) => ({ ...measure, value: median(values) }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
