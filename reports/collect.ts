import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Event, FileReference } from "../pipelines/dsl/event.ts";
import { sha256 } from "./canonical-json.ts";
import { readResults } from "./formats/reader.ts";
import { identified, type ReadResults, type SuiteResult } from "./results.ts";

/** Bytes of one result file that are read at most; a larger one is damaged evidence. */
export const maxResultBytes = 64 * 1024 * 1024;

/**
 * Reads the result files that every `suite.finished` event of the stream names, of all attempts: which of them counts
 * is for the verdict to say. A file that is missing, outside the run's folder, too large, or not the bytes whose
 * sha256 the event holds gives damaged evidence without tests. Never throws for what it reads.
 */
export async function collectResults(events: readonly Event[], runFolder: string): Promise<readonly SuiteResult[]> {
  const results: SuiteResult[] = [];
  for (const event of events) {
    if (event.type === "suite.finished") results.push(await suiteResult(event, runFolder));
  }
  return results;
}

type SuiteFinished = Extract<Event, { type: "suite.finished" }>;

async function suiteResult(event: SuiteFinished, runFolder: string): Promise<SuiteResult> {
  const { suite, format, exitCode, durationMs, results, log } = event.data;
  const node = event.node ?? "";
  const cell = node.slice(node.indexOf("@") + 1 || node.length);
  const read = await Promise.all(results.map((file) => readOne(file, event, runFolder)));
  const framework = read[0]?.framework ?? format;
  const none = "No result file was delivered.";
  return {
    node,
    attempt: event.attempt ?? 1,
    cell,
    suite,
    format,
    framework,
    exitCode,
    durationMs,
    seq: event.seq,
    files: results.map((file) => file.path),
    log: log?.path ?? null,
    damaged: read.length === 0 ? none : (read.find((one) => one.damaged !== null)?.damaged ?? null),
    remarks: read.flatMap((one) => one.remarks),
    tests: identified(
      read.flatMap((one) => one.tests),
      { cell, suite, framework },
    ),
  };
}

async function readOne(file: FileReference, event: SuiteFinished, runFolder: string): Promise<ReadResults> {
  const { format } = event.data;
  const damaged = (reason: string): ReadResults => ({ framework: format, tests: [], damaged: reason, remarks: [] });
  try {
    const folder = await realpath(runFolder);
    const path = await realpath(join(folder, file.path));
    if (!path.startsWith(folder + sep)) return damaged(`The result file ${file.path} lies outside the run's folder.`);
    const { size } = await stat(path);
    if (size > maxResultBytes) return damaged(`The result file ${file.path} is too large: ${size} bytes.`);
    const bytes = await readFile(path);
    if (sha256(bytes) !== file.sha256) {
      return damaged(`The result file ${file.path} is not the one that was recorded: its sha256 differs.`);
    }
    return readResults(format, new TextDecoder().decode(bytes));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return damaged(`The result file ${file.path} cannot be read: ${code}.`);
  }
}
