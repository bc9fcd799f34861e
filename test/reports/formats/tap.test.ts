import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTap } from "../../../reports/formats/tap.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const captured = (name: string) =>
  readFileSync(join(import.meta.dirname, "../../fixtures/results/captured", `${name}.tap`), "utf8");
const read = (text: string) => readTap(memoryFile(text));
const told = async (text: string) => {
  const { tests, damaged } = await read(text);
  return {
    damaged,
    tests: tests.map((test) => `${test.status} ${test.class === "" ? "" : `${test.class}: `}${test.name}`),
  };
};

describe("readTap on what real tools wrote", () => {
  it("reads Test::More: skips, what is to do, sub-tests, and diagnostics of failures", async () => {
    const { tests, damaged } = await told(captured("perl-1.302190/ways"));
    expect(damaged).toBeNull();
    expect(tests).toEqual([
      "passed passes",
      "failed fails",
      "passed has # in its name",
      "skipped test 4",
      "skipped is to do",
      "passed a group: inner passes",
      "failed a group: inner fails",
      "passed is annotated",
    ]);
    const found = (await read(captured("perl-1.302190/ways"))).tests;
    expect(found[1]?.message).toContain("got: '1'\nexpected: '2'");
    expect(found[3]?.message).toBe("no huge pages");
    expect(found[7]?.properties).toEqual([{ name: "scenario", value: "VS-1" }]);
  });

  it.each([
    ["perl-1.302190/pass", ["passed passes", "passed a group: inner passes"]],
    ["bats-1.8.2/pass", ["passed passes", "passed passes too"]],
    ["node-24.21.0/pass", ["passed a group: passes", "passed a group > a group in it: passes too"]],
    ["prove-3.44/pass", ["passed good.t: passes", "passed good.t > a group: inner passes"]],
    ["perl-1.302190/skipped", ["skipped all tests"]],
  ])("finds nothing wrong in %s", async (name, tests) => {
    expect(await told(captured(name))).toEqual({ damaged: null, tests });
  });

  it.each([
    ["perl-1.302190/bail-out", "The run bailed out: the network is gone", ["error Bail out!", "passed passes"]],
    ["perl-1.302190/dies", "The plan says 3 tests, 1 were found.", ["passed passes"]],
    ["perl-1.302190/killed", "The plan says 2 tests, 1 were found.", ["passed passes"]],
  ])("calls %s damaged", async (name, damaged, tests) => {
    expect(await told(captured(name))).toEqual({ damaged, tests });
  });

  it("reads bats: skips, output of failures, times that are no part of names", async () => {
    const tests = ["passed passes", "failed fails", "skipped is skipped", "passed is annotated"];
    for (const name of ["ways", "timed", "tap13"]) {
      expect(await told(captured(`bats-1.8.2/${name}`))).toEqual({ damaged: null, tests });
    }
    const timed = (await read(captured("bats-1.8.2/timed"))).tests;
    expect(timed[1]?.message).toContain("said before");
    expect(timed[0]?.durationMs).toBeGreaterThan(0);
    expect(timed[3]?.measures).toEqual([{ name: "start", value: 120, unit: "ms", better: "lower" }]);
  });

  it("reads node:test: YAML blocks with message, time and place, also of sub-tests", async () => {
    const { tests, damaged } = await read(captured("node-24.21.0/ways"));
    expect(damaged).toBeNull();
    expect(tests.map(({ name, status }) => [name, status])).toEqual([
      ["passes", "passed"],
      ["fails", "failed"],
      ["breaks", "failed"],
      ["is skipped", "skipped"],
      ["is to do", "skipped"],
      ["is annotated", "passed"],
      ["passes inside", "passed"],
      ["fails inside", "failed"],
    ]);
    expect(tests[2]).toMatchObject({
      message: "first line\nsecond line",
      location: { file: "/suite/ways.test.mjs", line: 6 },
    });
    expect(tests[2]?.details).toContain("TypeError");
    expect(tests[0]?.durationMs).not.toBeNull();
    expect(tests[5]?.properties).toEqual([{ name: "scenario", value: "VS-1" }]);
  });

  it("reads prove: each file by its name, and a broken test where only its end was bad", async () => {
    const { tests } = await told(captured("prove-3.44/several"));
    expect(tests).toContain("failed ways.t > a group: inner fails");
    expect(tests).toContain("error exits.t: [file failed]");
    expect(tests).toContain("skipped skipped.t: all tests");
    expect((await told(captured("prove-3.44/bail-out"))).tests).toContain("error Bail out!");
  });

  it.each(["perl-1.302190/pass", "bats-1.8.2/pass", "node-24.21.0/pass"])(
    "is damaged wherever %s is cut",
    async (name) => {
      const text = captured(name);
      for (let at = 0; at < text.length; at += 1) {
        const cut = await told(text.slice(0, at));
        if (cut.damaged !== null) continue;
        expect(cut, `cut at ${at}`).toEqual(await told(text));
        expect(text.slice(at), `cut at ${at}`).not.toMatch(/^\s*(not )?ok|1\.\.\d/m);
      }
    },
  );
});

