import type { Certificate, CertifiedCell, CertifiedSuite } from "../certificate-document.ts";
import { visibleText } from "../visible-text.ts";
import { cellsTitle, type TestRow, testRows, testTitle } from "./test-rows.ts";

/**
 * All suites of all cells as one JUnit XML file in pieces of text: each `testsuite` is a suite in its cells, which its
 * name begins with and its properties repeat. Reruns are told as Surefire tells them. A suite or cell that is not green
 * though none of its tests failed holds one broken case that says why, because JUnit knows no other way to be red.
 */
export function* junit(certificate: Certificate): Generator<string> {
  const { product, run, headline } = certificate;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites${attributes({ name: `${product.name} ${run}: ${headline.lead}` })}>\n`;
  const rows = testRows(certificate);
  let next = rows.next();
  const red = new Set<string>();
  for (const suite of certificate.suites) {
    const own: TestRow[] = [];
    for (; next.done !== true && next.value.suite === suite; next = rows.next()) own.push(next.value);
    const reason = silentlyRed(suite) ? suite.reason : null;
    if (!green.has(suite.verdict)) for (const cell of suite.cells) red.add(cell);
    yield* suiteXml(suite, own, reason);
  }
  for (const cell of certificate.cells) if (!green.has(cell.verdict) && !red.has(cell.id)) yield cellXml(cell);
  yield "</testsuites>\n";
}

const green: ReadonlySet<string> = new Set(["passed", "passed-with-retries", "not-applicable"]);

function silentlyRed({ verdict, tests }: CertifiedSuite): boolean {
  return !green.has(verdict) && tests.every(({ status }) => status === "passed" || status === "skipped");
}

function* suiteXml(suite: CertifiedSuite, rows: readonly TestRow[], reason: string | null): Generator<string> {
  const of = (status: string) => rows.filter(({ test }) => test.status === status).length;
  const extra = reason === null ? 0 : 1;
  const counts = {
    tests: rows.length + extra,
    failures: of("failed"),
    errors: of("error") + extra,
    skipped: of("skipped"),
  };
  const name = `${cellsTitle(suite)} / ${suite.suite}`;
  yield `<testsuite${attributes({ name, ...counts, time: seconds(suite.durationMs) })}>\n<properties>\n`;
  for (const cell of suite.cells) yield property("cell", cell);
  for (const [axis, value] of Object.entries(suite.scope)) yield property(axis, value);
  yield `${property("suite", suite.suite)}${property("verdict", suite.verdict)}</properties>\n`;
  for (const row of rows) yield caseXml(row);
  if (reason !== null) yield brokenCase(`verdict of the suite: ${suite.verdict}`, reason);
  yield "</testsuite>\n";
}

function cellXml({ id, verdict, reason }: CertifiedCell): string {
  const head = attributes({ name: id, tests: 1, failures: 0, errors: 1, skipped: 0 });
  const properties = `<properties>\n${property("cell", id)}${property("verdict", verdict)}</properties>\n`;
  return `<testsuite${head}>\n${properties}${brokenCase(`verdict of the cell: ${verdict}`, reason)}</testsuite>\n`;
}

function brokenCase(name: string, reason: string): string {
  return `<testcase${attributes({ classname: "edgecert", name })}><error${attributes({ message: reason })}/></testcase>\n`;
}

function caseXml(row: TestRow): string {
  const { test, failure } = row;
  const name = testTitle({ ...test, class: "" });
  const head = `<testcase${attributes({ classname: test.class, name, time: seconds(test.durationMs), ...placeOf(row) })}`;
  const waived = failure?.waiver === undefined ? "" : `<properties>${property("waiver", failure.waiver)}</properties>`;
  const body = `${waived}${outcomeXml(row)}${attemptsXml(row)}${outputXml(failure?.stdout ?? "")}`;
  return body === "" ? `${head}/>\n` : `${head}>${body}</testcase>\n`;
}

function placeOf({ failure }: TestRow): Readonly<Record<string, string | number | null>> {
  const location = failure?.location ?? null;
  return location === null ? {} : { file: location.file, line: location.line };
}

function outcomeXml({ test, failure }: TestRow): string {
  if (test.status === "skipped") return `<skipped${attributes({ message: test.note ?? "" })}/>`;
  if (test.status === "passed") return "";
  const element = test.status === "failed" ? "failure" : "error";
  return `<${element}${attributes({ message: failure?.message ?? "" })}>${content(failure?.details ?? "")}</${element}>`;
}

/** Attempts before the one that counts: `flakyFailure` and `flakyError` where it passed, else `rerun...`. */
function attemptsXml({ test, failure, earlier }: TestRow): string {
  const attempts = [...earlier, ...(failure?.attempts ?? [])].filter(
    ({ status }) => status === "failed" || status === "error",
  );
  const prefix = test.status === "passed" ? "flaky" : "rerun";
  return attempts
    .map(({ status, message, details }) => {
      const element = `${prefix}${status === "failed" ? "Failure" : "Error"}`;
      const trace = details === "" ? "" : `<stackTrace>${content(details)}</stackTrace>`;
      return `<${element}${attributes({ message })}>${trace}</${element}>`;
    })
    .join("");
}

function outputXml(stdout: string): string {
  return stdout === "" ? "" : `<system-out>${content(stdout)}</system-out>`;
}

function property(name: string, value: string): string {
  return `<property${attributes({ name, value })}/>\n`;
}

function seconds(milliseconds: number | null): string | null {
  return milliseconds === null ? null : (milliseconds / 1_000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number | null>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value === null ? [] : [` ${name}="${attribute(String(value))}"`]))
    .join("");
}

function attribute(text: string): string {
  return content(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}

/** Because XML 1.0 has no way to write control characters and the two non-characters, they are shown by their number. */
function content(text: string): string {
  return visibleText(text)
    .replace(/[\uFFFE\uFFFF]/g, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
