import type { Certificate, FailedTest } from "../../../reports/certificate-document.ts";
import { testTitle } from "../../../reports/exports/test-rows.ts";
import { visibleText } from "../../../reports/visible-text.ts";

/** One thing that keeps a product from being certified, or all that are left, for a CI to show. Texts are one line. */
export interface Finding {
  readonly title: string;
  readonly message: string;
  /** Relative to the top of the sources; null where no place in them is known. */
  readonly file: string | null;
  readonly line: number | null;
}

/**
 * At most so many findings: cells without a verdict, then failed tests, of each cause the first one before any second;
 * where there are more, the last finding counts them. Waived failures are none.
 */
export function findings(certificate: Certificate, most: number): readonly Finding[] {
  const open = certificate.cells.filter(({ verdict, blame }) => blame !== "selection" && silent.has(verdict));
  const cells = open.map(({ id, verdict, reason }) => ({
    title: flat(`${id}: ${verdict.replaceAll("-", " ")}`),
    message: flat(reason),
    file: null,
    line: null,
  }));
  const all = [...cells, ...byCause(certificate.failures).map(finding)];
  if (all.length <= most) return all;
  const left = all.length - most + 1;
  const more = { title: `${left} more`, message: `${left} more are in the certificate`, file: null, line: null };
  return [...all.slice(0, most - 1), more];
}

const silent: ReadonlySet<string> = new Set(["inconclusive", "not-run"]);

function byCause(failures: readonly FailedTest[]): readonly FailedTest[] {
  const counted = failures.filter(
    ({ counted, waiver, status }) => counted && waiver === undefined && status !== "passed",
  );
  const groups = [...Map.groupBy(counted, ({ cause }) => cause).values()];
  const rounds = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: rounds }, (_, round) => groups.flatMap((group) => group[round] ?? [])).flat();
}

function finding(failure: FailedTest): Finding {
  const { location, node, suite } = failure;
  const file = location === null ? null : inSources(location.file);
  const where = node.slice(node.indexOf("@") + 1);
  const message = failure.message.trim() === "" ? "failed without a message" : failure.message;
  return {
    title: flat(`${where} ${suite}: ${testTitle(failure)}`),
    message: flat(message),
    file,
    line: file === null ? null : (location?.line ?? null),
  };
}

/** Because a test says where it stands, what it says must not point out of the sources. */
function inSources(file: string): string | null {
  const path = visibleText(file).replace(/^(\.\/)+/, "");
  return path === "" || path.startsWith("/") || /(^|[/\\])\.\.([/\\]|$)|\n|^[a-z]:/i.test(path) ? null : path;
}

/** One line without control characters, cut to what a CI shows anyway. */
function flat(text: string): string {
  // Because some CIs obey `##vso[` and `##[` wherever they stand in a line.
  const line = visibleText(text)
    .replace(/\s+/g, " ")
    .trim()
    .replaceAll(/#(?=#[\w[])/g, "# ");
  return line.length > 1_000 ? `${line.slice(0, 1_000).toWellFormed()}…` : line;
}
