import { basename, dirname, extname, join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { certifyResults } from "../../reports/alone/certify.ts";
import type { Certificate } from "../../reports/certificate-document.ts";
import { keptTexts } from "../../reports/kept-texts.ts";
import { writeCertificate } from "../../reports/seal.ts";
import { type Failure, FailureError } from "../dsl/failure.ts";
import { ciOutput, tellCi } from "./ci/output.ts";
import type { ReportWords } from "./commands/report.ts";
import { exitCodes, reportError, UsageError } from "./exit.ts";
import { exportAsked, exportKindsOf } from "./exporting.ts";
import { expectationOf, pageOf, resultsFolder } from "./results-words.ts";
import { paint, states } from "./view/paint.ts";

/**
 * Makes a certificate of result files, says where it is, and gives the exit code: 0 where everything passed and was
 * intact and nothing expected is missing, else 1. A UsageError names every wrong word.
 */
export async function reportResults(
  named: string | undefined,
  words: ReportWords & { readonly results: string },
): Promise<number> {
  if (named !== undefined) throw new UsageError("A run and --results", named, "leave out one of the two");
  if (words.export !== undefined) exportKindsOf(words.export);
  const expectation = words.expect === undefined ? null : expectationOf(words.expect);
  const folder = resultsFolder(words.results);
  if (folder === null) return nothingFound(words, "there is no such folder");
  const page = pageOf(words.out, folder);
  const certificate = await certifyResults({
    folder,
    expectation,
    product: words.product ?? expectation?.product ?? basename(folder),
    version: packageJson.version,
    kept: keptTexts(dirname(page), (text) => text),
    at: new Date().toISOString(),
    tell: shownProgress(),
  });
  if (certificate === null) return nothingFound(words, "it holds no file that could be one");
  const { html, json, digest } = await writeCertificate(
    dirname(page),
    certificate,
    basename(page, extname(page)),
  ).catch((error: unknown) => Promise.reject(new FailureError(unwritable(page, error))));
  await exportAsked({ certificate, digest }, words.export, join(dirname(page), "exports"));
  const pdf = words.pdf === true ? await printed(html) : undefined;
  const written = { certificate: html, document: json, digest, ...(pdf === undefined ? {} : { pdf }) };
  const code = isGreen(certificate) ? exitCodes.passed : exitCodes.testsFailed;
  if (words.json === true) process.stdout.write(`${JSON.stringify({ ...summary(certificate), ...written })}\n`);
  else process.stdout.write(closingLines(certificate, pdf ?? html, code === exitCodes.passed));
  const stream = words.json === true ? process.stderr : process.stdout;
  const told = { sealed: { certificate, digest }, page: html };
  await tellCi(ciOutput(words.ci), told, (line) => stream.write(`${line}\n`));
  return pdf === null && code === exitCodes.passed ? exitCodes.infrastructure : code;
}

/** Why no certificate stands in a folder, such as a full disk: what stood there before is as it was. */
function unwritable(page: string, error: unknown): Failure {
  return {
    reason: "certificate-unwritable",
    class: "fatal",
    title: "The certificate could not be written",
    detail: `${page}: ${error instanceof Error ? error.message : String(error)}`,
    next: "Make room there, or name another place with --out, and make it again.",
  };
}

/** The PDF of a page; null, and said on standard error, where it cannot be made: the verdict stands without it. */
async function printed(page: string): Promise<string | null> {
  const { printPage } = await import("./printing.ts");
  try {
    return await printPage(page);
  } catch (error) {
    reportError(error);
    return null;
  }
}

function isGreen({ verdict, cells }: Certificate): boolean {
  const tests = cells.reduce((sum, cell) => sum + cell.tests.passed, 0);
  return tests > 0 && (verdict === "passed" || verdict === "passed-with-retries");
}

const noTests = { tests: 0, passed: 0, failed: 0, error: 0, skipped: 0 };

/** What programs read of a certificate. */
function summary({ verdict, completeness, headline, product, run, cells }: Certificate) {
  const counts = { ...noTests };
  const verdicts: Record<string, number> = {};
  for (const cell of cells) {
    for (const status of ["passed", "failed", "error", "skipped"] as const) {
      counts[status] += cell.tests[status];
      counts.tests += cell.tests[status];
    }
    verdicts[cell.verdict] = (verdicts[cell.verdict] ?? 0) + 1;
  }
  const words = `${headline.lead}: ${headline.rest}`;
  return { verdict, completeness, headline: words, product: product.name, run, counts, cells: verdicts };
}

function closingLines(certificate: Certificate, html: string, green: boolean): string {
  const { headline, completeness } = certificate;
  const { counts } = summary(certificate);
  const complete =
    completeness === "unknown"
      ? "not known: nothing says what should be there (--expect FILE)"
      : "judged by the list of what is expected";
  return [
    `Verdict:     ${paint(green ? states.passed.style : states.failed.style, `${headline.lead}: ${headline.rest}`)}`,
    `Tests:       ${counts.passed} passed, ${counts.failed + counts.error} failed, ${counts.skipped} skipped`,
    `Complete:    ${complete}`,
    `Certificate: ${html}`,
    "",
  ].join("\n");
}

/** Because a suite that wrote nothing must never look like one that passed, nothing at all is a failure. */
function nothingFound({ results, json }: ReportWords, why: string): number {
  const headline = `There are no results in ${results}`;
  const next = "check that the suites wrote their results there";
  process.stderr.write(`edgecert: ${headline}\n  ${results}: ${why}\n  Next: ${next}\n`);
  const nothing = { certificate: null, document: null, digest: null };
  const line = { verdict: "not-run", completeness: "unknown", headline, product: null, run: null, counts: noTests };
  if (json === true) process.stdout.write(`${JSON.stringify({ ...line, cells: {}, ...nothing })}\n`);
  return exitCodes.testsFailed;
}

/** Milliseconds between two lines of progress: reading less than that needs none. */
const progressEveryMs = 2_000;

function shownProgress(): (read: { readonly files: number; readonly of: number; readonly tests: number }) => void {
  let last = performance.now();
  return ({ files, of, tests }) => {
    const now = performance.now();
    if (now - last < progressEveryMs) return;
    last = now;
    process.stderr.write(`edgecert: read ${files} of ${of} files, ${tests} tests\n`);
  };
}
