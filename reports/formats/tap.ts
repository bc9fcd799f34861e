import { type ReadResults, textLimits } from "../results.ts";
import { detached, type Line, lineReader } from "./lines.ts";
import { LongText } from "./long-text.ts";
import { saying, type TapDocument, type TapPoint, tapDocument, tapPoint } from "./tap-document.ts";
import { type TapLine, tapLine } from "./tap-line.ts";
import { closeLevel, endDocument, type TapReading, tapProblem, tapReading } from "./tap-reading.ts";

/**
 * Reads TAP 13 and 14 as Perl's `Test::More`, `prove -v`, bats, node:test and node-tap write it, also amid other output.
 *
 * A point with sub-tests (indented by four spaces before their own point, or in braces after it) is their group. A point
 * with `# SKIP` is skipped; `not ok` with `# TODO` is no failure but skipped, `ok` with it passed. A `Bail out!` is a broken
 * test, and so is a file of which `prove` says that it ended badly though none of its tests did. Output before a point is its own, comments after a point that is not ok or has a YAML block are that
 * one's, other comments are the next one's. A line of `prove` that names a file begins a document of that name.
 *
 * Never throws. The file is *damaged* when a plan is missing, doubled or not what was found, numbers are doubled or out
 * of the plan, sub-tests have no test of their own, a YAML block or the last line does not end, somebody bailed out, or the version is none
 * that is known. Such a file still has all tests that can be read.
 */
export const readTap = lineReader((file) => {
  const reading = tapReading(file);
  return { take: (line) => takeLine(line, reading), finish: () => finished(reading) };
});

const deepest = 64;

function takeLine(line: Line, reading: TapReading): void {
  const text = line.text;
  const indent = text.length - text.trimStart().length;
  if (reading.yaml !== null && takeYaml(text, indent, reading)) return;
  if (takeHeader(text, reading)) return;
  const found = tapLine(text.slice(indent, indent + 65_536));
  if (found.kind === "yaml-begin") beginYaml(indent, line, reading);
  else if (found.kind === "noise" || indent % 4 !== 0 || indent / 4 > deepest) takeNoise(line, found, reading);
  else takeFound(found, indent / 4, { line, reading });
}

const header = /^(\S{0,1000}[./]\S{0,1000}) \.{2,} *(?:skipped: (.*))?$/;

/** Whether `prove -v` begins a file with this line, or says that all of it was skipped. */
function takeHeader(text: string, reading: TapReading): boolean {
  const found = header.exec(text);
  const [open] = reading.levels;
  const between = open?.plan == null ? open?.points.length === 0 : open.points.length >= open.plan.count;
  // Because a test may well print such a line: outside of prove one within a plan is output.
  if (found === null || (reading.name === "" && !between)) return false;
  endDocument(reading);
  reading.name = detached(found[1] ?? "");
  const [document] = reading.levels;
  if (found[2] !== undefined && document !== undefined) document.plan = { count: 0, skip: found[2] };
  return true;
}

/** Whether the line is one of the block that is open, its last one included. */
function takeYaml(text: string, indent: number, reading: TapReading): boolean {
  const { yaml } = reading;
  if (yaml === null) return false;
  if (text.trim() === "" || indent >= yaml.indent) {
    if (indent === yaml.indent && /^\.\.\.\s*$/.test(text.slice(indent))) reading.yaml = null;
    else yaml.text.add(`${text.slice(Math.min(indent, yaml.indent))}\n`);
    return true;
  }
  tapProblem(`The YAML block of line ${yaml.line} does not end.`, reading);
  reading.yaml = null;
  return false;
}

function beginYaml(indent: number, line: Line, reading: TapReading): void {
  const level = Math.floor(indent / 4);
  const point = reading.levels[level]?.points.at(-1);
  if (point === undefined || point.yaml !== null || level !== reading.levels.length - 1) return;
  point.yaml = new LongText(reading.file, textLimits.details, () => `diagnostics of ${point.description}`);
  reading.yaml = { indent, text: point.yaml, line: line.number };
}

const failureOfProve = /^(?:Result: FAIL|Failed \d+\/\d+ subtests|Dubious, test returned)/;

