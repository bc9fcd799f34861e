import type { ReadResults, ReadTest } from "../results.ts";
import { countIn, type Fields, fieldsOf, parsed, textIn } from "./json-text.ts";
import { type Line, lineReader } from "./lines.ts";
import type { ResultFile } from "./result-file.ts";
import { isFixture, isRawStatus, outcomes, type RawStatus, unittestTest } from "./unittest-test.ts";

/*
 * Because Python's own text output cannot be read safely (names and output share one stream), the suites of format
 * `unittest` are run by a small runner that writes what follows.
 */

/**
 * Reads the results of a Python `unittest` suite: JSON Lines in UTF-8, one object per line, each line flushed when it
 * is written, so that a killed run leaves all that it proved. Four types of line, in this order:
 *
 * ```text
 * {"v":1,"type":"start","tests":57,"python":"3.11.2"}
 * {"type":"started","id":"tests.unit.test_key.KeyTest.test_short_key"}
 * {"type":"test","id":"tests.unit.test_key.KeyTest.test_short_key","status":"passed","seconds":0.0123,
 *  "properties":[["scenario","VS-3"]]}
 * {"type":"test","id":"tests.unit.test_numa.NumaTest.test_nodes","subtest":"(nodes=2)","status":"failed","seconds":null,
 *  "message":"AssertionError: 1 != 2","details":"Traceback (most recent call last):\n ...","stdout":"",
 *  "file":"tests/unit/test_numa.py","line":41}
 * {"type":"end","tests":57,"stopped":false,"passed":55,"failed":1,"error":0,"skipped":1,"expected-failure":0,"unexpected-success":0}
 * ```
 *
 * - `start`: `v` is 1; `tests` is the planned number: `countTestCases()` of the loaded suite, written before the first
 *   test runs. `python` is optional text.
 * - `started`: optional. The method that never ends is the one in which a run was killed.
 * - `test`: written once for each test method that ended. `id` is `test.id()` (`module.Class.method`; for an error of
 *   loading or of `setUpClass`/`setUpModule` what unittest names it, such as `unittest.loader._FailedTest.test_x` or
 *   `setUpClass (module.Class)`). `status` is one of `passed`, `failed` (an assertion), `error` (any other exception,
 *   also in setUp, tearDown and clean-ups), `skipped`, `expected-failure` (counts as passed), `unexpected-success`
 *   (counts as failed). `seconds` is a number from a monotonic clock, or null. `message` is the exception's last line
 *   (`AssertionError: 1 != 2`) or the reason of a skip; `details` the formatted traceback; `stdout` captured output;
 *   `file` and `line` where it failed, relative to the folder of the suite. All of these five are optional.
 *   `properties` are pairs of texts, `notes` a docstring with markers: what {@link annotationCollector} says of properties
 *   and of output holds for them and for `stdout`. Output of a test that passed is not shown.
 * - Sub-tests: each *failed or broken* sub-test is one more `test` line before that of its method, with the same `id`
 *   and `subtest` as unittest describes it (`(nodes=2)` or `[message] (nodes=2)`). The method itself still has one
 *   line without `subtest`: `failed` if a sub-test failed, else `error` if one broke. Where that line has no `details`
 *   of its own the sub-tests stand for it: it is counted by `end`, and not shown as a further failure.
 * - `end`: written last, after all tests. `tests` is the number of `test` lines without `subtest`; the six counts are
 *   over the same lines, without sub-tests. An error of a fixture (`setUpClass`) has a line and is counted, though no
 *   test method stands behind it.
 *
 * The runner ends with exit code 0 if nothing is `failed`, `error` or `unexpected-success`, else 1; any other code
 * means that the runner itself broke. It is called as `python3 edgecert_unittest.py --output <file> [unittest discover
 * arguments]`, or in any way the stage likes: only the file counts here.
 *
 * Never throws. The file is *damaged* when a line is not an object of these types, `start` or `end` is missing or
 * doubled, anything follows `end`, a count differs from what was read, or fewer test methods ended than were planned
 * (unless a fixture of a class or module broke, whose tests then never start).
 */
export const readUnittest = lineReader((file) => {
  const reading: Reading = {
    file,
    planned: null,
    ended: null,
    tests: [],
    counts: new Map(),
    methods: 0,
    fixtures: 0,
    subtested: new Set(),
    running: "",
    problems: [],
    remarks: new Set(),
  };
  return { take: (line) => takeLine(line, reading), finish: () => finished(reading) };
});

