import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { canonicalJson, jsonDigest, Secret } from "../../../pipelines/dsl/index.ts";

describe("canonical JSON", () => {
  it.each([
    [{ b: 1, a: [true, null, "ä\n"] }, '{"a":[true,null,"ä\\n"],"b":1}'],
    [{ a: undefined, b: { d: 1, c: 2 } }, '{"b":{"c":2,"d":1}}'],
    [{ "10": 1, "9": 2, A: 3, a: 4 }, '{"10":1,"9":2,"A":3,"a":4}'],
    [-0, "0"],
    [1e21, "1e+21"],
    [Object.create(null), "{}"],
    [runInNewContext("({ a: [1] })"), '{"a":[1]}'],
  ])("of %j", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([
    [{ a: [Number.NaN] }, "the value.a[0] is NaN"],
    [Number.POSITIVE_INFINITY, "the value is Infinity"],
    [[undefined], "the value[0] is undefined"],
    [{ at: new Date(0) }, "the value.at is an instance of Date"],
    [{ f: () => 1 }, "the value.f is a function"],
    [{ n: 1n }, "the value.n is a bigint"],
    [new Map(), "the value is an instance of Map"],
    [{ deep: { token: new Secret("token", "hunter2") } }, "the value.deep.token is an instance of Secret"],
  ])("is refused with its place", (value, why) => {
    expect(() => canonicalJson(value)).toThrow(why);
  });

  it("has one digest for one value, in whatever order it was written", () => {
    expect(jsonDigest({ a: 1, b: 2 })).toBe(jsonDigest({ b: 2, a: 1 }));
    // sha256 of the two characters {} as `printf '{}' | sha256sum` gives it.
    expect(jsonDigest({})).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });
});
