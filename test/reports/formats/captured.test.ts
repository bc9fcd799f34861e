import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ResultFormat } from "../../../pipelines/dsl/request.ts";
import { readResults } from "../../../reports/formats/reader.ts";
import { formatOf } from "../../../reports/formats/recognition.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const captured = (path: string) => readFileSync(join(import.meta.dirname, "../../fixtures/results/captured", path));

const told = async (format: ResultFormat, path: string) => {
  const { tests, damaged } = await readResults(format, memoryFile(captured(path)));
  return { damaged, tests: tests.map(({ name, status }) => `${status} ${name}`) };
};

const rspec = [
  "passed passes",
  "failed fails",
  "error breaks",
  "failed aggregates",
  "skipped is skipped",
  "skipped is pending",
  "failed is fixed",
  "passed is expected to eq 1",
  "error never starts",
];

const planned = (ended: number, of: number, what: string) =>
  `The end line is missing: ${ended} of ${of} planned ${what}`;

describe("what RSpec 3.12 and unittest of Python 3.11 really wrote", () => {
  it.each<[ResultFormat, string, string | RegExp | null, readonly string[]]>([
    ["rspec-lines", "rspec-3.12/pass.jsonl", null, ["passed passes", "passed passes too"]],
    ["rspec-lines", "rspec-3.12/ways.jsonl", null, [...rspec, "failed fails twice"]],
    ["rspec-lines", "rspec-3.12/killed.jsonl", /1 of 3 planned examples ended.* in "edge hangs"/, ["passed passes"]],
    [
      "rspec-lines",
      "rspec-3.12/terminated.jsonl",
      /^3 examples were planned, 1 ended.* in "edge hangs"/,
      ["passed passes"],
    ],
    [
      "rspec-lines",
      "rspec-3.12/crash.jsonl",
      planned(1, 2, 'examples ended, then the run stopped in "edge crashes" (./crash_spec.rb[1:2]).'),
      ["passed passes"],
    ],
    ["rspec-lines", "rspec-3.12/exit-0.jsonl", /^3 examples were planned, 1 ended/, ["passed passes"]],
    ["rspec-lines", "rspec-3.12/fail-fast.jsonl", /^10 examples were planned, 2 ended/, rspec.slice(0, 2)],
    [
      "rspec-lines",
      "rspec-3.12/load-error.jsonl",
      /^1 error happened outside/,
      ["error An error occurred while loading ./broken_spec.rb."],
    ],
    [
      "rspec-lines",
      "rspec-3.12/after-context.jsonl",
      /^1 error happened outside/,
      ["passed passes", "error An error occurred in an `after(:context)` hook."],
    ],
    ["rspec-json", "rspec-json-3.12/pass.txt", null, ["passed passes", "passed passes too"]],
    ["rspec-json", "rspec-json-3.12/ways.txt", null, [...rspec, "error fails twice"]],
    [
      "rspec-json",
      "rspec-json-3.12/load-error.txt",
      /^1 error happened outside/,
      ["error An error occurred while loading ./broken_spec.rb."],
    ],
    ["rspec-json", "rspec-json-3.12/exit-0.txt", /^Example 2 has the unknown status/, ["passed passes", "error exits"]],
    ["unittest", "unittest-3.11.7/pass.jsonl", null, ["passed test_passes"]],
    [
      "unittest",
      "unittest-3.11.7/killed.jsonl",
      /1 of 3 planned tests ended.* in test_hangs.Hangs.test_b_hangs/,
      ["passed test_a_passes"],
    ],
    ["unittest", "unittest-3.11.7/interrupted.jsonl", /1 of 3 planned tests ended/, ["passed test_a_passes"]],
    ["unittest", "unittest-3.11.7/crash.jsonl", /1 of 2 planned tests ended/, ["passed test_a_passes"]],
    ["unittest", "unittest-3.11.7/load-error.jsonl", null, ["error test_broken", "passed test_passes"]],
    ["unittest", "unittest-3.11.7/module.jsonl", null, ["error setUpModule (test_module)"]],
    ["unittest", "unittest-3.11.7/no-tests.jsonl", null, []],
  ])("is read by %s from %s", async (format, path, damaged, tests) => {
    const read = await told(format, path);
    if (damaged === null) expect(read.damaged).toBeNull();
    else expect(read.damaged).toMatch(damaged);
    expect(read.tests).toEqual(tests);
    expect(formatOf(captured(path))).toBe(format);
  });

  it("says of a dry run and of a filter what they are", async () => {
    expect((await told("rspec-lines", "rspec-3.12/dry-run.jsonl")).damaged).toMatch(/^It was a dry run/);
    const filtered = await readResults("rspec-lines", memoryFile(captured("rspec-3.12/filtered.jsonl")));
    expect(filtered.remarks).toEqual(["Run options: include {:full_description=>/passes/}"]);
  });

  it("holds every way in which a unittest method may end", async () => {
    const { tests, damaged } = await told("unittest", "unittest-3.11.7/ways.jsonl");
    expect(damaged).toBeNull();
    expect(tests).toEqual([
      "skipped test_is_elsewhere",
      "error setUpClass (test_ways.Fixture)",
      "error test_breaks",
      "error test_cannot_clean_up",
      "error test_exits",
      "failed test_fails",
      "passed test_fails_as_expected",
      "skipped test_is_skipped",
      "failed test_parts",
      "failed test_parts",
      "passed test_passes",
      "failed test_passes_unexpectedly",
      "skipped test_skipped_parts",
    ]);
  });
});
