import { describe, expect, it } from "vitest";
import { clip, padded, widthOf } from "../../../../pipelines/cli/view/terminal-text.ts";

describe("a text in a terminal", () => {
  it.each([
    ["plain", 5],
    ["构建中", 6],
    ["e\u0301", 1],
    ["👩‍🔬", 2],
    ["\u001b[31mred\u001b[39m", 3],
    ["✓▸", 2],
  ])("%j takes its columns", (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });

  it.each([
    ["abcdef", 4, "abc…"],
    ["构建中断", 5, "构建…"],
    ["构建中断", 6, "构建…"],
    ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
    ["a👩‍🔬b", 3, "a…"],
    ["a👩‍🔬b", 4, "a👩‍🔬b"],
    ["a\u202egnp.exe", 10, "a gnp.exe"],
    ["a\u2028b\u0007\r", 10, "a b  "],
  ])("%j is cut to %i columns between letters", (text, columns, cut) => {
    expect(clip(text, columns)).toBe(cut);
  });

  it.each(["abc", "构建中断", "e\u0301"])("%j is filled up by columns, not by letters", (text) => {
    for (const columns of [2, 5, 12]) expect(widthOf(padded(text, columns))).toBe(columns);
  });
});
