import { type ReadTest, textLimits } from "../results.ts";
import { type AnnotationCollector, type Annotations, annotated, annotationCollector } from "./annotations.ts";
import { type BenchmarkLine, benchmarkLine, benchmarkMeasures } from "./go-benchmark.ts";
import type { GoEvent } from "./go-event.ts";
import { explanationOf, isFrame } from "./go-output.ts";
import { fitting } from "./lines.ts";
import { LongText } from "./long-text.ts";
import type { ResultFile } from "./result-file.ts";

/** How a test ended by its event, or that it never did. */
export type GoEnd = "pass" | "fail" | "skip" | "unended";

/** A Go test from its first event until the end of its outermost parent. */
export interface GoTest {
  readonly name: string;
  readonly parent: GoTest | null;
  /** The outermost test with all below it, in the order in which they began; empty for all others. */
  readonly family: GoTest[];
  /** Whether it is known to have begun, and not only to have said something. */
  begun: boolean;
  children: number;
  childFailed: boolean;
  end: GoEnd | null;
  durationMs: number | null;
  /** Output so far, until it is long. */
  output: string;
  long: LongText | null;
  annotations: AnnotationCollector | null;
  readonly benchmarks: BenchmarkLine[];
}

/** Characters of output that are held without a file for the rest of them. */
const shortOutput = 32_768;

/** A test that begins. */
export function goTest(name: string, parent: GoTest | null): GoTest {
  const test: GoTest = {
    name,
    parent,
    family: [],
    begun: false,
    children: 0,
    childFailed: false,
    end: null,
    durationMs: null,
    output: "",
    long: null,
    annotations: null,
    benchmarks: [],
  };
  if (parent !== null) parent.children += 1;
  rootOf(test).family.push(test);
  return test;
}

/** The outermost test that a test is below, or itself. */
export function rootOf(test: GoTest): GoTest {
  let root = test;
  while (root.parent !== null) root = root.parent;
  return root;
}

/** Takes an event between the beginning and the end of a test. */
export function takeGoEvent(test: GoTest, { action, output, key, value }: GoEvent, file: ResultFile): void {
  if (action === "attr") {
    test.annotations ??= annotationCollector();
    test.annotations.property(key, value);
  } else if (action === "output" && !isFrame(output, test.name)) takeOutput(test, output, file);
}

function takeOutput(test: GoTest, output: string, file: ResultFile): void {
  if (output.endsWith("\n") && test.name.startsWith("Benchmark") && test.benchmarks.length < 1_000) {
    const lines = (test.output.slice(-1_000) + output).trimEnd().split("\n");
    const line = benchmarkLine(lines.at(-1) ?? "", test.name);
    if (line !== null) test.benchmarks.push(line);
  }
  if (test.annotations === null && output.includes("[[")) test.annotations = annotationCollector();
  test.annotations?.output(output);
  if (test.long !== null) test.long.add(output);
  else test.output += output;
  if (test.long === null && test.output.length > shortOutput) {
    test.long = new LongText(file, textLimits.stdout, () => `output of ${test.name}`);
    test.long.add(test.output);
    test.output = "";
  }
}

/** Ends a test; a second end never makes it better. */
export function endGoTest(test: GoTest, end: GoEnd, durationMs: number | null): void {
  if (test.end === "fail" || test.end === "unended") return;
  test.end = end;
  test.durationMs = durationMs;
  if (isBad(test) && test.parent !== null) test.parent.childFailed = true;
  if (!isBad(test)) {
    test.long?.drop();
    test.long = null;
    if (end === "pass") test.output = "";
  }
}

/** Whether a test is a result of its own: a parent is one only if it failed though all of its children did well. */
export function isResult(test: GoTest): boolean {
  return test.children === 0 || (isBad(test) && !test.childFailed);
}

function isBad({ end }: GoTest): boolean {
  return end === "fail" || end === "unended";
}

/** What a test makes of its package. */
export interface GoContext {
  readonly package: string;
  readonly file: ResultFile;
  /** Why the process of the package ended while tests were running; empty where nobody knows. */
  readonly ending: string;
}

/** Takes a group's output together, because a panic of a sub-test is told as output of its parent. */
export function closeGroup(test: GoTest): void {
  if (test.long !== null) test.output = test.long.shown().text;
  test.long = null;
}

/** The result of a test that ended. Properties and attachments of its parents are its own; so is what they say of a failure. */
export function resultOf(test: GoTest, context: GoContext): ReadTest {
  if (test.end === "pass") return { ...bare(test, context), ...annotated(withParents(test)) };
  const { file, ending } = context;
  const shown = test.long?.shown() ?? { text: test.output, kept: null };
  const text = shown.text.replace(/^\n+|\s+$/g, "");
  const told = explanationOf(isBad(test) && text === "" ? parentOutput(test) : text);
  const unended = test.end === "unended" && !told.panicked;
  const message = unended ? `It never ended: its package did. ${ending}`.trim() : told.message;
  const bad = isBad(test);
  return {
    ...bare(test, context),
    status: bad ? (told.panicked || unended ? "error" : "failed") : "skipped",
    message: fitting(message, textLimits.message, file),
    details: bad ? fitting(told.details || (text === "" ? "" : parentOutput(test)), textLimits.details, file) : "",
    stdout: bad ? fitting(told.stdout, textLimits.stdout, file) : "",
    location: bad ? told.location : null,
    ...annotated(withParents(test)),
    ...(shown.kept === null ? {} : { kept: [{ of: "stdout" as const, ...shown.kept }] }),
  };
}

/** A test that passed and says nothing. */
function bare(test: GoTest, context: GoContext): ReadTest {
  return {
    class: context.package,
    name: fitting(test.name, textLimits.name, context.file),
    params: null,
    status: "passed",
    durationMs: test.durationMs,
    message: "",
    details: "",
    stdout: "",
    location: null,
  };
}

function parentOutput(test: GoTest): string {
  for (let parent = test.parent; parent !== null; parent = parent.parent) {
    const text = parent.output.trim();
    if (text !== "") return text;
  }
  return "";
}

const nothing: Annotations = { properties: [], attachments: [], measures: [], remarks: [] };

function withParents(test: GoTest): Annotations {
  if (test.benchmarks.length === 0 && test.annotations === null && test.parent === null) return nothing;
  const own = annotationsOf(test);
  const inherited = [];
  for (let parent = test.parent; parent !== null; parent = parent.parent) inherited.unshift(annotationsOf(parent));
  return {
    ...own,
    properties: [...inherited.flatMap(({ properties }) => properties), ...own.properties],
    attachments: [...inherited.flatMap(({ attachments }) => attachments), ...own.attachments],
  };
}

/** What a test says about itself, the results of a benchmark among its measures. */
export function annotationsOf(test: GoTest): Annotations {
  const found = test.annotations?.found() ?? nothing;
  return { ...found, measures: [...found.measures, ...benchmarkMeasures(test.benchmarks)] };
}
