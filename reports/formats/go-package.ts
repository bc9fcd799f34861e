import type { Measure, ReadTest } from "../results.ts";
import { type BenchmarkLine, benchmarkLine, benchmarkMeasures } from "./go-benchmark.ts";
import { brokenPackage } from "./go-broken.ts";
import type { GoEvent } from "./go-event.ts";
import { explanationOf } from "./go-output.ts";
import {
  annotationsOf,
  closeGroup,
  endGoTest,
  type GoEnd,
  type GoTest,
  goTest,
  isResult,
  resultOf,
  takeGoEvent,
} from "./go-test.ts";
import type { ResultFile } from "./result-file.ts";

/** What all packages of a file come to. */
export interface GoResults {
  readonly file: ResultFile;
  readonly tests: ReadTest[];
  /** Of groups of sub-tests. */
  readonly measures: Measure[];
  readonly remarks: Set<string>;
  /** Reasons for damage. */
  problem(sentence: string): void;
}

/** One package from its first event to its end, and again where it is tested once more. */
export interface GoPackage {
  readonly name: string;
  ended: boolean;
  /** Tests by name, until their outermost parent has ended. */
  readonly tests: Map<string, GoTest>;
  failures: number;
  cached: boolean;
  /** The end of its own output. */
  tail: string;
  /** The beginning of a line of its own output. */
  line: string;
  readonly benchmarks: Map<string, BenchmarkLine[]>;
}

/** A package of which nothing is known yet. */
export function goPackage(name: string, ended = false): GoPackage {
  return {
    name,
    ended,
    tests: new Map(),
    failures: 0,
    cached: false,
    tail: "",
    line: "",
    benchmarks: new Map(),
  };
}

const tailCharacters = 65_536;

const beginnings: ReadonlySet<string> = new Set(["run", "pause", "cont"]);

/** Takes an event that names a test. */
export function takeTestEvent(of: GoPackage, event: GoEvent, results: GoResults): void {
  of.ended = false;
  const { action, test: name } = event;
  const known = of.tests.get(name);
  const test = known ?? goTest(name, parentOf(of, name));
  if (known === undefined) of.tests.set(name, test);
  if (action === "output" || action === "attr") takeGoEvent(test, event, results.file);
  else if (action === "pass" || action === "fail" || action === "skip")
    endTest(of, test, { end: action, event, results });
  else if (action === "bench") endTest(of, test, { end: "pass", event, results });
  else {
    if (!beginnings.has(action))
      results.remarks.add(`The action "${action.slice(0, 40)}" is not known, and is not read.`);
    if (action === "run" && test.begun) results.problem(`The test ${name} of ${of.name} began twice.`);
    test.begun = true;
  }
}

/** Because a name may hold slashes itself, the nearest test that is known is the parent; none is nested very deep. */
function parentOf({ tests }: GoPackage, name: string): GoTest | null {
  let end = name.length;
  for (let depth = 0; depth < 64; depth += 1) {
    end = name.lastIndexOf("/", end - 1);
    if (end <= 0) return null;
    const parent = tests.get(name.slice(0, end));
    if (parent !== undefined) return parent;
  }
  return tests.get(name.slice(0, name.indexOf("/"))) ?? null;
}

function endTest(
  of: GoPackage,
  test: GoTest,
  { end, event, results }: { readonly end: GoEnd; readonly event: GoEvent; readonly results: GoResults },
): void {
  endGoTest(test, end, event.elapsedMs);
  if (test.parent === null) tell(of, test, { results, ending: "" });
}

/** Tells the results of an outermost test and all below it, but for those that have not ended. */
function tell(
  of: GoPackage,
  root: GoTest,
  { results, ending }: { readonly results: GoResults; readonly ending: string },
): void {
  for (const test of root.family) {
    of.tests.delete(test.name);
    if (root.end !== null && test.end === null && test.begun) {
      endGoTest(test, "unended", null);
      results.problem(`The test ${test.name} of ${of.name} never ended, though ${root.name} did.`);
    }
    if (isResult(test)) {
      if (test.end === null) continue;
      const result = resultOf(test, { package: of.name, file: results.file, ending });
      if (result.status === "failed" || result.status === "error") of.failures += 1;
      results.tests.push(result);
    } else {
      closeGroup(test);
      groupMeasures(test, results);
    }
    for (const remark of test.annotations?.found().remarks ?? []) results.remarks.add(remark);
  }
}

