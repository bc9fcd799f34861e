import type { ReadResults, ReadTest } from "../results.ts";
import { countIn, type Fields, fieldsOf, numberIn, parsed, textIn } from "./json-text.ts";
import { fitting, type Line, lineReader } from "./lines.ts";
import type { ResultFile } from "./result-file.ts";
import { exampleOf, type LineExample } from "./rspec-example.ts";
import { errorsOutside, outsideDamage } from "./rspec-outside.ts";

/**
 * Reads what the formatter `pipelines/stages/runners/edgecert_rspec.rb` writes: JSON Lines in ASCII, one object per line,
 * each line flushed when its event happened, so that a killed run leaves all that it proved. RSpec's own JSON is written
 * once, at its exit. The types of line, in this order:
 *
 * ```text
 * {"v":1,"type":"load","rspec":"3.12.0","ruby":"3.1.2"}
 * {"type":"message","text":"Run options: include {:focus=>true}"}
 * {"type":"start","examples":12,"seed":4711,"dry_run":false}
 * {"type":"started","id":"./spec/key_spec.rb[1:1]","group":"the key","description":"is needed"}
 * {"type":"example","id":"./spec/key_spec.rb[1:1]","group":"the key","description":"is needed","status":"failed",
 *  "seconds":0.0123,"file":"./spec/key_spec.rb","line":12,"properties":[["scenario","VS-3"]],
 *  "exceptions":[{"class":"RuntimeError","message":"no","backtrace":["./spec/key_spec.rb:13:in `block'"],"cause":null}]}
 * {"type":"end","examples":12,"failed":1,"pending":2,"errors_outside":0,"seconds":61.5}
 * ```
 *
 * - `load`: `v` is 1. Written before the first file of examples is loaded.
 * - `message`: what RSpec says outside of examples, anywhere before `end`; its errors outside of examples are among them.
 * - `start`: `examples` is the planned number. `seed` where the order is random.
 * - `started`: an example begins. The one that never ends is the one in which a run was killed.
 * - `example`: it ended. `id` is RSpec's own, unique in a run even where shared examples share place and name. `status`
 *   is `passed`, `failed` (with `exceptions`: aggregated failures and those of hooks stand one by one, each with its
 *   cause) or `pending` (with `message`). `properties` are the example's metadata: texts, numbers, symbols and lists of
 *   them, as pairs; what {@link annotationCollector} says about names holds. `attempts` are the exceptions of earlier
 *   attempts, where the gem rspec-retry ran the example again.
 * - `end`: RSpec's own counts. It is written after an interrupt and after `exit` too, so it alone says nothing.
 *
 * Never throws. The file is *damaged* when a line is not an object of these types, `load`, `start` or `end` is missing or
 * doubled, anything follows `end`, an example ended twice, a count differs from what was read, fewer examples ended than
 * were planned (`--fail-fast`, an interrupt, `exit` in an example), errors happened outside of examples, or it was a dry
 * run, in which RSpec calls every example passed.
 */
export const readRspecLines = lineReader((file) => {
  const reading: Reading = {
    file,
    load: null,
    start: null,
    end: null,
    examples: [],
    ids: new Set(),
    running: null,
    messages: [],
    problems: [],
  };
  return { take: (line) => takeLine(line, reading), finish: () => finished(reading) };
});

interface Reading {
  readonly file: ResultFile;
  load: Fields | null;
  start: Fields | null;
  end: Fields | null;
  readonly examples: LineExample[];
  /** Of the examples that ended. */
  readonly ids: Set<string>;
  running: string | null;
  readonly messages: string[];
  /** Reasons for damage; only the first ones are kept. */
  readonly problems: string[];
}

/** How many messages and problems are told: a broken file could have one for each line. */
const told = 20;

function takeLine(line: Line, reading: Reading): void {
  if (line.text.trim() === "") return;
  const result = line.cut ? { complaint: "It is too long." } : parsed(line.text);
  const fields = "value" in result ? fieldsOf(result.value) : null;
  if (fields === null) {
    problem(line, `cannot be read. ${"complaint" in result ? result.complaint : "It is not an object."}`, reading);
  } else if (reading.end !== null) problem(line, "follows the end line.", reading);
  else takeFields(fields, line, reading);
}

function takeFields(fields: Fields, line: Line, reading: Reading): void {
  const type = textIn(fields, "type");
  if (type === "load" || type === "start" || type === "end") {
    if (reading[type] !== null) problem(line, `is a second ${type} line.`, reading);
    reading[type] = fields;
    if (type === "load" && fields.get("v") !== 1) {
      problem(line, `is of version ${String(fields.get("v")).slice(0, 40)}, not 1.`, reading);
    }
  } else if (type === "message") {
    if (reading.messages.length < told)
      reading.messages.push(fitting(textIn(fields, "text").trim(), 65_536, reading.file));
  } else if (type === "started") reading.running = labelOf(fields);
  else if (type === "example") takeExample(fields, line, reading);
  else problem(line, `is of the unknown type "${type.slice(0, 40)}".`, reading);
}

