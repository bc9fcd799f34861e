import fc from "fast-check";
import { expect, it } from "vitest";
import { readJunitXml } from "../../../reports/formats/junit-xml.ts";
import { formatOf } from "../../../reports/formats/recognition.ts";
import { junitText, testsOf, type WrittenTest, writtenSuites } from "../../fixtures/results/junit-writer.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const style = fc.constantFrom("escaped", "cdata");
const isRed = ({ status }: Pick<WrittenTest, "status">) => status === "failed" || status === "error";

it("reads back what was written, in any style and encoding, wherever it is cut", async () => {
  const encodings = fc.constantFrom("utf8", "utf16le");
  await fc.assert(
    fc.asyncProperty(
      writtenSuites,
      style,
      encodings,
      fc.integer({ min: 1, max: 500 }),
      async (suite, how, encoding, size) => {
        const xml = junitText(suite, how);
        const bytes = Buffer.from(encoding === "utf8" ? xml : `\uFEFF${xml}`, encoding);
        expect(formatOf(bytes)).toBe("junit-xml");
        const { tests, damaged } = await readJunitXml(memoryFile(bytes, "a.xml", size));
        expect(damaged).toBeNull();
        const red = (test: WrittenTest, text: string) => (isRed(test) ? text : "");
        expect(tests.map((test) => ({ ...test, params: undefined, location: undefined }))).toEqual(
          testsOf(suite).map((test) => ({
            class: test.class,
            name: test.name,
            status: test.status,
            durationMs: test.ms,
            message: test.status === "passed" ? "" : test.message,
            details: red(test, test.details),
            stdout: red(test, test.stdout),
          })),
        );
      },
    ),
    { numRuns: 150, interruptAfterTimeLimit: 8_000, endOnFailure: true },
  );
});

/** A change of a few bytes: overwritten, left out, doubled, or the end cut off. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom("overwrite", "remove", "double", "cut"),
  length: fc.integer({ min: 1, max: 8 }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
});

function mutated(
  bytes: Buffer,
  { at, kind, length, bytes: other }: typeof mutation extends fc.Arbitrary<infer M> ? M : never,
): Buffer {
  const from = Math.floor(at * bytes.length);
  const [before, part, after] = [
    bytes.subarray(0, from),
    bytes.subarray(from, from + length),
    bytes.subarray(from + length),
  ];
  if (kind === "cut") return before;
  if (kind === "remove") return Buffer.concat([before, after]);
  return Buffer.concat(kind === "double" ? [before, part, part, after] : [before, other, after]);
}

it("throws at no change of a file, and none turns a failed suite green", async () => {
  const failing = writtenSuites.filter((suite) => testsOf(suite).some(isRed));
  await fc.assert(
    fc.asyncProperty(failing, style, mutation, async (suite, how, change) => {
      const bytes = mutated(Buffer.from(junitText(suite, how)), change);
      const { tests, damaged } = await readJunitXml(memoryFile(bytes));
      expect(damaged !== null || tests.some(isRed)).toBe(true);
    }),
    { numRuns: 500, interruptAfterTimeLimit: 8_000, endOnFailure: true },
  );
});

it("throws at no bytes at all, and calls them damaged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      expect((await readJunitXml(memoryFile(bytes))).damaged).not.toBeNull();
    }),
    { numRuns: 150, interruptAfterTimeLimit: 8_000, endOnFailure: true },
  );
});
