import type { FileReference } from "../../pipelines/dsl/event.ts";
import { type FileResults, suiteOf } from "../collect.ts";
import { readResults } from "../formats/reader.ts";
import type { KeptTexts } from "../kept-texts.ts";
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

/** Where the files of suites lie, and where texts go that are too long to be shown. */
export interface SuitePlace {
  /** The absolute path of a file. */
  at(path: string): string;
  readonly kept: KeptTexts;
}

/**
 * Reads the files of a suite one after another. Tests of several files stand in one list and none of them is merged.
 * One file that cannot be read, or is damaged, makes the suite damaged. Never throws for what it reads.
 */
export async function readSuite({ cell, suite, format, parts }: SuiteFiles, place: SuitePlace): Promise<SuiteReading> {
  const read: FileResults[] = [];
  const files: FileReference[] = [];
  for (const part of parts) {
    const { path } = part.file;
    const file = evidenceFile(place.at(path));
    read.push({ path, results: await readPart(part, file, place.kept) });
    files.push({ path, ...bytesOf(file) });
  }
  const { tests, remarks, ...whole } = suiteOf(read, format);
  const more = remarks.length - remarksAtMost;
  return {
    cell,
    suite,
    format,
    ...whole,
    durationMs: tests.reduce((sum, test) => sum + (test.durationMs ?? 0), 0),
    remarks: [...remarks.slice(0, remarksAtMost), ...(more > 0 ? [`${more} more remarks like these.`] : [])],
    files,
    tests: identified(tests, { cell, suite, framework: whole.framework }),
  };
}

async function readPart({ file, standing }: EvidencePart, bytes: EvidenceFile, kept: KeptTexts): Promise<ReadResults> {
  const damaged = (reason: string): ReadResults => ({ framework: "unknown", tests: [], damaged: reason, remarks: [] });
  if (standing.kind === "unreadable") return damaged(standing.reason);
  try {
    return await readResults(standing.format, { path: file.path, open: bytes.open, ...kept });
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
