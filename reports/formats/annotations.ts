import type { Attachment, Measure, Property, ReadTest } from "../results.ts";

/** What a test says about itself beside its outcome. Each list may be empty. */
export interface Annotations {
  readonly properties: readonly Property[];
  readonly attachments: readonly Attachment[];
  readonly measures: readonly Measure[];
  /** What looked like an annotation and is none, one sentence each; they change no verdict. */
  readonly remarks: readonly string[];
}

/** Gathers the annotations of one test, or of a suite, from its output and from its properties. */
export interface AnnotationCollector {
  /** Takes output, in pieces as they come: a marker may be cut between two of them. */
  output(piece: string): void;
  /** Takes a property as a result file holds it. */
  property(name: string, value: string): void;
  found(): Annotations;
}

/** Annotations of each kind that are kept of one test, and characters of a name and of a value. */
export const annotationLimits = { count: 200, name: 256, value: 4_096 } as const;

/**
 * The one convention by which tests of any framework say more than passed or failed. In output, anywhere in a line:
 *
 * ```text
 * [[PROPERTY|requirement=SR-12]]
 * [[ATTACHMENT|screenshots/first.png]]
 * [[MEASURE|throughput=12500.5 req/s|higher]]
 * ```
 *
 * As a property of the result file (JUnit XML, an attribute of Go, metadata of RSpec): a name `measure.throughput` with
 * the value `12500.5 req/s|higher` is a measure; `attachment`, also numbered as `attachment2`, is an attachment (both
 * conventions but for the measure are those of docs.testmo.com/docs/automation/advanced/test-fields). All else is a
 * property. Of a measure unit and direction (`higher`, `lower` or `neither`) may be left out: without a direction the
 * unit decides, see {@link betterOf}. A number is written with a decimal point and without grouping: anything else is a
 * remark and no measure. A marker is told on one line.
 */
export function annotationCollector(): AnnotationCollector {
  const state: State = { properties: [], attachments: [], measures: [], remarks: new Set() };
  let rest = "";
  return {
    output(piece) {
      if (rest === "" && !piece.includes("[")) return;
      rest = takeMarkers(rest + piece, state);
    },
    property: (name, value) => takeProperty(name, value, state),
    found() {
      takeMarkers(`${rest}\n`, state);
      rest = "";
      return { ...state, remarks: [...state.remarks] };
    },
  };
}

/** The annotations in a whole output. */
export function annotationsIn(output: string): Annotations {
  const collector = annotationCollector();
  collector.output(output);
  return collector.found();
}

/** The fields of a test for these annotations: empty lists are absent. */
export function annotated(annotations: Annotations): Pick<ReadTest, "properties" | "attachments" | "measures"> {
  const { properties, attachments, measures } = annotations;
  return {
    ...(properties.length > 0 ? { properties } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(measures.length > 0 ? { measures } : {}),
  };
}

/**
 * The direction that a unit itself says: what is used per operation (`ns/op`, `B/op`) had better be low, what is done per
 * second (`req/s`, `MB/s`) had better be high. Of any other unit nothing is guessed.
 */
export function betterOf(unit: string): Measure["better"] {
  if (/\/op$/.test(unit)) return "lower";
  return /\/(s|sec|second)$/.test(unit) ? "higher" : "neither";
}

interface State {
  readonly properties: Property[];
  readonly attachments: Attachment[];
  readonly measures: Measure[];
  readonly remarks: Set<string>;
}

const kinds = ["PROPERTY|", "ATTACHMENT|", "MEASURE|"] as const;
const longestMarker = annotationLimits.name + annotationLimits.value + 32;

/** Takes every whole marker; returns what may be the beginning of one, which is never longer than a marker may be. */
function takeMarkers(text: string, state: State): string {
  for (let start = text.indexOf("[["); start !== -1; ) {
    const kind = kinds.find((one) => text.startsWith(one, start + 2));
    const end = kind === undefined ? "none" : endOf(text, start);
    if (mayBeCut(text, start, end)) return text.slice(start);
    if (kind !== undefined && typeof end === "number") {
      takeMarker(kind, text.slice(start + 2 + kind.length, end), state);
    }
    start = text.indexOf("[[", typeof end === "number" ? end + 2 : start + 2);
  }
  return text.endsWith("[") ? "[" : "";
}

/** Where the brackets stand that end the marker, of more than two the last ones: `[[PROPERTY|key=list[0]]]`. */
function endOf(text: string, start: number): number | "none" {
  const found = /\]*\]\]|\n/.exec(text.slice(start, start + longestMarker));
  return found === null || found[0] === "\n" ? "none" : start + found.index + found[0].length - 2;
}

