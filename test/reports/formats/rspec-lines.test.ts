import { describe, expect, it } from "vitest";
import { readRspecLines } from "../../../reports/formats/rspec-lines.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const load = { v: 1, type: "load", rspec: "3.12.0", ruby: "3.1.2" };

function start(examples: number, more: object = {}) {
  return { type: "start", examples, dry_run: false, ...more };
}

function started(number: number) {
  return { type: "started", id: `./a_spec.rb[1:${number}]`, group: "the key", description: `example ${number}` };
}

function example(number: number, status = "passed", more: object = {}) {
  return { ...started(number), type: "example", status, seconds: 0.25, file: "./a_spec.rb", line: number, ...more };
}

function end(examples: number, more: object = {}) {
  return { type: "end", examples, failed: 0, pending: 0, errors_outside: 0, seconds: 1, ...more };
}

function text(...objects: readonly object[]): string {
  return objects.map((one) => `${JSON.stringify(one)}\n`).join("");
}

const read = (...objects: readonly object[]) => readRspecLines(memoryFile(text(...objects)));
const wrong = (kind: string, message: string) => ({ class: kind, message, backtrace: ["./a_spec.rb:9"], cause: null });

describe("readRspecLines", () => {
  it("reads every example of a whole file", async () => {
    const results = await read(load, start(2, { seed: 7 }), started(1), example(1), started(2), example(2), end(2));
    expect(results.damaged).toBeNull();
    expect(results.tests).toHaveLength(2);
    expect(results.tests[0]).toEqual({
      class: "the key",
      name: "example 1",
      params: null,
      status: "passed",
      durationMs: 250,
      message: "",
      details: "",
      stdout: "",
      location: { file: "a_spec.rb", line: 1 },
    });
    expect(results.properties).toEqual([
      { name: "rspec", value: "3.12.0" },
      { name: "ruby", value: "3.1.2" },
      { name: "rspec.seed", value: "7" },
    ]);
  });

  it("tells every exception of an example, with its cause", async () => {
    const exceptions = [
      wrong("RSpec::Expectations::ExpectationNotMetError", "\nexpected: 2\n"),
      { ...wrong("Errno::EPIPE", "broken"), cause: "IOError: closed" },
    ];
    const { tests } = await read(load, start(1), example(1, "failed", { exceptions }), end(1, { failed: 1 }));
    expect(tests[0]).toMatchObject({ status: "failed", message: "expected: 2\n\nErrno::EPIPE: broken" });
    expect(tests[0]?.details).toBe(
      "1) expected: 2\n./a_spec.rb:9\n\n2) Errno::EPIPE: broken\n./a_spec.rb:9\nCaused by IOError: closed",
    );
  });

  it("takes an example that only broke for an error, and a pending one for skipped", async () => {
    const broken = example(1, "failed", { exceptions: [wrong("RuntimeError", "no")] });
    const lines = [
      load,
      start(2),
      broken,
      example(2, "pending", { message: "later" }),
      end(2, { failed: 1, pending: 1 }),
    ];
    const { tests, damaged } = await read(...lines);
    expect(damaged).toBeNull();
    expect(tests.map(({ status, message }) => [status, message])).toEqual([
      ["error", "RuntimeError: no"],
      ["skipped", "later"],
    ]);
  });

  it("takes metadata for properties, measures and attachments", async () => {
    const properties = [
      ["scenario", "VS-1"],
      ["measure.speed", "12.5 req/s"],
      ["attachment", "shots/a.png"],
    ];
    const { tests } = await read(load, start(1), example(1, "passed", { properties }), end(1));
    expect(tests[0]).toMatchObject({
      properties: [{ name: "scenario", value: "VS-1" }],
      measures: [{ name: "speed", value: 12.5, unit: "req/s", better: "higher" }],
      attachments: [{ name: "a.png", path: "shots/a.png" }],
    });
  });

  it("keeps the attempts that rspec-retry replaced", async () => {
    const attempts = [[wrong("RuntimeError", "first")]];
    const { tests } = await read(load, start(1), example(1, "passed", { attempts }), end(1));
    expect(tests[0]?.attempts).toMatchObject([{ status: "error", message: "RuntimeError: first" }]);
  });

  it("numbers examples of one name by their ids, in whatever order they ran", async () => {
    const twin = (number: number, line: number) => ({ ...example(number), description: "shares", line });
    const { tests } = await read(load, start(3), twin(10, 10), example(1), twin(9, 9), end(3));
    expect(tests.map(({ name, location }) => [name, location?.line])).toEqual([
      ["shares", 9],
      ["example 1", 1],
      ["shares", 10],
    ]);
  });

  it("makes broken tests of errors outside of examples", async () => {
    const message = {
      type: "message",
      text: "\nAn error occurred while loading ./b_spec.rb.\nRuntimeError:\n  load\n",
    };
    const { tests, damaged } = await read(load, message, start(0), end(0, { errors_outside: 1 }));
    expect(damaged).toBe("1 error happened outside of examples: An error occurred while loading ./b_spec.rb.");
    expect(tests).toMatchObject([
      {
        class: "outside of examples",
        name: "An error occurred while loading ./b_spec.rb.",
        status: "error",
        message: "RuntimeError:\n  load",
      },
    ]);
  });

  it("keeps what a killed run proved, and says where it was killed", async () => {
    const { tests, damaged } = await read(load, start(3), started(1), example(1), started(2));
    expect(tests.map(({ name }) => name)).toEqual(["example 1"]);
    expect(damaged).toBe(
      "The end line is missing: 1 of 3 planned examples ended, then the run stopped " +
        'in "the key example 2" (./a_spec.rb[1:2]).',
    );
  });

  it.each([
    ["an empty file", [], "The file is empty: RSpec was stopped before it loaded the formatter."],
    ["no load line", [start(0), end(0)], "The load line is missing."],
    ["no start", [load], "The start line is missing: RSpec was stopped while it loaded the examples."],
    [
      "no plan",
      [load, { type: "start", dry_run: false }, end(0)],
      "The start line does not say how many examples are planned.",
    ],
    ["another version", [{ ...load, v: 2 }, start(0), end(0)], "Line 1, at byte 0, is of version 2, not 1."],
    ["a second start", [load, start(1), start(0), end(0)], /^Line 3, at byte \d+, is a second start line/],
    ["something after the end", [load, start(0), end(0), end(0)], /^Line 4, at byte \d+, follows the end line/],
    ["an unknown type", [load, { type: "x" }], /^Line 2, at byte \d+, is of the unknown type "x"/],
    ["a line that is no object", [load, []], /^Line 2, at byte 54, cannot be read. It is not an object/],
    ["an unknown status", [load, start(1), example(1, "fine"), end(1)], /has the unknown status "fine"/],
    ["no status", [load, start(1), { ...started(1), type: "example" }, end(1)], /has the unknown status ""/],
    ["no id", [load, start(1), { ...example(1), id: "" }, end(1)], /is an example without an id/],
    [
      "a passed example with an exception",
      [load, start(1), example(1, "passed", { exceptions: [{}] }), end(1)],
      /is an example that passed, with an exception/,
    ],
    ["an example twice", [load, start(2), example(1), example(1), end(2)], /ends the example .* a second time/],
    [
      "fewer than planned",
      [load, start(2), example(1), end(1)],
      "2 examples were planned, 1 ended: RSpec stopped early.",
    ],
    ["more than planned", [load, start(1), example(1), example(2), end(2)], /^1 examples were planned, 2 ended/],
    ["a wrong count", [load, start(1), example(1), end(2)], "The end line counts 2 examples, 1 were found."],
    ["hidden failures", [load, start(1), example(1), end(1, { failed: 1 })], /counts 1 failures, 0 were found/],
    [
      "no count",
      [load, start(0), { type: "end", errors_outside: 0 }],
      "The end line counts no examples, 0 were found.",
    ],
    [
      "no count of errors",
      [load, start(0), { type: "end" }],
      "The end line does not count errors outside of examples.",
    ],
    ["a dry run", [load, start(1, { dry_run: true }), example(1), end(1)], /^It was a dry run/],
    ["no word on a dry run", [load, { type: "start", examples: 0 }, end(0)], /^It was a dry run/],
  ] as const)("calls %s damaged", async (_what, lines, damaged) => {
    expect((await read(...lines)).damaged).toMatch(damaged);
  });

  it("tells messages as remarks", async () => {
    const { remarks, damaged } = await read(load, { type: "message", text: " Run options: x " }, start(0), end(0));
    expect([remarks, damaged]).toEqual([["Run options: x"], null]);
  });
});