function takeNoise(line: Line, found: TapLine, reading: TapReading): void {
  if (found.kind === "point" && !found.ok) {
    tapProblem(`Line ${line.number}, at byte ${line.offset()}, is not ok where no test may stand.`, reading);
  }
  const stopped = /^Bailout called\.\s+Further testing stopped:\s*(.*)$/.exec(line.text)?.[1];
  if (stopped !== undefined) bailOut(stopped, reading);
  if (failureOfProve.test(line.text)) reading.prove ??= line.text.trim();
  reading.pending = saying(reading.pending, `${line.text}\n`, reading.file);
}

function takeFound(
  found: TapLine,
  level: number,
  { line, reading }: { readonly line: Line; readonly reading: TapReading },
): void {
  if (found.kind === "comment") {
    takeComment(found.text, reading);
    return;
  }
  if (!line.ended) {
    tapProblem(`The last line, at byte ${line.offset()}, does not end: the results were cut.`, reading);
  }
  const { levels } = reading;
  if (level > levels.length) {
    takeNoise(line, found, reading);
    return;
  }
  if (isVerdictOfProve(found, reading)) return;
  while (levels.length > level + 1) closeLevel(reading);
  if (level === levels.length) levels.push(tapDocument());
  const document = levels[level];
  if (document !== undefined) takeInto(document, found, { line, reading, level });
}

/** Because `prove -v` ends each file with a bare `ok`. */
function isVerdictOfProve(found: TapLine, { name, levels }: TapReading): boolean {
  const [top] = levels;
  const complete = top?.plan != null && top.points.length >= top.plan.count;
  return (
    name !== "" && complete && found.kind === "point" && found.ok && found.number === null && found.description === ""
  );
}

function takeInto(
  document: TapDocument,
  found: TapLine,
  { line, reading, level }: { readonly line: Line; readonly reading: TapReading; readonly level: number },
): void {
  if (found.kind === "plan") {
    if (document.plan !== null) tapProblem(`Line ${line.number} is a second plan.`, reading);
    document.plan ??= found;
  } else if (found.kind === "version") {
    if (level === 0 && (document.points.length > 0 || document.plan !== null)) endDocument(reading);
    if (found.version !== 13 && found.version !== 14) tapProblem(`TAP version ${found.version} is not known.`, reading);
  } else if (found.kind === "bail-out") bailOut(found.reason, reading);
  else if (found.kind === "close") document.braces = false;
  else if (found.kind === "point") {
    const own = { ...found, description: detached(found.description), reason: detached(found.reason) };
    const point = tapPoint(own, reading.pending, takeChildren(document));
    reading.pending = null;
    document.points.push(point);
    document.braces = found.opens;
  }
}

function takeChildren(document: TapDocument): readonly TapPoint[] {
  const children = document.child?.points ?? [];
  document.child = null;
  return children;
}

function takeComment(text: string, reading: TapReading): void {
  if (/^(Subtest(: |$)|Looks like you (failed|planned) )/.test(text)) return;
  const last = reading.levels.at(-1)?.points.at(-1);
  const own = last !== undefined && (!last.ok || last.yaml !== null) ? last : null;
  if (own === null) reading.pending = saying(reading.pending, `${text}\n`, reading.file);
  else own.said = saying(own.said, `${text}\n`, reading.file);
}

function bailOut(reason: string, reading: TapReading): void {
  tapProblem(`The run bailed out: ${reason || "no reason is given."}`, reading);
  const none = { params: null, durationMs: null, details: "", stdout: "", location: null };
  const message = reason.slice(0, textLimits.message);
  reading.tests.push({ class: reading.name, name: "Bail out!", status: "error", message, ...none });
}

function finished(reading: TapReading): ReadResults {
  if (reading.yaml !== null) tapProblem(`The YAML block of line ${reading.yaml.line} does not end.`, reading);
  endDocument(reading);
  reading.pending?.text.drop();
  const { tests, problems, remarks } = reading;
  const [damaged = tests.length === 0 ? "The file holds no TAP." : null, ...more] = problems;
  return { framework: "tap", tests, damaged, remarks: [...more, ...new Set(remarks)].slice(0, 40) };
}
