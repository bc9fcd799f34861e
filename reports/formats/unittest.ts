import { capped, type ReadResults, type ReadTest, type TestStatus, textLimits } from "../results.ts";
import { countIn, type Fields, fieldsOf, millisecondsIn, parsed, textIn } from "./json-text.ts";

/*
 * Because Python's own text output cannot be read safely (names and output share one stream), the suites of format
 * `unittest` are run by a small runner that writes what follows.
 */

/**
 * Reads the results of a Python `unittest` suite: JSON Lines in UTF-8, one object per line, each line flushed when it
 * is written, so that a killed run leaves all that it proved. Three types of line, in this order:
 *
 * ```text
 * {"v":1,"type":"start","tests":57,"python":"3.11.2"}
 * {"type":"test","id":"tests.unit.test_key.KeyTest.test_short_key","status":"passed","seconds":0.0123}
 * {"type":"test","id":"tests.unit.test_numa.NumaTest.test_nodes","subtest":"(nodes=2)","status":"failed","seconds":null,
 *  "message":"AssertionError: 1 != 2","details":"Traceback (most recent call last):\n ...","stdout":"",
 *  "file":"tests/unit/test_numa.py","line":41}
 * {"type":"end","tests":57,"passed":55,"failed":1,"error":0,"skipped":1,"expected-failure":0,"unexpected-success":0}
 * ```
 *
 * - `start`: `v` is 1; `tests` is the planned number: `countTestCases()` of the loaded suite, written before the first
 *   test runs. `python` is optional text.
 * - `test`: written once for each test method that ended. `id` is `test.id()` (`module.Class.method`; for an error of
 *   loading or of `setUpClass`/`setUpModule` what unittest names it, such as `unittest.loader._FailedTest.test_x` or
 *   `setUpClass (module.Class)`). `status` is one of `passed`, `failed` (an assertion), `error` (any other exception,
 *   also in setUp, tearDown and clean-ups), `skipped`, `expected-failure` (counts as passed), `unexpected-success`
 *   (counts as failed). `seconds` is a number from a monotonic clock, or null. `message` is the exception's last line
 *   (`AssertionError: 1 != 2`) or the reason of a skip; `details` the formatted traceback; `stdout` captured output;
 *   `file` and `line` where it failed, relative to the folder of the suite. All of these five are optional.
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
export function readUnittest(text: string): ReadResults {
  const reading: Reading = {
    planned: null,
    ended: null,
    tests: [],
    methods: [],
    fixtures: 0,
    subtested: new Set(),
    problems: [],
  };
  text.split("\n").forEach((line, index) => {
    if (line.trim() !== "") readLine(line, index + 1, reading);
  });
  return {
    framework: "unittest",
    tests: reading.tests,
    damaged: reading.problems[0] ?? disagreement(reading),
    remarks: reading.problems.slice(1, 20),
  };
}

interface Reading {
  planned: number | null;
  ended: Fields | null;
  readonly tests: ReadTest[];
  /** Statuses of the lines without `subtest`. */
  readonly methods: RawStatus[];
  /** Broken set-ups and tear-downs of classes and modules: lines behind which no planned test stands. */
  fixtures: number;
  /** Methods of which a sub-test failed. */
  readonly subtested: Set<string>;
  readonly problems: string[];
}

const outcomes = {
  passed: "passed",
  failed: "failed",
  error: "error",
  skipped: "skipped",
  "expected-failure": "passed",
  "unexpected-success": "failed",
} as const satisfies Record<string, TestStatus>;

type RawStatus = keyof typeof outcomes;

function readLine(line: string, number: number, reading: Reading): void {
  const result = parsed(line);
  const fields = "value" in result ? fieldsOf(result.value) : null;
  const type = textIn(fields, "type");
  if (fields === null) {
    const why = "complaint" in result ? result.complaint : "It is not an object.";
    reading.problems.push(`Line ${number} cannot be read. ${why}`);
  } else if (reading.ended !== null) {
    reading.problems.push(`Line ${number} follows the end line.`);
  } else if (type === "start") {
    start(fields, number, reading);
  } else if (type === "test") {
    test(fields, number, reading);
  } else if (type === "end") {
    reading.ended = fields;
  } else {
    reading.problems.push(`Line ${number} is of the unknown type "${type.slice(0, 40)}".`);
  }
}

