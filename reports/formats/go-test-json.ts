import type { ReadResults } from "../results.ts";
import { GoBuilds } from "./go-build.ts";
import { type GoEvent, goLine } from "./go-event.ts";
import {
  endPackage,
  type GoPackage,
  type GoResults,
  goPackage,
  takePackageOutput,
  takeTestEvent,
  tellAll,
} from "./go-package.ts";
import { type Line, lineReader } from "./lines.ts";

/**
 * Reads what `go test -json` writes, of any version of Go, also of several packages interleaved, or `go tool test2json`
 * of one compiled test; text between the events is what the go command wrote to standard error.
 *
 * A test without sub-tests is a result; a test with some is their group, and a result only where it failed and none of
 * them did. Attributes (`t.Attr`) and markers in the output are properties, measures and attachments as
 * {@link annotationCollector} says; those of a group belong to each of its tests. Benchmarks are tests whose numbers are
 * measures. A test that never ended broke when its package failed: a panic, `os.Exit` or a timeout; where the panic is
 * told as output of another test, as it may be, the message holds it too. A package that failed without a failed test,
 * or could not be built, is a broken test named `[package failed]` or `[build failed]`. Output of tests that did not fail
 * is dropped.
 *
 * Never throws. The file is *damaged* when it holds no event, a package has not ended, a line was torn, a package is said
 * to have passed though one of its tests did not, a failure is told outside of the events, or go took a package's
 * results from its cache, because then nothing was tested. A file that is cut exactly between two packages looks whole:
 * only the exit code of `go test`, or an earlier certificate, tells that packages are missing.
 */
export const readGoTestJson = lineReader((file) => {
  const problems = new Set<string>();
  const problem = (sentence: string) => {
    if (problems.size < 20) problems.add(sentence.slice(0, 1_000).toWellFormed());
  };
  const results: GoResults = { file, tests: [], measures: [], remarks: new Set(), problem };
  const reading: Reading = { results, packages: new Map(), builds: new GoBuilds(file), events: 0, outside: null };
  return {
    take: (line) => takeLine(line, reading),
    finish: () => finished(reading, problems),
  };
});

interface Reading {
  readonly results: GoResults;
  readonly packages: Map<string, GoPackage>;
  readonly builds: GoBuilds;
  events: number;
  /** A failure that is told by text between the events. */
  outside: string | null;
}

function takeLine(line: Line, reading: Reading): void {
  if (line.text === "") return;
  const found = line.cut ? ({ kind: "torn" } as const) : goLine(line.text);
  if (found.kind === "event") {
    if (found.before !== "") takeText(found.before, line, reading);
    takeEvent(found.event, reading);
  } else if (found.kind === "torn") {
    reading.results.problem(`Line ${line.number}, at byte ${line.offset()}, is not a whole event: it was torn.`);
  } else takeText(line.text, line, reading);
}

function takeEvent(event: GoEvent, reading: Reading): void {
  const { packages, results, builds } = reading;
  reading.events += 1;
  if (event.action === "build-output" || event.action === "build-fail") {
    builds.take(event);
    return;
  }
  let of = packages.get(event.package);
  if (of === undefined) {
    of = goPackage(event.package);
    packages.set(event.package, of);
  }
  if (event.test !== "") takeTestEvent(of, event, results);
  else if (event.action === "output") takePackageOutput(of, event.output);
  else if (event.action === "start") of.ended = false;
  else if (event.action === "pass" || event.action === "fail" || event.action === "skip") {
    endPackage(of, event, { results, build: event.action === "fail" ? builds.failureOf(of, event) : null });
    packages.set(event.package, goPackage(event.package, true));
  }
}

/** What else says that something failed: every such line must have an event that says so too. */
const failure = /^(?:FAIL\s+\S+\s+\d+(?:\.\d+)?s|--- FAIL: |FAIL$)/;

function takeText(text: string, line: Line, reading: Reading): void {
  reading.builds.takeText(text);
  if (failure.test(text))
    reading.outside ??= `Line ${line.number}, at byte ${line.offset()}, tells a failure that no event tells.`;
}

function finished({ results, packages, builds, events, outside }: Reading, problems: ReadonlySet<string>): ReadResults {
  const { tests, measures, remarks } = results;
  for (const broken of builds.unclaimed()) tests.push(broken);
  if (events === 0) results.problem("The file holds no event of go test.");
  for (const of of packages.values()) {
    if (of.ended) continue;
    results.problem(`The package ${of.name} has not ended: ${stoppedIn(of)}`);
    tellAll(of, { results, ending: "" });
  }
  const bad = tests.some(({ status }) => status === "failed" || status === "error");
  if (outside !== null && !bad) results.problem(outside);
  const [damaged = null, ...more] = problems;
  return {
    framework: "go",
    tests,
    damaged,
    remarks: [...more, ...[...remarks].slice(0, 20), ...builds.remarks()],
    ...(measures.length > 0 ? { measures } : {}),
  };
}

function stoppedIn({ tests }: GoPackage): string {
  const running = [...tests.values()].filter(({ end, children }) => end === null && children === 0);
  const names = running.slice(0, 3).map(({ name }) => name.slice(0, 200));
  return names.length === 0 ? "the results were cut." : `the results were cut while ${names.join(", ")} ran.`;
}