function takeExample(fields: Fields, line: Line, reading: Reading): void {
  const id = textIn(fields, "id");
  if (id === "") problem(line, "is an example without an id.", reading);
  else if (reading.ids.has(id)) problem(line, `ends the example ${id.slice(0, 200)} a second time.`, reading);
  reading.ids.add(id);
  reading.running = null;
  const example = exampleOf(fields, reading.file);
  if (example.complaint !== null) problem(line, example.complaint, reading);
  reading.examples.push(example);
}

function problem({ number, offset }: Line, what: string, { problems }: Reading): void {
  if (problems.length < told) problems.push(`Line ${number}, at byte ${offset()}, ${what}`);
}

function labelOf(fields: Fields): string {
  const name = `${textIn(fields, "group")} ${textIn(fields, "description")}`.trim();
  return `"${name.slice(0, 200)}" (${textIn(fields, "id").slice(0, 200)})`.toWellFormed();
}

function finished(reading: Reading): ReadResults {
  const { problems, messages, examples, load, start } = reading;
  const tests = inOrder(examples);
  const outside = errorsOutside(messages, countIn(reading.end, "errors_outside") ?? messages.length);
  const seed = numberIn(start, "seed");
  const properties = [
    ["rspec", textIn(load, "rspec")],
    ["ruby", textIn(load, "ruby")],
    ["rspec.seed", seed === null ? "" : String(seed)],
  ].flatMap(([name = "", value = ""]) => (value === "" ? [] : [{ name, value: value.slice(0, 200) }]));
  return {
    framework: "rspec",
    tests: [...tests, ...outside],
    damaged: problems[0] ?? disagreement(reading),
    remarks: [
      ...problems.slice(1),
      ...messages.map((text) => text.slice(0, 2_000).toWellFormed()),
      ...remarksOf(examples),
    ],
    ...(properties.length > 0 ? { properties } : {}),
  };
}

/**
 * The tests in the order in which they ended; examples of equal names, which shared examples make, in the order of their
 * ids: so that their occurrence means the same in every run, though RSpec runs them in any order.
 */
function inOrder(examples: readonly LineExample[]): readonly ReadTest[] {
  const nameOf = ({ test }: LineExample) => `${test.class}\n\n${test.name}`;
  const groups = Map.groupBy(examples, nameOf);
  const byId = new Intl.Collator("en", { numeric: true });
  for (const group of groups.values()) {
    if (group.length > 1) group.sort((one, other) => byId.compare(other.id, one.id));
  }
  return examples.map((example) => (groups.get(nameOf(example))?.pop() ?? example).test);
}

function remarksOf(examples: readonly LineExample[]): readonly string[] {
  return [...new Set(examples.flatMap(({ remarks }) => remarks))].slice(0, told);
}

/** Why the file cannot be believed, or null. */
function disagreement(reading: Reading): string | null {
  const { load, start, end, examples, messages } = reading;
  if (load === null) {
    const empty = start === null && end === null && examples.length === 0;
    return empty ? "The file is empty: RSpec was stopped before it loaded the formatter." : "The load line is missing.";
  }
  if (start === null) return "The start line is missing: RSpec was stopped while it loaded the examples.";
  if (start.get("dry_run") !== false) return "It was a dry run, in which RSpec runs no example and calls each passed.";
  const outside = countIn(end, "errors_outside");
  if (outside !== null && outside > 0) return outsideDamage(messages, outside);
  if (end !== null && outside === null) return "The end line does not count errors outside of examples.";
  return stoppedEarly(start, reading) ?? miscounted(end, examples);
}

function stoppedEarly(start: Fields, { end, examples, running }: Reading): string | null {
  const planned = countIn(start, "examples");
  const ended = examples.length;
  const where = running === null ? "" : ` in ${running}`;
  if (planned === null) return "The start line does not say how many examples are planned.";
  if (end === null) {
    return `The end line is missing: ${ended} of ${planned} planned examples ended, then the run stopped${where}.`;
  }
  return planned === ended ? null : `${planned} examples were planned, ${ended} ended: RSpec stopped early${where}.`;
}

/** Because RSpec counts by itself: a line that went missing shows here. */
function miscounted(end: Fields | null, examples: readonly LineExample[]): string | null {
  const skipped = examples.filter(({ test }) => test.status === "skipped").length;
  const passed = examples.filter(({ test }) => test.status === "passed").length;
  const counts = [
    ["examples", "examples", examples.length],
    ["failed", "failures", examples.length - skipped - passed],
    ["pending", "pending examples", skipped],
  ] as const;
  for (const [field, words, number] of counts) {
    const said = countIn(end, field);
    if (said !== number) return `The end line counts ${said ?? "no"} ${words}, ${number} were found.`;
  }
  return null;
}
