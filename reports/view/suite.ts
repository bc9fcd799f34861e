import type { Certificate, CertifiedSuite, CertifiedTest } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import { capital, cellWords, counted, duration, grouped, plural } from "../wording.ts";
import { fileHref, type LinkView, statusMark } from "./mark.ts";

/** Tests listed by name in the page at most; the rest stands in the JSON beside it. */
export const listedTests = 4_000;

/** One suite of one node, as a row and as a list of its tests. */
export interface SuiteView {
  readonly anchor: string;
  readonly mark: Verdict;
  readonly suite: string;
  readonly scope: string;
  readonly passed: string;
  readonly failed: string;
  readonly skipped: string;
  readonly took: string;
  readonly exit: string;
  readonly reason: string;
  readonly files: readonly LinkView[];
  readonly heading: string;
  readonly groups: readonly { readonly name: string; readonly tests: readonly TestView[] }[];
  readonly left: string;
}

/** One test in the list of a suite. */
export interface TestView {
  readonly mark: Verdict;
  readonly words: string;
  readonly name: string;
  readonly note: string;
  readonly took: string;
}

/** Every expected suite in the order of the plan. */
export function suiteViews(certificate: Certificate): readonly SuiteView[] {
  let room = listedTests;
  return certificate.suites.map((suite) => {
    const shown = suite.tests.slice(0, room);
    room -= shown.length;
    return suiteView(suite, shown, certificate);
  });
}

function suiteView(suite: CertifiedSuite, shown: readonly CertifiedTest[], { titles }: Certificate): SuiteView {
  const { counts } = suite;
  const number = (count: number | undefined) => (count === undefined ? "" : grouped(count));
  const bad = counts === null ? undefined : counts.failed + counts.error;
  const left = suite.tests.length - shown.length;
  return {
    anchor: suite.anchor,
    mark: suite.verdict,
    suite: suite.suite,
    scope: cellWords(suite.scope, titles) || "Whole run",
    passed: number(counts?.passed),
    failed: number(bad),
    skipped: number(counts?.skipped),
    took: suite.durationMs === null ? "" : duration(suite.durationMs),
    exit: suite.attempt === null ? "" : (suite.exitCode?.toString() ?? "unknown"),
    reason: suite.verdict === "failed" ? "" : suite.reason,
    files: linksOf(suite),
    heading: plural(suite.tests.length, "result"),
    groups: [...Map.groupBy(shown, (test) => test.class)].map(([name, tests]) => ({
      name,
      tests: tests.map(testView),
    })),
    left: left === 0 ? "" : `${plural(left, "more result")} in certificate.json.`,
  };
}

function testView(test: CertifiedTest): TestView {
  const occurrence = test.occurrence === undefined ? "" : ` (occurrence ${test.occurrence})`;
  return {
    mark: statusMark[test.status],
    words: test.status,
    name: `${test.name}${test.params === undefined ? "" : ` ${test.params}`}${occurrence}`,
    note: test.status === "skipped" ? `skipped${test.note === undefined ? "" : `: ${test.note}`}` : "",
    took: test.durationMs === null ? "" : duration(test.durationMs),
  };
}

function linksOf(suite: CertifiedSuite): readonly LinkView[] {
  const results = suite.files.map((path, index) => ({
    words: suite.files.length === 1 ? "results" : `results ${index + 1}`,
    href: fileHref(path),
  }));
  return suite.log === null ? results : [...results, { words: "log", href: fileHref(suite.log) }];
}

/** What all suites came to, in one sentence or two. */
export function suitesFinding({ suites }: Certificate): string {
  const total = (pick: (counts: NonNullable<CertifiedSuite["counts"]>) => number) =>
    suites.reduce((sum, suite) => sum + (suite.counts === null ? 0 : pick(suite.counts)), 0);
  const results = total((counts) => counts.passed + counts.failed + counts.error + counts.skipped);
  const passed = total((counts) => counts.passed);
  const skipped = total((counts) => counts.skipped);
  const silent = suites.filter((suite) => suite.counts === null).length;
  const missing =
    silent === 0 ? "" : ` ${capital(counted(silent))} of ${plural(suites.length, "suite")} delivered nothing.`;
  if (results === 0) return `No suite delivered a result.`;
  const skips = skipped === 0 ? "" : `, ${grouped(skipped)} ${skipped === 1 ? "was" : "were"} skipped`;
  return `${grouped(passed)} of ${plural(results, "test")} passed${skips}.${missing}`;
}
