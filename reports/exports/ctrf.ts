import type { Results, RetryAttempt, Test } from "ctrf";
import type { Certificate, FailedTest } from "../certificate-document.ts";
import type { TestAttempt, TestStatus } from "../results.ts";
import { visibleText } from "../visible-text.ts";
import { cellsTitle, type TestRow, testRows } from "./test-rows.ts";

/**
 * The certificate as a CTRF document (https://ctrf.io, specification 0.0.0) in pieces of text. A cell stands in the
 * label `cell` and as the first part of `suite`; attempts before the one that counts in `retryAttempts`. Because CTRF
 * knows no verdict, a cell without one is a test of status `other`, so that a document is never green by omission.
 */
export function* ctrf(certificate: Certificate): Generator<string> {
  const { tool, product, pipeline, run, verdict, headline } = certificate;
  const reportName = `${headline.lead}: ${headline.rest}`;
  const { tests, ...results }: Results = {
    tool: { name: tool.name, version: tool.version },
    summary: summaryOf(certificate),
    environment: {
      reportName,
      appName: product.name,
      ...(product.version === null ? {} : { appVersion: product.version }),
      buildName: pipeline,
      buildId: run,
      ...(certificate.sources[0] === undefined ? {} : { commit: certificate.sources[0].commit }),
      extra: { verdict },
    },
    tests: [],
  };
  const head = { reportFormat: "CTRF", specVersion: "0.0.0", generatedBy: "edgecert", ...timeOf(certificate) };
  yield `${JSON.stringify(head).slice(0, -1)},"results":${JSON.stringify(results).slice(0, -1)},"tests":[`;
  let separator = "\n";
  for (const test of ctrfTests(certificate)) {
    yield `${separator}${JSON.stringify(test)}`;
    separator = ",\n";
  }
  yield "\n]}}\n";
}

function* ctrfTests(certificate: Certificate): Generator<Test> {
  for (const row of testRows(certificate)) yield ctrfTest(row);
  for (const cell of unproved(certificate)) {
    const labels = { cell: cell.id, verdict: cell.verdict, blame: cell.blame };
    const name = `verdict of ${cell.id}`;
    yield { name, status: "other", duration: 0, suite: [cell.id], message: visibleText(cell.reason), labels };
  }
}

/** Cells that did not pass though none of their tests failed. */
function unproved({ cells }: Certificate): Certificate["cells"] {
  return cells.filter(
    ({ verdict, tests }) =>
      (verdict === "not-run" || verdict === "inconclusive" || verdict === "failed") && tests.failed + tests.error === 0,
  );
}

function ctrfTest({ suite, test, failure, earlier, flaky }: TestRow): Test {
  const attempts = [...earlier.map(nodeAttempt), ...(failure?.attempts ?? []).map(ownAttempt)];
  const retryAttempts = attempts.map((one, index): RetryAttempt => ({ attempt: index + 1, ...one }));
  const message = failure?.message ?? test.note ?? "";
  const line = failure?.location?.line ?? null;
  return {
    name: visibleText(test.name),
    status: statuses[test.status],
    duration: Math.round(test.durationMs ?? 0),
    suite: [cellsTitle(suite), suite.suite, ...(test.class === "" ? [] : [visibleText(test.class)])],
    ...(message === "" ? {} : { message: visibleText(message) }),
    ...(failure === null || failure.details === "" ? {} : { trace: visibleText(failure.details) }),
    ...(failure === null || failure.stdout === "" ? {} : { stdout: visibleText(failure.stdout).split("\n") }),
    ...(failure?.location == null ? {} : { filePath: visibleText(failure.location.file) }),
    ...(line === null ? {} : { line }),
    rawStatus: test.status,
    labels: labelsOf({ suite, test, failure }),
    ...(typeof test.params === "string" ? { parameters: { value: visibleText(test.params) } } : {}),
    ...(retryAttempts.length === 0 ? {} : { retries: retryAttempts.length, retryAttempts }),
    ...(flaky ? { flaky } : {}),
  };
}

function labelsOf({ suite, test, failure }: Pick<TestRow, "suite" | "test" | "failure">): NonNullable<Test["labels"]> {
  const [first, ...others] = suite.cells;
  return {
    cell: first === undefined ? suite.node : others.length === 0 ? first : [first, ...others],
    ...suite.scope,
    format: suite.format,
    ...(test.occurrence === undefined ? {} : { occurrence: test.occurrence }),
    ...(failure === null || failure.cause === "" ? {} : { cause: failure.cause }),
    ...(failure?.waiver === undefined ? {} : { waiver: failure.waiver }),
  };
}

const statuses: Readonly<Record<TestStatus, Test["status"]>> = {
  passed: "passed",
  failed: "failed",
  error: "failed",
  skipped: "skipped",
};

function nodeAttempt({ status, durationMs, message, details }: FailedTest): Omit<RetryAttempt, "attempt"> {
  return ownAttempt({ status, durationMs, message, details, stdout: "" });
}

function ownAttempt({ status, durationMs, message, details }: TestAttempt): Omit<RetryAttempt, "attempt"> {
  return {
    status: statuses[status],
    ...(durationMs === null ? {} : { duration: Math.round(durationMs) }),
    ...(message === "" ? {} : { message: visibleText(message) }),
    ...(details === "" ? {} : { trace: visibleText(details) }),
  };
}

function summaryOf(certificate: Certificate): Results["summary"] {
  const count = { tests: 0, passed: 0, failed: 0, skipped: 0, pending: 0, other: 0, flaky: 0 };
  for (const { test, flaky } of testRows(certificate)) {
    count.tests += 1;
    count[statuses[test.status]] += 1;
    if (flaky) count.flaky += 1;
  }
  count.other = unproved(certificate).length;
  count.tests += count.other;
  const [start = 0, stop = start] = [certificate.startedAt, certificate.finishedAt].flatMap((at) =>
    at === null ? [] : [Date.parse(at)],
  );
  return { ...count, suites: certificate.suites.length, start, stop, duration: stop - start };
}

function timeOf({ finishedAt }: Certificate): { readonly timestamp?: string } {
  return finishedAt === null ? {} : { timestamp: finishedAt };
}
