import { describe, expect, it } from "vitest";
import { readUnittest as readFile } from "../../../reports/formats/unittest.ts";
import { libraryTests, unittestFile } from "../../fixtures/reports/files.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const readUnittest = (text: string) => readFile(memoryFile(text));
const good = unittestFile(libraryTests);
const lines = good.trimEnd().split("\n");
const counts = { passed: 0, failed: 0, error: 0, skipped: 0, "expected-failure": 0, "unexpected-success": 0 };

function file(...objects: readonly object[]): string {
  return objects.map((one) => JSON.stringify(one)).join("\n");
}

function start(tests: number) {
  return { v: 1, type: "start", tests };
}

function test(id: string, status: string, more: object = {}) {
  return { type: "test", id, status, seconds: 0.25, ...more };
}

function end(tests: number, some: Partial<typeof counts>) {
  return { type: "end", tests, ...counts, ...some };
}

describe("readUnittest", () => {
  it("reads every test of a whole file", async () => {
    const read = await readUnittest(good);
    expect(read.damaged).toBeNull();
    expect(read.tests).toHaveLength(libraryTests.length);
    expect(read.tests[0]).toEqual({
      class: "tests.unit.test_library.KeyTest",
      name: "test_short_key_is_refused",
      params: null,
      status: "passed",
      durationMs: 4,
      message: "",
      details: "",
      stdout: "",
      location: null,
    });
  });

  it.each([
    ["passed", "passed"],
    ["failed", "failed"],
    ["error", "error"],
    ["skipped", "skipped"],
    ["expected-failure", "passed"],
    ["unexpected-success", "failed"],
  ])("takes %s for %s", async (raw, status) => {
    const read = await readUnittest(file(start(1), test("m.T.test_a", raw), end(1, { [raw]: 1 })));
    expect(read.damaged).toBeNull();
    expect(read.tests.map((one) => one.status)).toEqual([status]);
  });

  it("lets a failed sub-test stand for its method, with its parameters and place", async () => {
    const sub = test("m.T.test_a", "failed", { subtest: "(nodes=2)", message: "1 != 2", file: "tests/a.py", line: 4 });
    const method = test("m.T.test_a", "failed", { message: "sub-test (nodes=2) failed" });
    const read = await readUnittest(file(start(1), sub, method, end(1, { failed: 1 })));
    expect(read.damaged).toBeNull();
    expect(read.tests.map((one) => [one.name, one.params, one.status])).toEqual([["test_a", "(nodes=2)", "failed"]]);
    expect(read.tests[0]?.location).toEqual({ file: "tests/a.py", line: 4 });
  });

  it("keeps a method beside its sub-tests that failed by itself as well", async () => {
    const sub = test("m.T.test_a", "failed", { subtest: "(nodes=2)" });
    const method = test("m.T.test_a", "error", { details: "Traceback" });
    const read = await readUnittest(file(start(1), sub, method, end(1, { error: 1 })));
    expect(read.tests.map((one) => one.params)).toEqual(["(nodes=2)", null]);
  });

  it("reads the error of a fixture, whose tests never started", async () => {
    const read = await readUnittest(file(start(3), test("setUpClass (m.T)", "error"), end(1, { error: 1 })));
    expect(read.damaged).toBeNull();
    expect(read.tests.map((one) => [one.class, one.name, one.status])).toEqual([["", "setUpClass (m.T)", "error"]]);
  });

  it.each([
    ["an empty file", "", "The file is empty."],
    ["no start", lines.slice(1).join("\n"), "The start line is missing."],
    [
      "no end",
      lines.slice(0, 5).join("\n"),
      "The end line is missing: 4 of 12 planned tests ended, then the run stopped.",
    ],
    [
      "a line cut in the middle",
      `${lines.slice(0, 5).join("\n")}\n{"type":"te`,
      /^Line 6 cannot be read\. It ends in the middle/,
    ],
    [
      "text between the lines",
      `${lines[0]}\nhello\n${lines.slice(1).join("\n")}`,
      /^Line 2 cannot be read\. It is not JSON/,
    ],
    ["a list", "[]", "Line 1 cannot be read. It is not an object."],
    ["an unknown type", `{"type":"noise"}\n${good}`, 'Line 1 is of the unknown type "noise".'],
    ["two starts", `${lines[0]}\n${good}`, "Line 2 starts the suite a second time."],
    ["anything after the end", `${good}${lines[1]}`, "Line 15 follows the end line."],
    ["another version", good.replace('"v":1', '"v":2'), "Line 1 is of version 2, not 1."],
    ["an unknown status", file(start(1), test("m.T.a", "great"), end(1, {})), 'Line 2 has the unknown status "great".'],
    [
      "a test without id",
      file(start(1), { type: "test", status: "passed" }, end(1, { passed: 1 })),
      "Line 2 is a test without an id.",
    ],
    [
      "a missing test",
      file(start(2), test("m.T.a", "passed"), end(1, { passed: 1 })),
      "2 tests were planned, only 1 ended.",
    ],
    [
      "a wrong total",
      file(start(1), test("m.T.a", "passed"), end(2, { passed: 1 })),
      "The end line counts 2 tests, 1 were found.",
    ],
    [
      "a wrong count",
      file(start(1), test("m.T.a", "passed"), end(1, { failed: 1 })),
      "The end line counts 0 tests as passed, 1 were found.",
    ],
    [
      "a plan that is no number",
      file({ v: 1, type: "start", tests: "two" }),
      "Line 1 does not say how many tests are planned.",
    ],
  ])("calls %s damaged", async (_what, text, damaged) => {
    const read = await readUnittest(text);
    expect(read.damaged).toMatch(damaged);
  });

  it("keeps what was proved before a run was killed", async () => {
    expect((await readUnittest(lines.slice(0, 5).join("\n"))).tests).toHaveLength(4);
  });

  it("says nothing about a time that is not a time", async () => {
    const read = await readUnittest(
      file(start(1), test("m.T.a", "passed", { seconds: "0,25" }), end(1, { passed: 1 })),
    );
    expect(read.tests[0]?.durationMs).toBeNull();
    expect(read.damaged).toBeNull();
  });

  it("caps a text without losing its beginning and its end", async () => {
    const message = `first${"x".repeat(200_000)}last`;
    const read = await readUnittest(file(start(1), test("m.T.a", "failed", { message }), end(1, { failed: 1 })));
    expect(read.tests[0]?.message.length).toBeLessThan(66_000);
    expect(read.tests[0]?.message).toMatch(/^first.*characters left out.*last$/s);
  });

  it("names the test in which a run was killed", async () => {
    const read = await readUnittest(file(start(2), { type: "started", id: "m.T.test_a" }));
    expect(read.damaged).toBe(
      "The end line is missing: 0 of 2 planned tests ended, then the run stopped in m.T.test_a.",
    );
  });

  it("takes more tests than were planned for damage", async () => {
    const twice = [test("m.T.test_a", "passed"), test("m.T.test_a", "passed")];
    const read = await readUnittest(file(start(1), ...twice, end(2, { passed: 2 })));
    expect(read.damaged).toBe("1 tests were planned, 2 ended: it is of more than one run.");
  });

  it("takes a run that was stopped for damaged, whatever a broken fixture may hide", async () => {
    const lines = [start(9), test("setUpClass (m.T)", "error"), { ...end(1, { error: 1 }), stopped: true }];
    expect((await readUnittest(file(...lines))).damaged).toMatch(/^The run was stopped/);
  });

  it("reads properties, and markers in docstrings and output", async () => {
    const more = {
      properties: [["scenario", "VS-1"], ["wrong"]],
      notes: "[[PROPERTY|requirement=SR-1]]",
      stdout: "[[MEASURE|speed=12.5 req/s]]\n",
    };
    const read = await readUnittest(file(start(1), test("m.T.test_a", "passed", more), end(1, { passed: 1 })));
    expect(read.tests[0]).toMatchObject({
      stdout: "",
      properties: [
        { name: "scenario", value: "VS-1" },
        { name: "requirement", value: "SR-1" },
      ],
      measures: [{ name: "speed", value: 12.5 }],
    });
  });
});
