import { type ReadTest, textLimits } from "../results.ts";
import type { LongText } from "./long-text.ts";
import type { ResultFile } from "./result-file.ts";
import { type TapDocument, type TapSaid, tapDocument, tapProblems } from "./tap-document.ts";
import { areTimed, tapResults } from "./tap-result.ts";

/** Where the reading of a file stands. */
export interface TapReading {
  readonly file: ResultFile;
  /** The document, then the levels below that are open. Never empty. */
  levels: TapDocument[];
  /** Of the document: the file that prove runs. */
  name: string;
  /** Output whose point has not come yet. */
  pending: TapSaid | null;
  /** The block that is open, and where it stands. */
  yaml: { readonly indent: number; readonly text: LongText; readonly line: number } | null;
  readonly tests: ReadTest[];
  /** What prove says about how the file ended. */
  prove: string | null;
  readonly problems: string[];
  readonly remarks: string[];
}

/** A file of which nothing is read yet. */
export function tapReading(file: ResultFile): TapReading {
  const none = { name: "", pending: null, yaml: null, prove: null };
  return { file, levels: [tapDocument()], ...none, tests: [], problems: [], remarks: [] };
}

/** Ends the lowest level: its point follows, or stands before it in braces. */
export function closeLevel(reading: TapReading): void {
  const document = reading.levels.pop();
  const parent = reading.levels.at(-1);
  if (document === undefined || parent === undefined) return;
  const last = parent.points.at(-1);
  const name = parent.braces ? (last?.description ?? "") : "a sub-test";
  for (const sentence of tapProblems(document, name)) tapProblem(sentence, reading);
  if (parent.braces && last !== undefined)
    parent.points[parent.points.length - 1] = { ...last, children: document.points };
  else parent.child = document;
}

/** Ends a document: what comes after it stands under a plan of its own. */
export function endDocument(reading: TapReading): void {
  while (reading.levels.length > 1) closeLevel(reading);
  const [document = tapDocument()] = reading.levels;
  const { points, plan } = document;
  const silent = points.length === 0 && plan === null && document.child === null;
  if (!silent) for (const sentence of tapProblems(document, reading.name)) tapProblem(sentence, reading);
  const before = reading.tests.length;
  const above = reading.name === "" ? [] : [reading.name];
  const place = { above, todo: false, file: reading.file, timed: areTimed(points) };
  for (const [index, point] of points.entries()) reading.tests.push(...tapResults(point, index, place));
  const bad = reading.tests.slice(before).some(({ status }) => status === "failed" || status === "error");
  if (reading.prove !== null && !bad) reading.tests.push(brokenFile(reading.name, reading.prove));
  reading.prove = null;
  if (plan?.count === 0 && points.length === 0) reading.tests.push(skippedDocument(reading.name, plan.skip ?? ""));
  reading.levels = [tapDocument()];
  reading.name = "";
}

function skippedDocument(name: string, reason: string): ReadTest {
  const none = { params: null, durationMs: null, details: "", stdout: "", location: null };
  return { class: name, name: "all tests", status: "skipped", message: reason.slice(0, textLimits.message), ...none };
}

function brokenFile(name: string, said: string): ReadTest {
  const none = { params: null, durationMs: null, details: "", stdout: "", location: null };
  return { class: name, name: "[file failed]", status: "error", message: said.slice(0, textLimits.message), ...none };
}

/** Notes a reason for damage; of very many only the first ones are kept. */
export function tapProblem(sentence: string, { problems }: TapReading): void {
  if (problems.length < 20) problems.push(sentence.slice(0, 1_000).toWellFormed());
}
