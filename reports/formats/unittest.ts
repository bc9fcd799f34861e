import { capped, type ReadResults, type ReadTest, type TestStatus, textLimits } from "../results.ts";
import { fieldsOf, jsonLines, numberIn, type Fields, textIn } from "./json-text.ts";

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
 *   line without `subtest`: `failed` if a sub-test failed, else `error` if one broke.
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
  throw new Error(`not yet: ${text.length}`);
}
