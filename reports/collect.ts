import type { Event, FileReference } from "../pipelines/dsl/event.ts";
import type { ResultFormat } from "../pipelines/dsl/request.ts";
import { evidenceFile } from "./alone/evidence-file.ts";
import { readResults } from "./formats/reader.ts";
import { type KeptTexts, nothingKept } from "./kept-texts.ts";
import { pathInside } from "./path-inside.ts";
import { capped, identified, type ReadResults, type SuiteResult, textLimits } from "./results.ts";

/**
 * Reads the result files that every `suite.finished` event of the stream names, of all attempts: which of them counts
 * is for the verdict to say. A file that is missing, outside the run's folder, or not the bytes whose sha256 the event
 * holds gives damaged evidence without tests. Files are read one after another in bounded memory; texts too long to be
 * shown go to `kept`. Never throws for what it reads.
 */
export async function collectResults(
  events: readonly Event[],
  runFolder: string,
  kept: KeptTexts = nothingKept,
): Promise<readonly SuiteResult[]> {
  const results: SuiteResult[] = [];
  for (const event of events) {
    if (event.type === "suite.finished") results.push(await suiteResult(event, runFolder, kept));
  }
  return results;
}

type SuiteFinished = Extract<Event, { type: "suite.finished" }>;

async function suiteResult(event: SuiteFinished, runFolder: string, kept: KeptTexts): Promise<SuiteResult> {
  const { suite, format, exitCode, durationMs, results, log } = event.data;
  const node = event.node ?? "";
  const cell = node.slice(node.indexOf("@") + 1 || node.length);
  const read: FileResults[] = [];
  for (const file of results) read.push({ path: file.path, results: await readOne(file, format, { runFolder, kept }) });
  const { tests, ...whole } = suiteOf(read, format);
  return {
    node,
    attempt: event.attempt ?? 1,
    cell,
    suite,
    format,
    exitCode,
    durationMs,
    seq: event.seq,
    files: results.map((file) => file.path),
    log: log?.path ?? null,
    ...whole,
    tests: identified(tests, { cell, suite, framework: whole.framework }),
  };
}

/** What was read of one file of a suite. */
export interface FileResults {
  readonly path: string;
  readonly results: ReadResults;
}

/** The files of one suite as one: damage and remarks name the file where there are several. No file is damage too. */
export function suiteOf(files: readonly FileResults[], format: ResultFormat): ReadResults {
  const named = (path: string, sentence: string) => (files.length > 1 ? `${path}: ${sentence}` : sentence);
  const damages = files.flatMap(({ path, results }) =>
    results.damaged === null ? [] : [named(path, results.damaged)],
  );
  const remarks = files.flatMap(({ path, results }) => results.remarks.map((remark) => named(path, remark)));
  const properties = files.flatMap(({ results }) => results.properties ?? []);
  const measures = files.flatMap(({ results }) => results.measures ?? []);
  const outputs = files.flatMap(({ results }) => results.stdout ?? []);
  const kept = files.flatMap(({ results }) => results.kept ?? []);
  return {
    framework: files[0]?.results.framework ?? format,
    tests: files.flatMap(({ results }) => results.tests),
    damaged: files.length === 0 ? "No result file was delivered." : (damages[0] ?? null),
    remarks: [...damages.slice(1), ...remarks],
    ...(properties.length > 0 ? { properties } : {}),
    ...(measures.length > 0 ? { measures } : {}),
    ...(outputs.length > 0 ? { stdout: capped(outputs.join("\n"), textLimits.stdout) } : {}),
    ...(kept.length > 0 ? { kept } : {}),
  };
}

async function readOne(
  { path, sha256 }: FileReference,
  format: ResultFormat,
  { runFolder, kept }: { readonly runFolder: string; readonly kept: KeptTexts },
): Promise<ReadResults> {
  const damaged = (reason: string): ReadResults => ({ framework: format, tests: [], damaged: reason, remarks: [] });
  try {
    const found = await pathInside(runFolder, path);
    if (found === null) return damaged(`The result file ${path} lies outside the run's folder.`);
    const file = evidenceFile(found);
    if (file.whole().sha256 !== sha256) {
      return damaged(`The result file ${path} is not the one that was recorded: its sha256 differs.`);
    }
    return await readResults(format, { path, open: file.open, ...kept });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return damaged(`The result file ${path} cannot be read: ${code}.`);
  }
}
