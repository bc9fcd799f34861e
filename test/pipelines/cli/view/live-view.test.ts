import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { liveLines, type Size, settledLine } from "../../../../pipelines/cli/view/live-view.ts";
import { chartOf } from "../../../../pipelines/cli/view/overview.ts";
import { advance, beginProgress, type Progress } from "../../../../pipelines/cli/view/progress.ts";
import { widthOf } from "../../../../pipelines/cli/view/terminal-text.ts";
import type { Event, EventBody } from "../../../../pipelines/dsl/event.ts";
import type { Plan } from "../../../../pipelines/dsl/plan-document.ts";
import broad from "../../../fixtures/definitions/broad.ts";

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

/** The moving part without colours, some seconds after the start. */
function shown(progress: Progress, seconds: number, size: Size, also: { plan?: Plan; left?: string } = {}): string[] {
  const chart = also.plan === undefined ? null : chartOf(also.plan);
  const scene = { progress, chart, now: began + seconds * 1000, left: also.left ?? "" };
  return liveLines(scene, size).map(stripVTControlCharacters);
}

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
    expect(shown(progress, 65, { columns: 80, rows: 24 }, { left: "about 3 min left" })).toEqual([
      "run-1  1 of 2 nodes  1 m 05 s, about 3 min left",
      "▸ 1 running  ✓ 1 passed",
      "▸ packages@debian-12  1 m 02 s  dpkg-deb: building",
    ]);
  });

  it("is never as tall or as wide as the terminal, whatever its text", () => {
    const nodes = Array.from({ length: 50 }, (_, index) => `results@debian-12/environment-${index}`);
    const progress = progressOf(nodes, [
      start,
      ...nodes.flatMap((node, index): [number, string, EventBody][] => [
        [1, node, { type: "node.started", data: {} }],
        [
          2,
          node,
          {
            type: "log",
            data: { stream: "stdout", line: ["x", "構", "e\u0301", "👩‍🔬"][index % 4]?.repeat(500) ?? "" },
          },
        ],
      ]),
    ]);
    for (const [columns, rows] of [
      [1, 1],
      [20, 3],
      [40, 2],
      [40, 5],
      [80, 24],
      [200, 50],
    ] as const) {
      const lines = shown(progress, 5, { columns, rows });
      expect(lines.length).toBe(rows - 1);
      if (rows > 3) expect(lines.at(-1)).toBe(`  and ${50 - (rows - 4)} more at work`);
      expect(Math.max(0, ...lines.map(widthOf))).toBeLessThan(Math.max(2, columns));
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
    expect(shown(progress, 0, { columns: 80, rows: 24 }).join("|")).toContain("gone  next");
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
      "– a                                      9 s  skipped: b failed",
    );
  });
});

describe("the live view of sixty cells", async () => {
  const plan = await broad.plan({});
  const ids = plan.nodes.map((node) => node.id);
  const failure = { reason: "x", class: "fatal", title: "The disk is full", detail: "", next: "" } as const;
  const told = ids.flatMap((id): [number, string, EventBody][] => {
    if (id.startsWith("source") || id.startsWith("packages")) {
      return [
        [0, id, { type: "node.started", data: {} }],
        [9, id, { type: "node.passed", data: {} }],
      ];
    }
    if (id.startsWith("servers")) return [[9, id, { type: "node.started", data: {} }]];
    return id.endsWith("kvm-nfs") && id.startsWith("installed")
      ? [[10, id, { type: "node.failed", data: { failure } }]]
      : [];
  });
  const progress = progressOf(ids, [start, ...told]);

  it("folds cells into counts per stage at 80x24, below failures and work", () => {
    const lines = shown(progress, 70, { columns: 80, rows: 24 }, { plan });
    expect(lines).toHaveLength(23);
    expect(lines[1]).toBe("✗ 10 failed  ▸ 60 running  ✓ 11 passed  · 230 to come");
    expect(lines.filter((line) => line.startsWith("✗ installed@")).length).toBeGreaterThan(2);
    expect(lines.filter((line) => line.startsWith("▸ servers@")).length).toBeGreaterThan(2);
    expect(lines.slice(-7)).toEqual([
      "  source        ✓ 1 passed",
      "  packages      ✓ 10 passed",
      "  servers       ▸ 60 running",
      "  installed     ✗ 10 failed  · 50 to come",
      "  results       · 60 to come",
      "  undo:servers  · 60 to come",
      "  evidence      · 60 to come",
    ]);
  });

  it("draws the matrix at 200x50, a field per cell and a mark per stage", () => {
    const lines = shown(progress, 70, { columns: 200, rows: 50 }, { plan });
    expect(lines).toHaveLength(49);
    expect(lines).toContain("  marks of a cell: packages, servers, installed, results, evidence");
    expect(lines).toContain("             kvm-ssh      kvm-ceph     kvm-nfs      lxd-ssh      microvm-ssh  vcenter");
    expect(lines).toContain("  debian-10  ✓▸···        ✓▸···        ✓▸✗··        ✓▸···        ✓▸···        ✓▸···");
    expect(lines.at(-1)).toBe("  evidence      · 60 to come");
  });

  it("still counts in 19 columns", () => {
    expect(shown(progress, 70, { columns: 20, rows: 3 }, { plan })).toEqual(["21/311  1 m 10 s", "✗ 10  ▸ 60  ✓ 11"]);
  });
});