function start(fields: Fields, number: number, reading: Reading): void {
  if (reading.planned !== null) reading.problems.push(`Line ${number} starts the suite a second time.`);
  if (fields.get("v") !== 1) reading.problems.push(`Line ${number} is of version ${String(fields.get("v"))}, not 1.`);
  reading.planned = countIn(fields, "tests");
  if (reading.planned === null) reading.problems.push(`Line ${number} does not say how many tests are planned.`);
}

function test(fields: Fields, number: number, reading: Reading): void {
  const status = textIn(fields, "status");
  const id = textIn(fields, "id");
  if (id === "") reading.problems.push(`Line ${number} is a test without an id.`);
  if (!isRawStatus(status)) reading.problems.push(`Line ${number} has the unknown status "${status.slice(0, 40)}".`);
  const raw: RawStatus = isRawStatus(status) ? status : "error";
  const subtest = textIn(fields, "subtest");
  if (subtest === "") reading.methods.push(raw);
  if (isFixture(id)) reading.fixtures += 1;
  if (subtest === "" && isToldBySubtests(id, raw, fields, reading)) return;
  reading.tests.push(testOf(id, subtest, raw, fields));
  if (subtest !== "") reading.subtested.add(id);
}

function isToldBySubtests(id: string, raw: RawStatus, fields: Fields, reading: Reading): boolean {
  return (raw === "failed" || raw === "error") && textIn(fields, "details") === "" && reading.subtested.has(id);
}

function testOf(id: string, subtest: string, raw: RawStatus, fields: Fields): ReadTest {
  const dot = isFixture(id) ? -1 : id.lastIndexOf(".");
  const file = textIn(fields, "file");
  const success = raw === "unexpected-success" ? "Passed, though the test is marked as an expected failure." : "";
  return {
    class: capped(id.slice(0, Math.max(dot, 0)), textLimits.name),
    name: capped(id.slice(dot + 1), textLimits.name),
    params: subtest === "" ? null : capped(subtest, textLimits.name),
    status: outcomes[raw],
    durationMs: millisecondsIn(fields, "seconds"),
    message: capped(textIn(fields, "message") || success, textLimits.message),
    details: capped(textIn(fields, "details"), textLimits.details),
    stdout: capped(textIn(fields, "stdout"), textLimits.details),
    location: file === "" ? null : { file: capped(file, textLimits.name), line: countIn(fields, "line") },
  };
}

/** Why the counts cannot be believed, or null. */
function disagreement({ planned, ended, methods, fixtures }: Reading): string | null {
  const read = methods.length;
  if (planned === null) return read === 0 && ended === null ? "The file is empty." : "The start line is missing.";
  if (ended === null)
    return `The end line is missing: ${read} of ${planned} planned tests ended, then the run stopped.`;
  const said = countIn(ended, "tests");
  if (said !== read) return `The end line counts ${said ?? "no"} tests, ${read} were found.`;
  for (const status of Object.keys(outcomes)) {
    const found = methods.filter((method) => method === status).length;
    const count = countIn(ended, status);
    if (count !== found) return `The end line counts ${count ?? "no"} tests as ${status}, ${found} were found.`;
  }
  const missing = planned - (read - fixtures);
  if (missing > 0 && fixtures === 0) return `${planned} tests were planned, only ${read} ended.`;
  return null;
}

function isRawStatus(status: string): status is RawStatus {
  return Object.hasOwn(outcomes, status);
}

/** Because unittest names a broken fixture `setUpClass (module.Class)` and a test `module.Class.method`. */
function isFixture(id: string): boolean {
  return /^(setUp|tearDown)(Class|Module) \(/.test(id);
}
