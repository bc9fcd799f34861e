import { describe, expect, it } from "vitest";
import { headOf, LongText, tailOf } from "../../../reports/formats/long-text.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

function collected(text: string, limit: number, pieces = 1_000, clean = (part: string) => part) {
  const file = { ...memoryFile(""), clean };
  const long = new LongText(file, limit, () => "output");
  for (let at = 0; at < text.length; at += pieces) long.add(text.slice(at, at + pieces));
  return { ...long.shown(), whole: file.kept.get("output") };
}

function numbered(lines: number): string {
  return Array.from({ length: lines }, (_, index) => `line ${index}\n`).join("");
}

describe("LongText", () => {
  it("shows a text that is not too long as it is, and keeps nothing beside", () => {
    expect(collected("a\nb", 3)).toEqual({ text: "a\nb", kept: null, whole: undefined });
  });

  it.each([1, 999, 70_000, 10_000_000])("shows head and tail of a long text that comes in pieces of %d", (pieces) => {
    const text = numbered(100_000);
    const { text: shown, kept, whole } = collected(text, 10_000, pieces);
    expect(whole).toBe(text);
    expect(kept?.bytes).toBe(text.length);
    const [head = "", left = "", tail = ""] = shown.split(/\n\.\.\. (\d+) characters left out \.\.\.\n/);
    expect(text.startsWith(`${head}\n`)).toBe(true);
    expect(text.endsWith(tail) && tail.startsWith("line ")).toBe(true);
    expect(head.length + tail.length).toBeGreaterThan(9_000);
    expect(head.length + tail.length + Number(left)).toBe(text.length);
  });

  it("keeps nothing of a text that is dropped", () => {
    const file = memoryFile("");
    const long = new LongText(file, 10, () => "output");
    long.add("more than ten characters");
    long.drop();
    expect(file.kept.size).toBe(0);
  });

  it("shows no half of a secret at a cut", () => {
    const secret = "abcdefgh".repeat(500);
    const clean = (part: string) => part.replaceAll(secret, "[secret]");
    for (const before of [31_000, 28_800, 32_768, 60_000]) {
      const text = "x".repeat(before) + secret + "y".repeat(90_000) + secret + "z".repeat(before);
      expect(collected(text, 65_536, 5_000, clean).text).not.toMatch(/abcd/);
    }
  });
});

describe("headOf and tailOf", () => {
  it("cut no character in two", () => {
    expect(headOf("ab😀cd", 3)).toBe("ab");
    expect(tailOf("ab😀cd", 3)).toBe("cd");
  });

  it("cut at the border of a line that is near", () => {
    expect(headOf("one\ntwo three", 8)).toBe("one");
    expect(tailOf("one two\nthree", 8)).toBe("three");
  });
});