function groupMeasures(test: GoTest, { measures }: GoResults): void {
  for (const measure of annotationsOf(test).measures)
    measures.push({ ...measure, name: `${test.name}: ${measure.name}` });
}

/** Takes output of the package itself. */
export function takePackageOutput(of: GoPackage, output: string): void {
  of.tail = (of.tail + output).slice(-2 * tailCharacters);
  if (of.tail.length >= 2 * tailCharacters) of.tail = of.tail.slice(-tailCharacters);
  if (/^ok\s.*\(cached\)/.test(output)) of.cached = true;
  const lines = (of.line + output).split("\n");
  of.line = (lines.pop() ?? "").slice(0, 4_096);
  for (const line of lines) takeBenchmark(of, line);
}

/**
 * Before Go 1.20 the results of benchmarks are output of their package, and nothing else is told of them; since then the
 * repetitions of one (`-count`, `-cpu`) still are.
 */
function takeBenchmark(of: GoPackage, line: string): void {
  if (!line.startsWith("Benchmark")) return;
  const open = of.tests.get(/^\S+/.exec(line)?.[0] ?? "");
  const found = benchmarkLine(line, open?.name);
  if (found === null || of.benchmarks.size > 10_000) return;
  const lines = of.tests.get(found.name)?.benchmarks ?? of.benchmarks.get(found.name) ?? [];
  if (lines.length < 1_000) lines.push(found);
  if (!of.tests.has(found.name)) of.benchmarks.set(found.name, lines);
}

/** Takes the end of a package, with the output of its build where that failed. */
export function endPackage(
  of: GoPackage,
  event: GoEvent,
  { results, build }: { readonly results: GoResults; readonly build: string | null },
): void {
  const failed = event.action === "fail";
  endOpen(of, failed, results);
  for (const [name, lines] of of.benchmarks) results.tests.push(benchmarkOf(of, name, lines));
  if (failed && build !== null)
    results.tests.push(brokenPackage(of.name, { name: "[build failed]", text: build, file: results.file }));
  else if (failed && of.failures === 0) {
    results.tests.push(brokenPackage(of.name, { name: "[package failed]", text: of.tail.trim(), file: results.file }));
  } else if (!failed && of.failures > 0) {
    results.problem(`The package ${of.name} ended as ${event.action}, though ${of.failures} of its tests failed.`);
  }
  if (of.cached) {
    results.problem(
      `The package ${of.name} was not tested: go test took its results from its cache (-count=1 avoids it).`,
    );
  }
}

/** Ends what is still open. A benchmark tells its end by its result; everything else was stopped by the package's end. */
function endOpen(of: GoPackage, failed: boolean, results: GoResults): void {
  const open = [...of.tests.values()].filter(({ end, begun }) => end === null && begun).reverse();
  const panic = open.map(({ output }) => explanationOf(output)).find(({ panicked }) => panicked);
  for (const test of open) {
    const measured = test.benchmarks.length > 0 || (test.name.startsWith("Benchmark") && test.children > 0);
    endGoTest(test, measured && !test.childFailed ? "pass" : "unended", null);
    if (test.end === "unended" && !failed) {
      results.problem(`The test ${test.name} of ${of.name} never ended, though its package did.`);
    }
  }
  const ending = panic?.message ?? of.tail.trim().split("\n").slice(-20).join("\n");
  tellAll(of, { results, ending });
}

/** Tells what ended in a package that has not: it was proved. */
export function tellAll(of: GoPackage, by: { readonly results: GoResults; readonly ending: string }): void {
  for (const test of [...of.tests.values()]) {
    if (test.parent === null) tell(of, test, by);
  }
}

function benchmarkOf(of: GoPackage, name: string, lines: readonly BenchmarkLine[]): ReadTest {
  const measures = benchmarkMeasures(lines);
  const none = { params: null, durationMs: null, message: "", details: "", stdout: "", location: null };
  return { class: of.name, name, status: "passed", ...none, measures };
}
