import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson, canonicalPieces } from "../../reports/canonical-json.ts";

it("gives the same text in pieces and whole, whatever the document", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), (document) => {
      expect([...canonicalPieces(document)].join("")).toBe(canonicalJson(JSON.parse(JSON.stringify(document))));
    }),
  );
});

it("is JSON of the same value with sorted keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
      const plain: unknown = JSON.parse(JSON.stringify(document));
      const text = [...canonicalPieces(document)].join("");
      expect(JSON.parse(text)).toEqual(plain);
      expect(text).not.toMatch(/^\{ /);
    }),
  );
  expect([...canonicalPieces({ b: 1, a: { d: [{ z: 1, y: 2 }], c: "x" } })].join("")).toBe(
    '{"a":{"c":"x","d":[{"y":2,"z":1}]},"b":1}',
  );
});

it("leaves absent properties out, and calls an absent entry of a list null, as JSON does", () => {
  const document = { one: undefined, two: [undefined, { three: undefined }] };
  expect([...canonicalPieces(document)].join("")).toBe(JSON.stringify(document));
});

it("keeps no piece longer than it must", () => {
  const document = { suites: [{ tests: Array.from({ length: 5_000 }, (_, index) => ({ name: `test ${index}` })) }] };
  const pieces = [...canonicalPieces(document)];
  expect(pieces.length).toBeGreaterThan(1);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(70_000);
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %s by the name of its property, however deep", (number) => {
  expect(() => [...canonicalPieces({ a: [{ b: { c: [{ depth: number }] } }] })]).toThrow(/^depth is /);
  expect(() => [...canonicalPieces({ events: number })]).toThrow(/^events is /);
});
