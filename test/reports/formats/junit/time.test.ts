import { describe, expect, it } from "vitest";
import { readTime, readTimestamp } from "../../../../reports/formats/junit/time.ts";

describe("readTime", () => {
  it.each([
    ["0.25", 250],
    ["12", 12_000],
    ["0.", 0],
    [".5", 500],
    ["1e-05", 0],
    ["1.5E2", 150_000],
    [" 2.5 ", 2_500],
    ["1,234.5", 1_234_500],
    ["2,120.532", 2_120_532],
    ["1,234,567", 1_234_567_000],
    ["1.234,5", 1_234_500],
    ["0,160", 160],
    ["12,5", 12_500],
    ["80.803us", 0],
    ["1500µs", 2],
    ["250ms", 250],
    ["3 s", 3_000],
  ])("reads %j as %d ms", (text, ms) => expect(readTime(text)).toEqual({ kind: "known", ms }));

  it.each([undefined, "", " "])("takes %j for no time", (text) => expect(readTime(text)).toEqual({ kind: "absent" }));

  it.each([
    "1,234",
    "12,345",
    "-1",
    "NaN",
    "Infinity",
    "1h",
    "1m2s",
    "0x10",
    "1 234.5",
    "1.2.3",
    "1234567890123",
    "abc",
  ])("does not guess what %j means", (text) => expect(readTime(text)).toEqual({ kind: "unclear" }));
});

describe("readTimestamp", () => {
  it.each([
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"],
    ["2026-01-02T03:04:05.678+02:00", "2026-01-02T01:04:05.678Z"],
    ["2026-01-02T03:04:05+0200", "2026-01-02T01:04:05.000Z"],
    ["2026-01-02T03:04:05", "2026-01-02T03:04:05 (no time zone)"],
    ["2026-13-02T03:04:05", null],
    ["2026-01-02T03:04:05+99:99", null],
    ["yesterday", null],
  ])("reads %j as %j", (text, expected) => expect(readTimestamp(text)).toBe(expected));
});