interface Reading {
  readonly file: ResultFile;
  planned: number | null;
  ended: Fields | null;
  readonly tests: ReadTest[];
  /** Of the lines without `subtest`, by status. */
  readonly counts: Map<RawStatus, number>;
  methods: number;
  /** Broken set-ups and tear-downs of classes and modules: lines behind which no planned test stands. */
  fixtures: number;
  /** Methods of which a sub-test failed. */
  readonly subtested: Set<string>;
  /** The method that has started and not ended; empty where there is none. */
  running: string;
  readonly problems: string[];
  readonly remarks: Set<string>;
}

function takeLine(line: Line, reading: Reading): void {
  if (line.text.trim() === "") return;
  const result = line.cut ? { complaint: "It is too long." } : parsed(line.text);
  const fields = "value" in result ? fieldsOf(result.value) : null;
  const type = textIn(fields, "type");
  if (fields === null) {
    const why = "complaint" in result ? result.complaint : "It is not an object.";
    problem(`Line ${line.number} cannot be read. ${why}`, reading);
  } else if (reading.ended !== null) {
    problem(`Line ${line.number} follows the end line.`, reading);
  } else if (type === "start") {
    start(fields, line.number, reading);
  } else if (type === "started") {
    reading.running = textIn(fields, "id").slice(0, 500);
  } else if (type === "test") {
    test(fields, line.number, reading);
  } else if (type === "end") {
    reading.ended = fields;
  } else {
    problem(`Line ${line.number} is of the unknown type "${type.slice(0, 40)}".`, reading);
  }
}

function problem(sentence: string, { problems }: Reading): void {
  if (problems.length < 20) problems.push(sentence);
}

function finished(reading: Reading): ReadResults {
  const { tests, problems, remarks } = reading;
  return {
    framework: "unittest",
    tests,
    damaged: problems[0] ?? disagreement(reading),
    remarks: [...problems.slice(1), ...[...remarks].slice(0, 20)],
  };
}

function start(fields: Fields, number: number, reading: Reading): void {
  if (reading.planned !== null) problem(`Line ${number} starts the suite a second time.`, reading);
  if (fields.get("v") !== 1) problem(`Line ${number} is of version ${String(fields.get("v"))}, not 1.`, reading);
  reading.planned = countIn(fields, "tests");
  if (reading.planned === null) problem(`Line ${number} does not say how many tests are planned.`, reading);
}

function test(fields: Fields, number: number, reading: Reading): void {
  const status = textIn(fields, "status");
  const id = textIn(fields, "id");
  if (id === "") problem(`Line ${number} is a test without an id.`, reading);
  if (!isRawStatus(status)) problem(`Line ${number} has the unknown status "${status.slice(0, 40)}".`, reading);
  const raw: RawStatus = isRawStatus(status) ? status : "error";
  const subtest = textIn(fields, "subtest");
  if (subtest === "") {
    reading.counts.set(raw, (reading.counts.get(raw) ?? 0) + 1);
    reading.methods += 1;
    reading.running = "";
  }
  if (isFixture(id)) reading.fixtures += 1;
  if (subtest === "" && isToldBySubtests(id, raw, fields, reading)) return;
  reading.tests.push(unittestTest({ id, subtest, raw }, fields, reading));
  if (subtest !== "") reading.subtested.add(id);
}

function isToldBySubtests(id: string, raw: RawStatus, fields: Fields, reading: Reading): boolean {
  return (raw === "failed" || raw === "error") && textIn(fields, "details") === "" && reading.subtested.has(id);
}

/** Why the counts cannot be believed, or null. */
function disagreement({ planned, ended, counts, methods, fixtures, running }: Reading): string | null {
  if (planned === null) return methods === 0 && ended === null ? "The file is empty." : "The start line is missing.";
  if (ended === null) {
    const where = running === "" ? "" : ` in ${running}`;
    return `The end line is missing: ${methods} of ${planned} planned tests ended, then the run stopped${where}.`;
  }
  const said = countIn(ended, "tests");
  if (said !== methods) return `The end line counts ${said ?? "no"} tests, ${methods} were found.`;
  for (const status of Object.keys(outcomes)) {
    const found = isRawStatus(status) ? (counts.get(status) ?? 0) : 0;
    const count = countIn(ended, status);
    if (count !== found) return `The end line counts ${count ?? "no"} tests as ${status}, ${found} were found.`;
  }
  if (ended.get("stopped") === true) return "The run was stopped: some of the planned tests may not have run.";
  const missing = planned - (methods - fixtures);
  if (missing < 0) return `${planned} tests were planned, ${methods} ended: it is of more than one run.`;
  if (missing > 0 && fixtures === 0) return `${planned} tests were planned, only ${methods} ended.`;
  return null;
}
