import type { Certificate, CertifiedSuite } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import { capital, cellWords, counted, duration, grouped, plural } from "../wording.ts";
import { fileLink, type LinkView } from "./mark.ts";

/** One suite of one node, as a row. */
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
}

/** Every expected suite in the order of the plan. */
export function suiteViews(certificate: Certificate): readonly SuiteView[] {
  return certificate.suites.map((suite) => suiteView(suite, certificate));
}

function suiteView(suite: CertifiedSuite, { titles }: Certificate): SuiteView {
  const { counts, waived } = suite;
  const number = (count: number | undefined) => (count === undefined ? "" : grouped(count));
  const bad = counts === null ? undefined : counts.failed + counts.error;
  return {
    anchor: suite.anchor,
    mark: suite.verdict,
    suite: suite.suite,
    scope: cellWords(suite.scope, titles) || "Whole run",
    passed: number(counts?.passed),
    failed: `${number(bad)}${waived === 0 ? "" : `, ${grouped(waived)} waived`}`,
    skipped: number(counts?.skipped),
    took: suite.durationMs === null ? "" : duration(suite.durationMs),
    exit: suite.attempt === null ? "" : (suite.exitCode?.toString() ?? "unknown"),
    reason: suite.verdict === "failed" ? "" : suite.reason,
    files: linksOf(suite),
  };
}

function linksOf(suite: CertifiedSuite): readonly LinkView[] {
  const results = suite.files.map((path, index) =>
    fileLink(suite.files.length === 1 ? "results" : `results ${index + 1}`, path),
  );
  return suite.log === null ? results : [...results, fileLink("log", suite.log)];
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
  const open = suites.filter((suite) => suite.verdict === "inconclusive" && suite.counts !== null).length;
  const doubt =
    open === 0
      ? ""
      : ` ${capital(counted(open))} of ${plural(suites.length, "suite")} ${open === 1 ? "is" : "are"} inconclusive: what ${open === 1 ? "it" : "they"} did not deliver is not counted here.`;
  const skips = skipped === 0 ? "" : `, ${grouped(skipped)} ${skipped === 1 ? "was" : "were"} skipped`;
  return `${grouped(passed)} of ${plural(results, open === 0 ? "test" : "result")} passed${skips}.${missing}${doubt}`;
}