function mayBeCut(text: string, start: number, end: number | "none"): boolean {
  const tail = text.slice(start + 2, start + longestMarker);
  if (text.length - start >= longestMarker || tail.includes("\n")) return false;
  if (typeof end === "number") return end + 2 === text.length;
  return kinds.some((kind) => kind.startsWith(tail) || tail.startsWith(kind));
}

function takeMarker(kind: (typeof kinds)[number], body: string, state: State): void {
  const sign = body.indexOf("=");
  const name = body.slice(0, Math.max(sign, 0)).trim();
  if (kind === "ATTACHMENT|") takeAttachment(body.trim(), state);
  else if (name === "") remark(`"[[${kind}${body}]]" has no name before an equals sign.`, state);
  else if (kind === "MEASURE|") takeMeasure(name, body.slice(sign + 1), state);
  else takeProperty(name, body.slice(sign + 1).trim(), state);
}

function takeProperty(name: string, value: string, state: State): void {
  if (name.startsWith("measure.") && name.length > 8) takeMeasure(name.slice(8), value, state);
  else if (/^attachment\d*$/.test(name)) takeAttachment(value.trim(), state);
  else {
    const property = { name: cut(name, annotationLimits.name), value: cut(value, annotationLimits.value) };
    keep(state.properties, property, { what: "properties", state });
  }
}

function takeAttachment(path: string, state: State): void {
  if (path === "" || path.length > annotationLimits.value) {
    remark(path === "" ? "An attachment names no file." : "An attachment's path is too long.", state);
  } else {
    const name = path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
    keep(state.attachments, { name: cut(name, annotationLimits.name), path }, { what: "attachments", state });
  }
}

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const directions: Readonly<Record<string, Measure["better"]>> = {
  higher: "higher",
  lower: "lower",
  neither: "neither",
};

function takeMeasure(name: string, said: string, state: State): void {
  const [quantity = "", direction] = said.split("|", 2).map((part) => part.trim());
  const [number = "", unit = ""] = quantity.split(/\s+(.*)/s, 2);
  const value = decimal.test(number) ? Number(number) : Number.NaN;
  if (!Number.isFinite(value)) {
    remark(`The measure ${name} is no number: "${quantity}".`, state);
    return;
  }
  const known =
    direction === undefined ? betterOf(unit) : Object.hasOwn(directions, direction) ? directions[direction] : undefined;
  if (known === undefined) remark(`The measure ${name} is better "${direction}": higher, lower or neither?`, state);
  const measure = { name: cut(name, annotationLimits.name), value, unit: cut(unit, annotationLimits.name) };
  keep(state.measures, { ...measure, better: known ?? "neither" }, { what: "measures", state });
}

function keep<Kept>(list: Kept[], one: Kept, of: { readonly what: string; readonly state: State }): void {
  if (list.length < annotationLimits.count) list.push(one);
  else remark(`It has more than ${annotationLimits.count} ${of.what}: the first ${list.length} are kept.`, of.state);
}

function remark(sentence: string, state: State): void {
  if (state.remarks.size < 20) state.remarks.add(sentence.slice(0, 500).toWellFormed());
}

function cut(text: string, limit: number): string {
  return (text.length <= limit ? text : `${text.slice(0, limit - 1)}…`).toWellFormed();
}
