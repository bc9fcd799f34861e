import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { liveLines, settledLine } from "../../../pipelines/cli/live-view.ts";
import { advance, beginProgress, type Progress } from "../../../pipelines/cli/progress.ts";
import type { Event, EventBody } from "../../../pipelines/dsl/event.ts";

const began = Date.parse("2026-01-01T00:00:00.000Z");

function progressOf(
  nodes: readonly string[],
  events: readonly [seconds: number, node: string | undefined, body: EventBody][],
): Progress {
  const progress = beginProgress("run-1", nodes);
  events.forEach(([seconds, node, body], index) => {
    const stamp = { v: 1 as const, seq: index + 1, at: new Date(began + seconds * 1000).toISOString(), run: "run-1" };
    const event: Event = { ...body, ...stamp, ...(node === undefined ? {} : { node, attempt: 1 }) };
    advance(progress, event);
  });
  return progress;
}

const start: [number, undefined, EventBody] = [
  0,
  undefined,
  { type: "run.started", data: { planDigest: "d", resumed: false, nodes: 3 } },
];

describe("the live view", () => {
  it("shows nodes at work with their time and last line", () => {
    const progress = progressOf(
      ["source", "packages@debian-12"],
      [
        start,
        [1, "source", { type: "node.started", data: {} }],
        [3, "source", { type: "node.passed", data: {} }],
        [3, "packages@debian-12", { type: "node.started", data: {} }],
        [4, "packages@debian-12", { type: "log", data: { stream: "stdout", line: "dpkg-deb: building" } }],
      ],
    );
    const lines = liveLines(progress, began + 65_000, { columns: 80, rows: 24 }).map(stripVTControlCharacters);
    expect(lines).toEqual(["run-1  1 of 2 nodes  1 m 05 s", "▸ packages@debian-12  1 m 02 s  dpkg-deb: building"]);
  });

  it("is never as tall or as wide as the terminal", () => {
    const nodes = Array.from({ length: 50 }, (_, index) => `results@debian-12/environment-${index}`);
    const progress = progressOf(nodes, [
      start,
      ...nodes.flatMap((node): [number, string, EventBody][] => [
        [1, node, { type: "node.started", data: {} }],
        [2, node, { type: "log", data: { stream: "stdout", line: "x".repeat(500) } }],
      ]),
    ]);
    for (const size of [
      { columns: 40, rows: 2 },
      { columns: 40, rows: 3 },
      { columns: 40, rows: 5 },
      { columns: 80, rows: 24 },
      { columns: 200, rows: 50 },
    ]) {
      const lines = liveLines(progress, began + 5000, size).map(stripVTControlCharacters);
      expect(lines.length).toBe(size.rows - 1);
      if (size.rows > 2) expect(lines.at(-1)).toBe(`  and ${50 - (size.rows - 3)} more at work`);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(size.columns);
    }
  });

  it("lets no output move the cursor", () => {
    const progress = progressOf(
      ["a"],
      [
        start,
        [1, "a", { type: "node.started", data: {} }],
        [2, "a", { type: "note", data: { text: "\u001b[2Jgone\r\nnext" } }],
      ],
    );
    const text = stripVTControlCharacters(liveLines(progress, began, { columns: 80, rows: 24 }).join("|"));
    expect(text).toContain("gone  next");
  });

  it("says how a node ended, with attempts and reason", () => {
    const progress = progressOf(
      ["a"],
      [
        start,
        [0, "a", { type: "node.started", data: {} }],
        [9, "a", { type: "node.skipped", data: { reason: "b failed" } }],
      ],
    );
    const node = progress.nodes.get("a");
    expect(node && stripVTControlCharacters(settledLine(node, 80))).toBe(
      "– a                                      9 s  b failed",
    );
  });
});
