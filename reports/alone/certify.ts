import { join } from "node:path";
import type { Event, EventBody } from "../../pipelines/dsl/event.ts";
import type { Plan } from "../../pipelines/dsl/plan-document.ts";
import { canonicalJson, sha256 } from "../canonical-json.ts";
import { makeCertificate } from "../certificate.ts";
import type { Certificate, Remark } from "../certificate-document.ts";
import type { KeptTexts } from "../kept-texts.ts";
import type { SuiteResult } from "../results.ts";
import { sameBytesRemarks, withoutCopies } from "./copies.ts";
import type { Expectation } from "./expectation.ts";
import { nodeOf, planOf } from "./outline.ts";
import { passedOverRemarks } from "./remarks.ts";
import { standingOf } from "./standing.ts";
import { type EvidencePart, suiteFiles } from "./suite-files.ts";
import { readSuite, type SuiteReading } from "./suite-reading.ts";
import { surveyFolder } from "./survey.ts";

/** What results alone are certified from. */
export interface ResultsInput {
  /** The folder of results. */
  readonly folder: string;
  readonly expectation: Expectation | null;
  readonly product: string;
  /** Version of edgecert. */
  readonly version: string;
  /** Where texts go that are too long to be shown. */
  readonly kept: KeptTexts;
  /** When it is read: UTC, ISO 8601. */
  readonly at: string;
  readonly tell: (read: { readonly files: number; readonly of: number; readonly tests: number }) => void;
}

/**
 * The certificate of result files that something else produced: the same document, verdicts and causes as of a run.
 * Null where the folder holds nothing that could be evidence and nothing was expected. Throws where the folder itself cannot be listed.
 */
export async function certifyResults(input: ResultsInput): Promise<Certificate | null> {
  const { folder, expectation } = input;
  const survey = surveyFolder(folder, expectation?.ignore);
  const parts: EvidencePart[] = [];
  const others: string[] = [];
  for (const file of survey.files) {
    const standing = standingOf(folder, file);
    if (standing.kind === "other") others.push(file.path);
    else parts.push({ file, standing });
  }
  if (parts.length === 0 && expectation === null) return null;
  const readings = withoutCopies(await readAll(parts, input));
  const digest = sha256(
    canonicalJson(readings.flatMap(({ files }) => files.map(({ path, sha256: sum }) => [path, sum]))),
  );
  const found = readings.map(({ cell, suite, format }) => ({ cell, suite, format }));
  const plan = planOf({ found, expectation, evidence: digest, files: parts.length });
  const run = `results-${digest.slice(0, 12)}`;
  const { events, results } = recordOf(plan, readings, { run, at: input.at });
  const certificate = makeCertificate({
    plan,
    events,
    results,
    leftovers: null,
    version: input.version,
    product: { name: input.product, version: null },
    completeness: expectation === null ? "unknown" : "expected",
  });
  const remarks: readonly Remark[] = [
    ...passedOverRemarks({ links: survey.passedOver, others }),
    ...sameBytesRemarks(readings),
  ];
  return { ...certificate, remarks: [...certificate.remarks, ...remarks] };
}

async function readAll(parts: readonly EvidencePart[], input: ResultsInput): Promise<readonly SuiteReading[]> {
  const readings: SuiteReading[] = [];
  let [files, tests] = [0, 0];
  for (const suite of suiteFiles(parts)) {
    const reading = await readSuite(suite, { at: (path) => join(input.folder, path), kept: input.kept });
    readings.push(reading);
    files += suite.parts.length;
    tests += reading.tests.length;
    input.tell({ files, of: parts.length, tests });
  }
  return readings;
}

/** The record that stands for files: each suite was found when it was read. No exit code and no time is known. */
function recordOf(
  plan: Plan,
  readings: readonly SuiteReading[],
  { run, at }: { readonly run: string; readonly at: string },
): { readonly events: readonly Event[]; readonly results: readonly SuiteResult[] } {
  const events: Event[] = [];
  const tell = (body: EventBody, node?: string) => {
    const place = node === undefined ? {} : { node, attempt: 1 };
    events.push({ v: 1, seq: events.length + 1, at, run, ...place, ...body });
    return events.length;
  };
  tell({ type: "run.started", data: { planDigest: plan.digest, resumed: false, nodes: plan.nodes.length } });
  const results = readings.map(({ files, ...reading }): SuiteResult => {
    const { suite, format, durationMs } = reading;
    const data = { suite, format, exitCode: null, results: files, log: null, durationMs };
    const node = nodeOf(reading.cell);
    const seq = tell({ type: "suite.finished", data }, node);
    return { ...reading, node, attempt: 1, exitCode: null, seq, files: files.map(({ path }) => path), log: null };
  });
  return { events, results };
}
