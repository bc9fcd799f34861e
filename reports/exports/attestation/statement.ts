import type { Json } from "../../../pipelines/dsl/json.ts";
import { canonicalJson, sha256 } from "../../canonical-json.ts";
import type { Certificate, CertifiedCell } from "../../certificate-document.ts";
import type { SealedCertificate } from "../../seal.ts";
import type { Verdict } from "../../verdict.ts";
import { type TestRow, testRows, testTitle } from "../test-rows.ts";

/** Types of in-toto: https://github.com/in-toto/attestation, `spec/v1` and `spec/predicates`. */
export const statementType = "https://in-toto.io/Statement/v1";
export const testResultType = "https://in-toto.io/attestation/test-result/v0.1";
export const summaryType = "https://in-toto.io/attestation/svr/v0.1";

/** Name of the logic that the summary stands for: another number where a property comes to mean something else. */
const verifier = "urn:edgecert:verifier:1";

/** What a statement is about, by digest: a package, or where the product has none a source tree. */
export interface Subject {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

/** What ties every statement of a run together; in a predicate the extension field `edgecert` begins with it. */
export interface Binding {
  readonly run: string;
  readonly pipeline: string;
  /** sha256 of the sealed certificate. */
  readonly certificate: string;
  /** sha256 of the plan. */
  readonly plan: string;
}

/** Whether there is anything that statements could be about: a package or a source. */
export function isAttestable({ packages, sources }: Certificate): boolean {
  return packages.length + sources.length > 0;
}

/**
 * The in-toto statements of a certificate as canonical JSON: a test result for each cell that has a verdict, then one
 * summary that names every planned cell. A cell that is inconclusive or did not run has no statement, because neither
 * PASSED nor FAILED would be true of it; the summary says so. Empty where the certificate names neither package nor source.
 */
export function* statementsOf(sealed: SealedCertificate): Generator<string> {
  const { certificate } = sealed;
  if (!isAttestable(certificate)) return;
  const rows = Map.groupBy(testRows(certificate), ({ suite }) => suite.node);
  const digests = new Map<string, string>();
  for (const cell of certificate.cells) {
    const result = resultOf(cell);
    if (result === null) continue;
    const own = cell.nodes.flatMap((node) => rows.get(node) ?? []);
    const text = canonicalJson(cellStatement(sealed, cell, own));
    digests.set(cell.id, sha256(text));
    yield text;
  }
  yield canonicalJson(summary(sealed, digests));
}

function resultOf({ verdict, waived }: CertifiedCell, flaky = false): "PASSED" | "WARNED" | "FAILED" | null {
  if (verdict === "failed") return "FAILED";
  if (verdict === "passed") return flaky || waived > 0 ? "WARNED" : "PASSED";
  return verdict === "passed-with-retries" ? "WARNED" : null;
}

function cellStatement(sealed: SealedCertificate, cell: CertifiedCell, rows: readonly TestRow[]): Json {
  const { certificate } = sealed;
  const named = (some: readonly TestRow[]) => some.map(({ suite, test }) => `${suite.suite}: ${testTitle(test)}`);
  const failed = rows.filter(({ test }) => test.status === "failed" || test.status === "error");
  const passed = rows.filter(({ test }) => test.status === "passed");
  const predicate = {
    result: resultOf(
      cell,
      passed.some(({ flaky }) => flaky),
    ),
    configuration: configurationOf(sealed, cell),
    passedTests: named(passed.filter(({ flaky }) => !flaky)),
    warnedTests: named(passed.filter(({ flaky }) => flaky)),
    failedTests: named(failed),
    edgecert: { ...bindingOf(sealed), cell: cell.id, values: cell.values, verdict: cell.verdict },
  };
  return {
    _type: statementType,
    subject: plain(subjectsOf(certificate, cell)),
    predicateType: testResultType,
    predicate,
  };
}

function summary(sealed: SealedCertificate, digests: ReadonlyMap<string, string>): Json {
  const { certificate } = sealed;
  const passed = certificate.cells
    .filter(({ verdict }) => isPass(verdict))
    .map(({ id }) => `EDGECERT_CELL_PASSED ${id}`);
  const cells = certificate.cells.map(({ id, verdict }) => ({ id, verdict, statement: digests.get(id) ?? null }));
  const predicate = {
    verifier: { id: verifier, version: { edgecert: certificate.tool.version } },
    timeCreated: certificate.finishedAt ?? new Date(0).toISOString(),
    properties: [...(isCertified(certificate) ? ["EDGECERT_CERTIFIED"] : []), ...passed],
    edgecert: { ...bindingOf(sealed), product: certificate.product, verdict: certificate.verdict, cells },
  };
  return { _type: statementType, subject: plain(subjectsOf(certificate)), predicateType: summaryType, predicate };
}

function isCertified({ verdict, cells }: Certificate): boolean {
  return isPass(verdict) && cells.length > 0 && cells.every((cell) => isPass(cell.verdict));
}

/** Whether a verdict lets a product be certified. */
export function isPass(verdict: Verdict | string): boolean {
  return verdict === "passed" || verdict === "passed-with-retries";
}

function bindingOf({ certificate, digest }: SealedCertificate): Binding & { readonly [key: string]: Json } {
  const { run, pipeline, plan } = certificate;
  return { run, pipeline, certificate: digest, plan: plan.digest };
}

/**
 * The packages of a certificate, or of one cell: those of its operating system, and those that were built for none that
 * any cell has. Where the product has no packages, its sources.
 */
function subjectsOf(certificate: Certificate, cell?: CertifiedCell): readonly Subject[] {
  const { packages, cells, sources } = certificate;
  const known = new Set(cells.flatMap(({ values }) => Object.values(values)));
  const own = cell === undefined ? known : new Set(Object.values(cell.values));
  const chosen = packages.filter(({ os }) => cell === undefined || own.has(os) || !known.has(os));
  if (packages.length > 0) return chosen.map(({ file }) => ({ name: file.path, digest: { sha256: file.sha256 } }));
  return sources.map(({ name, commit, treeDigest, dirty }) => ({
    name,
    digest: { gitTree: treeDigest, ...(dirty ? {} : { gitCommit: commit }) },
  }));
}

/** What the cell was certified with: plan, certificate, revisions of the sources, images of its servers, suites. */
function configurationOf({ certificate, digest }: SealedCertificate, cell: CertifiedCell): readonly Json[] {
  const images = new Map(
    certificate.servers
      .filter(({ scope }) => Object.entries(scope).every(([axis, value]) => cell.values[axis] === value))
      .map(({ role, os, facts }) => [`image of ${role} (${os})`, facts.imageDigest]),
  );
  const suites = certificate.suites.filter(({ node }) => cell.nodes.includes(node));
  return [
    { name: "plan", digest: { sha256: certificate.plan.digest } },
    { name: "certificate.json", mediaType: "application/json", digest: { sha256: digest } },
    ...certificate.sources.map(({ name, url, commit, treeDigest }) => ({
      name: `source ${name}`,
      uri: url,
      digest: { gitCommit: commit, gitTree: treeDigest },
    })),
    ...[...images].map(([name, image]) => ({ name, digest: { sha256: image } })),
    ...suites.map(({ suite, format }) => ({
      name: `suite ${suite}`,
      uri: `urn:edgecert:suite:${encodeURIComponent(suite)}`,
      annotations: { format },
    })),
  ];
}

function plain(subjects: readonly Subject[]): Json {
  return subjects.map(({ name, digest }) => ({ name, digest }));
}
