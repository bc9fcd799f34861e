import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResultFormat } from "../../../pipelines/dsl/request.ts";
import { readResults } from "../../../reports/formats/reader.ts";
import type { ReadResults } from "../../../reports/results.ts";
import { rspecFile, unittestFile } from "../../fixtures/reports/files.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

/** A test of any name and outcome, with whatever text. */
const invented = fc.record({
  name: fc.oneof(
    fc.string({ minLength: 1, maxLength: 30 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  ),
  status: fc.constantFrom("passed" as const, "failed" as const, "skipped" as const),
  message: fc.string({ unit: "grapheme", maxLength: 60 }),
});
type Invented = { readonly name: string; readonly status: "passed" | "failed" | "skipped"; readonly message: string };

const lines = (objects: readonly object[]) => objects.map((one) => `${JSON.stringify(one)}\n`).join("");

/** How each format's tool writes these tests; the names as that tool can write them. */
const writers: Readonly<
  Record<string, { readonly name: (name: string) => string; readonly write: (tests: readonly Invented[]) => string }>
> = {
  unittest: {
    name: (name) => `t${[...name].filter((one) => /\w/.test(one)).join("")}`,
    write: (tests) => unittestFile(tests.map((test) => ({ group: "m.T", ...test }))),
  },
  "rspec-json": {
    name: (name) => name,
    write: (tests) => rspecFile(tests.map((test) => ({ group: "group", ...test }))),
  },
  "rspec-lines": {
    name: (name) => name,
    write: (tests) =>
      lines([
        { v: 1, type: "load", rspec: "3.12.0", ruby: "3.1.2" },
        { type: "start", examples: tests.length, dry_run: false },
        ...tests.map(({ name, status, message }, index) => ({
          type: "example",
          id: `./a_spec.rb[1:${index + 1}]`,
          group: "group",
          description: name,
          status: status === "skipped" ? "pending" : status,
          message,
          exceptions:
            status === "failed" ? [{ class: "RSpec::Expectations::ExpectationNotMetError", message }] : undefined,
        })),
        {
          type: "end",
          examples: tests.length,
          failed: tests.filter(({ status }) => status === "failed").length,
          pending: tests.filter(({ status }) => status === "skipped").length,
          errors_outside: 0,
        },
      ]),
  },
  "go-test-json": {
    name: (name) => `Test${[...name].filter((one) => /\w/.test(one)).join("")}`,
    write: (tests) =>
      lines([
        ...tests.flatMap(({ name, status, message }) => [
          { Action: "run", Package: "p", Test: name },
          { Action: "output", Package: "p", Test: name, Output: `    a_test.go:1: ${message}\n` },
          { Action: { passed: "pass", failed: "fail", skipped: "skip" }[status], Package: "p", Test: name, Elapsed: 0 },
        ]),
        { Action: tests.some(({ status }) => status === "failed") ? "fail" : "pass", Package: "p", Elapsed: 0 },
      ]),
  },
  "junit-xml": {
    name: (name) => `t${[...name].filter((one) => /\w/.test(one)).join("")}`,
    write: (tests) => {
      const count = (status: string) => tests.filter((test) => test.status === status).length;
      const inside = { passed: "", failed: '<failure message="no"/>', skipped: "<skipped/>" };
      const cases = tests.map(
        ({ name, status }) => `<testcase classname="c" name="${name}">${inside[status]}</testcase>\n`,
      );
      return `<testsuite tests="${tests.length}" failures="${count("failed")}">\n${cases.join("")}</testsuite>\n`;
    },
  },
  tap: {
    name: (name) => `t${[...name].filter((one) => /\w/.test(one)).join("")}`,
    write: (tests) =>
      `TAP version 14\n1..${tests.length}\n${tests
        .map(
          ({ name, status }, index) =>
            `${status === "failed" ? "not " : ""}ok ${index + 1} - ${name}${status === "skipped" ? " # SKIP" : ""}\n`,
        )
        .join("")}`,
  },
};
const formats = Object.keys(writers) as ResultFormat[]; // Because keys of an object lose their type, and these are formats.

const told = ({ tests }: ReadResults) => tests.map(({ name, status }) => [name, status]);
const read = (format: ResultFormat, content: string | Uint8Array, pieceBytes?: number) =>
  readResults(format, memoryFile(content, "results", pieceBytes));

describe.each(formats)("the reader of %s", (format) => {
  const { name, write } = writers[format] ?? { name: (one: string) => one, write: () => "" };
  const suite = fc
    .array(invented, { minLength: 1, maxLength: 8 })
    .map((tests) => tests.map((one) => ({ ...one, name: name(one.name) })));

  it("reads what was written, in pieces of any size", async () => {
    const pieces = fc.integer({ min: 1, max: 300 });
    await fc.assert(
      fc.asyncProperty(suite, pieces, async (tests, size) => {
        const results = await read(format, write(tests), size);
        expect(results.damaged).toBeNull();
        const wanted = tests.map((test) => [test.name.toWellFormed(), test.status]);
        expect(told(results).map(([one = "", status]) => [one.toWellFormed(), status])).toEqual(wanted);
      }),
      { numRuns: 100 },
    );
  });

  it("finds damage wherever a file is cut, or all that was in it", async () => {
    await fc.assert(
      fc.asyncProperty(suite, fc.double({ min: 0, max: 1, noNaN: true }), async (tests, part) => {
        const whole = Buffer.from(write(tests));
        const results = await read(format, whole.subarray(0, Math.floor(part * (whole.length - 1))));
        if (results.damaged === null) expect(told(results)).toEqual(told(await read(format, whole)));
      }),
      { numRuns: 300 },
    );
  });

  it("never throws, whatever bytes of a file are changed", async () => {
    const change = fc.record({
      at: fc.nat(),
      bytes: fc.uint8Array({ maxLength: 6 }),
      cut: fc.integer({ min: 0, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(suite, fc.array(change, { maxLength: 3 }), async (tests, changes) => {
        let bytes = Buffer.from(write(tests));
        for (const { at, bytes: more, cut } of changes) {
          const place = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place + cut)]);
        }
        const results = await read(format, bytes);
        expect(Array.isArray(results.tests)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("never throws for garbage, and never believes it", async () => {
    const words = fc.constantFrom(
      '{"',
      '"type":',
      '"Action":"pass"',
      "ok 1\n",
      "1..1\n",
      "not ",
      "  ---\n",
      "\n",
      "}",
      "[",
      '"v":1',
      "\u0000",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(words, fc.string({ unit: "binary" })), { maxLength: 30 }), async (parts) => {
        const results = await read(format, parts.join(""));
        if (results.damaged === null) expect(format === "tap" && parts.includes("1..1\n")).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

it("believes no reader that a file of another format is whole", async () => {
  const root = join(import.meta.dirname, "../../fixtures/results/captured");
  const folders = {
    go: "go-test-json",
    "rspec-json": "rspec-json",
    rspec: "rspec-lines",
    unittest: "unittest",
    node: "tap",
  };
  for (const folder of readdirSync(root)) {
    const own = Object.entries(folders).find(
      ([tool]) => folder.startsWith(`${tool}-3`) || folder.startsWith(`${tool}-1`) || folder.startsWith(`${tool}-2`),
    )?.[1];
    if (own === undefined) continue;
    const name = readdirSync(join(root, folder)).find((one) => one.startsWith("pass."));
    const content = readFileSync(join(root, folder, name ?? ""));
    for (const format of formats.filter((one) => one !== own)) {
      expect((await read(format, content)).damaged, `${folder} read as ${format}`).not.toBeNull();
    }
  }
});