describe("readTap", () => {
  it.each([
    ["nothing", "", "The file holds no TAP."],
    ["text alone", "hello\n", "The file holds no TAP."],
    ["no plan", "ok 1\n", "The plan is missing: nobody knows how many tests there should be."],
    ["fewer tests than planned", "1..2\nok 1\n", "The plan says 2 tests, 1 were found."],
    ["more tests than planned", "1..1\nok 1\nok 2\n", "The plan says 1 tests, 2 were found."],
    ["two plans", "1..1\nok 1\n1..1\n", "Line 3 is a second plan."],
    ["a number twice", "1..2\nok 1\nok 1\n", "The test number 1 was found twice."],
    ["a number out of the plan", "1..2\nok 1\nok 7\n", "The test number 7 is outside of the plan."],
    ["another version", "TAP version 15\n1..1\nok 1\n", "TAP version 15 is not known."],
    ["a block without an end", "1..2\nok 1\n  ---\n  a: 1\nok 2\n", "The YAML block of line 3 does not end."],
    ["a block at the end", "1..1\nok 1\n  ---\n  a: 1\n", "The YAML block of line 3 does not end."],
    [
      "a wrong plan below",
      "1..1\n    1..2\n    ok 1\nok 1 - a\n",
      'The plan of "a sub-test" says 2 tests, 1 were found.',
    ],
    ["sub-tests without a test", "1..1\nok 1\n    ok 1\n    1..1\n", "Sub-tests were found whose own test is missing."],
    ["a failure at an odd place", "1..1\n  not ok 1\nok 1\n", "Line 2, at byte 5, is not ok where no test may stand."],
    [
      "a failure that is too deep",
      "1..1\n        not ok 1\nok 1\n",
      "Line 2, at byte 5, is not ok where no test may stand.",
    ],
    ["a test behind unfinished output", "1..2\nok 1\nprinted not ok 2\n", "The plan says 2 tests, 1 were found."],
    ["a last line that is cut", "1..1\nok 1 - a # SK", "The last line, at byte 5, does not end: the results were cut."],
    ["a bail-out", "1..1\nBail out!\n", "The run bailed out: no reason is given."],
  ])("calls %s damaged", async (_what, text, damaged) => {
    expect((await read(text)).damaged).toBe(damaged);
  });

  it.each([
    ["the plan stands last", "ok 1 - a\nok 2 - b\n1..2\n", ["passed a", "passed b"]],
    ["numbers are missing", "1..2\nok - a\nok b\n", ["passed a", "passed b"]],
    ["tests come in another order", "1..2\nok 2 - b\nok 1 - a\n", ["passed b", "passed a"]],
    ["lines end as on Windows", "1..1\r\nok 1 - a\r\n", ["passed a"]],
    ["a test waits aloud", "1..2\nok 1 - a\nWaiting for a.b ...\na.b ...\nok 2 - b\n", ["passed a", "passed b"]],
    ["nothing is said", "1..1\nok\n", ["passed test 1"]],
    ["there is noise", "starting\n1..1\n# hello\nokay\nok 1 - a\nbye\n", ["passed a"]],
    ["there are pragmas", "TAP version 14\npragma +strict\n1..1\nok 1 - a\n", ["passed a"]],
    ["a name has an escaped sign", "1..1\nok 1 - a \\# TODO b \\\\ c\n", ["passed a # TODO b \\ c"]],
    ["a failure is to do", "1..1\nnot ok 1 - a # TODO later\n", ["skipped a"]],
    ["what is to do works", "1..1\nok 1 - a # todo later\n", ["passed a"]],
    ["a failure is skipped", "1..1\nnot ok 1 - a # SKIP no\n", ["skipped a"]],
    ["a name only begins like a directive", "1..1\nnot ok 1 - a # todos\n", ["failed a # todos"]],
    ["all is skipped", "1..0 # SKIP no network\n", ["skipped all tests"]],
    ["a group fails by itself", "1..1\n    ok 1 - b\n    1..1\nnot ok 1 - a\n", ["passed a: b", "failed a"]],
    ["a group is to do", "1..1\n    not ok 1 - b\n    1..1\nnot ok 1 - a # TODO\n", ["skipped a: b"]],
    ["a group passes over a failure", "1..1\n    not ok 1 - b\n    1..1\nok 1 - a\n", ["failed a: b"]],
    ["sub-tests stand in braces", "1..1\nok 1 - a {\n    1..1\n    ok 1 - b\n}\n", ["passed a: b"]],
    [
      "several documents follow each other",
      "TAP version 13\n1..1\nok 1 - a\nTAP version 13\n1..1\nok 1 - b\n",
      ["passed a", "passed b"],
    ],
    ["node-tap tells times", "1..1\nok 1 - a # time=12.3ms\n", ["passed a"]],
  ])("reads what it should when %s", async (_what, text, tests) => {
    expect(await told(text)).toEqual({ damaged: null, tests });
  });

  it("keeps the raw block of a failure and takes its simple keys", async () => {
    const block =
      "  ---\n  message: 'it''s wrong'\n  severity: fail\n  at:\n    file: a.js\n    line: 7\n  duration_ms: 1.6\n  ...\n";
    const { tests } = await read(`1..1\nnot ok 1 - a\n${block}`);
    expect(tests[0]).toMatchObject({ message: "it's wrong", durationMs: 2, location: { file: "a.js", line: 7 } });
    expect(tests[0]?.details).toContain("severity: fail");
  });

  it("takes very deep nesting and very many points in a moment", async () => {
    const began = performance.now();
    const deep = Array.from({ length: 2_000 }, (_, depth) => `${" ".repeat(4 * depth)}ok 1\n`).join("");
    expect((await read(deep)).damaged).not.toBeNull();
    const many = Array.from({ length: 50_000 }, (_, index) => `ok ${index + 1} - test\n`).join("");
    expect((await read(`1..50000\n${many}`)).tests).toHaveLength(50_000);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});
