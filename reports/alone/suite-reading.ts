import type { FileReference } from "../../pipelines/dsl/event.ts";
import { readResults } from "../formats/reader.ts";
import { nothingKept } from "../kept-texts.ts";
import { identified, type ReadResults, type SuiteResult } from "../results.ts";
import { type EvidenceFile, evidenceFile } from "./evidence-file.ts";
import type { EvidencePart, SuiteFiles } from "./suite-files.ts";
import { codeOf } from "./survey.ts";

/** What the files of one suite say, with the digest of every file that could be read. */
export interface SuiteReading extends Omit<SuiteResult, "node" | "attempt" | "exitCode" | "seq" | "files" | "log"> {
  readonly files: readonly FileReference[];
}

/** Remarks of one suite that are shown; of thousands of files nobody reads them all. */
const remarksAtMost = 20;

/**
 * Reads the files of a suite one after another. Tests of several files stand in one list and none of them is merged.
 * One file that cannot be read, or is damaged, makes the suite damaged. Never throws for what it reads.
 */
export async function readSuite({ cell, suite, format, parts }: SuiteFiles, at: (path: string) => string) {
  const read: ReadResults[] = [];
  const files: FileReference[] = [];
  for (const part of parts) {
    const file = evidenceFile(at(part.file.path));
    read.push(await readPart(part, file));
    files.push({ path: part.file.path, ...bytesOf(file) });
  }
  const framework = read.find((one) => one.framework !== "")?.framework ?? format;
  const tests = read.length === 1 ? (read[0]?.tests ?? []) : read.flatMap((one) => one.tests);
  const remarks = read.flatMap((one) => one.remarks);
  const more = remarks.length - remarksAtMost;
  const shown = [...remarks.slice(0, remarksAtMost), ...(more > 0 ? [`${more} more remarks like these.`] : [])];
  const properties = read.flatMap((one) => one.properties ?? []);
  const measures = read.flatMap((one) => one.measures ?? []);
  const reading: SuiteReading = {
    cell,
    suite,
    format,
    framework,
    durationMs: tests.reduce((sum, test) => sum + (test.durationMs ?? 0), 0),
    damaged: damageOf(read),
    remarks: shown,
    ...(properties.length === 0 ? {} : { properties }),
    ...(measures.length === 0 ? {} : { measures }),
    files,
    tests: identified(tests, { cell, suite, framework }),
  };
  return reading;
}

function damageOf(read: readonly ReadResults[]): string | null {
  const damaged = read.flatMap((one) => (one.damaged === null ? [] : [one.damaged]));
  const [first] = damaged;
  if (first === undefined) return null;
  return damaged.length === 1 ? first : `${first} So are ${damaged.length - 1} more of its ${read.length} files.`;
}

async function readPart({ file, standing }: EvidencePart, bytes: EvidenceFile): Promise<ReadResults> {
  const damaged = (reason: string): ReadResults => ({ framework: "", tests: [], damaged: reason, remarks: [] });
  if (standing.kind === "unreadable") return damaged(standing.reason);
  try {
    return await readResults(standing.format, { path: file.path, open: bytes.open, ...nothingKept });
  } catch (error) {
    return damaged(`${file.path} cannot be read: ${codeOf(error)}.`);
  }
}

/** Because evidence that cannot be read has no digest, it has that of nothing, and its suite is damaged anyway. */
function bytesOf(file: EvidenceFile): Omit<FileReference, "path"> {
  try {
    return file.whole();
  } catch {
    return { sha256: "", bytes: 0 };
  }
}
