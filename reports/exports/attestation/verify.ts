import type { KeyObject } from "node:crypto";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import { sha256 } from "../../canonical-json.ts";
import { type CellStatement, openBundle, type Summary } from "./opened.ts";
import { type PackageFile, refusedPackages } from "./packages.ts";
import { refusals } from "./refusals.ts";
import { isPass } from "./statement.ts";

/** What is verified, all of it untrusted but `trusted` and `expected`. */
export interface Evidence {
  readonly bundle: string;
  /** From outside, never from what is verified. */
  readonly trusted: KeyObject;
  /** Bytes of certificate.json; a path where it should be and is not; absent where none is asked for. */
  readonly certificate?: { readonly bytes: Uint8Array } | { readonly missing: string };
  /** What lies in the folder of packages; absent where none are looked at. */
  readonly packages?: { readonly folder: string; readonly files: readonly PackageFile[] };
  /** What the run is known by from elsewhere, such as an approval. */
  readonly expected: { readonly run?: string; readonly certificate?: string; readonly plan?: string };
}

/** What was found. Verified only where `refusals` is empty. */
export interface Verification {
  readonly refusals: readonly Failure[];
  readonly summary: Summary | null;
  /** The planned cells with what their statement says; null where there is none. */
  readonly cells: readonly { readonly id: string; readonly verdict: string; readonly result: string | null }[];
  /** Whether packages were compared with files. */
  readonly packages: "compared" | "not-compared";
}

/**
 * Verifies the attestations of one run, fail-closed: every envelope signed by the trusted key, one summary, one statement
 * for each planned cell and none besides, all of one run, certificate and plan, every cell passed, every package proved
 * by a cell and present with its bytes. All that is wrong is told, not the first.
 */
export function verifyEvidence(evidence: Evidence): Verification {
  const { cells, summaries, refusals: unopened } = openBundle(evidence.bundle, evidence.trusted);
  const [summary, ...others] = summaries;
  if (summary === undefined || others.length > 0) {
    const why = summary === undefined ? refusals.noSummary() : refusals.twoSummaries(summaries.map(({ run }) => run));
    return { refusals: [...unopened, why], summary: null, cells: [], packages: "not-compared" };
  }
  const { packages } = evidence;
  const found = [
    ...unopened,
    ...refusedBinding(summary, evidence.expected),
    ...refusedCertificate(summary, evidence.certificate),
    ...refusedStatements(summary, cells),
    ...refusedCells(summary, cells),
    ...unproved(summary, cells),
    ...(packages === undefined ? [] : refusedPackages(summary.subjects, packages)),
  ];
  return {
    refusals: found,
    summary,
    cells: summary.cells.map(({ id, verdict }) => ({
      id,
      verdict,
      result: cells.find(({ cell }) => cell === id)?.result ?? null,
    })),
    packages: packages === undefined ? "not-compared" : "compared",
  };
}

function refusedBinding(summary: Summary, expected: Evidence["expected"]): readonly Failure[] {
  return (["run", "certificate", "plan"] as const).flatMap((what) => {
    const wanted = expected[what];
    return wanted === undefined || wanted === summary[what]
      ? []
      : [refusals.otherThanExpected(what, summary[what], wanted)];
  });
}

function refusedCertificate(summary: Summary, certificate: Evidence["certificate"]): readonly Failure[] {
  if (certificate === undefined) return [];
  if ("missing" in certificate) return [refusals.certificateMissing(certificate.missing)];
  const digest = sha256(certificate.bytes);
  if (digest !== summary.certificate) return [refusals.certificateChanged(digest, summary.certificate)];
  // Because the bytes are the attested ones, their shape is that of a certificate.
  const { cells }: { readonly cells: readonly { readonly id: string; readonly verdict: string }[] } = JSON.parse(
    new TextDecoder().decode(certificate.bytes),
  );
  const told = (some: typeof cells) =>
    some
      .map(({ id, verdict }) => `${id} ${verdict}`)
      .sort()
      .join(", ");
  return told(cells) === told(summary.cells)
    ? []
    : [refusals.certificateCells(`${told(cells)}; ${told(summary.cells)}`)];
}

/** Statements that do not belong here: of another run, twice, of a cell that nobody planned, or another than was summed up. */
function refusedStatements(summary: Summary, statements: readonly CellStatement[]): readonly Failure[] {
  const planned = new Map(summary.cells.map((cell) => [cell.id, cell]));
  const seen = new Set<string>();
  return statements.flatMap((statement) => {
    const { cell, digest } = statement;
    const foreign = (["run", "certificate", "plan", "pipeline"] as const).find(
      (what) => statement[what] !== summary[what],
    );
    if (foreign !== undefined) {
      return [refusals.otherRun(cell, `its ${foreign} is ${statement[foreign]}, the summary's ${summary[foreign]}`)];
    }
    if (seen.has(cell)) return [refusals.duplicate(cell)];
    seen.add(cell);
    const plan = planned.get(cell);
    if (plan === undefined) return [refusals.extra(cell)];
    return plan.statement === digest
      ? []
      : [refusals.changed(cell, `its sha256 is ${digest}, the summary names ${plan.statement}`)];
  });
}

/** Planned cells without a statement of this run that passed. */
function refusedCells(summary: Summary, statements: readonly CellStatement[]): readonly Failure[] {
  const found = summary.cells.flatMap(({ id, verdict, statement }) => {
    if (!isPass(verdict)) return [refusals.notPassed(id, `its verdict is ${verdict.replaceAll("-", " ")}`)];
    const own = statements.find(({ cell, run, digest }) => cell === id && run === summary.run && digest === statement);
    if (own === undefined) return [refusals.missing(id)];
    const passed = own.result === "PASSED" || own.result === "WARNED";
    return passed ? [] : [refusals.notPassed(id, `its statement says ${own.result}`)];
  });
  if (found.length > 0 || (summary.certified && isPass(summary.verdict) && summary.cells.length > 0)) return found;
  return [refusals.notCertified(`its verdict is ${summary.verdict.replaceAll("-", " ")}`)];
}

/** Subjects of the summary that no passed statement is about. */
function unproved(summary: Summary, statements: readonly CellStatement[]): readonly Failure[] {
  const proved = new Set(
    statements
      .filter(({ result }) => result === "PASSED" || result === "WARNED")
      .flatMap(({ subjects }) => subjects.map(({ digest }) => JSON.stringify(digest))),
  );
  return summary.subjects.flatMap(({ name, digest }) =>
    proved.has(JSON.stringify(digest)) ? [] : [refusals.packageUnproved(name)],
  );
}
