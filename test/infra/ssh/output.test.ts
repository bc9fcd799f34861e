import { expect, test } from "vitest";
import { lineCutter, tail } from "../../../infra/ssh/output.ts";

test("lines come out the same wherever the bytes are cut", () => {
  const text = "één\r\n\nüß€𝄞 two\nlast";
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size += 1) {
    const seen: [string, number][] = [];
    const cutter = lineCutter((line, consumed) => seen.push([line, consumed]));
    for (let at = 0; at < bytes.length; at += size) cutter.push(bytes.subarray(at, at + size));
    cutter.end();
    cutter.end();
    expect(seen).toEqual([
      ["één", 7],
      ["", 8],
      ["üß€𝄞 two", 24],
      ["last", bytes.length],
    ]);
  }
});

test("a line without end comes in pieces of at most 64 KiB, no character torn", () => {
  const text = "€".repeat(100_000);
  const seen: string[] = [];
  const cutter = lineCutter((line) => seen.push(line));
  cutter.push(Buffer.from(text));
  cutter.end();
  expect(seen.join("")).toBe(text);
  expect(Math.max(...seen.map((piece) => Buffer.byteLength(piece)))).toBeLessThanOrEqual(64 * 1024);
});

test("a tail keeps the end, from a whole character on", () => {
  const kept = tail(10);
  for (let index = 0; index < 1000; index += 1) kept.push(Buffer.from("€"));
  kept.push(Buffer.from("."));
  expect(kept.text()).toBe("€€€.");
  const whole = tail(10);
  whole.push(Buffer.from([0x80, 0x41]));
  expect(whole.text()).toBe("\uFFFDA");
});
