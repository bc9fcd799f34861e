import { describe, expect, it } from "vitest";
import { advance, beginProgress, type Progress } from "../../../../pipelines/cli/view/progress.ts";
import {
  durationsOf,
  type PastDurations,
  timeLeft,
  timeLeftWords,
  usualDurations,
} from "../../../../pipelines/cli/view/time-left.ts";
import type { EventBody } from "../../../../pipelines/dsl/event.ts";
import { sketchPlan } from "../../engine/scripted-pipeline.ts";

/*
 *   source --> packages ------.
 *      '-----> servers -----> results --> agreed (approval) --> published
 *                 '-- undo:servers, after results
 */
const plan = sketchPlan({
  source: {},
  packages: { needs: { source: "source" } },
  servers: { needs: { source: "source" }, undo: true },
  results: { needs: { packages: "packages", servers: "servers" } },
  agreed: { needs: { results: "results" }, approval: true },
  published: { needs: { agreed: "agreed" } },
});

const second = 1000;
const usual: PastDurations = new Map([
  ["source", 10 * second],
  ["packages", 60 * second],
  ["servers", 30 * second],
  ["results", 100 * second],
  ["undo:servers", 5 * second],
]);

/** A run whose nodes started and passed so many seconds after its start. */
function progressOf(nodes: Readonly<Record<string, readonly [started: number, passed?: number]>>): Progress {
  const progress = beginProgress(
    "r",
    plan.nodes.map((node) => node.id),
  );
  const tell = (seconds: number, body: EventBody, node?: string) => {
    const at = new Date(seconds * second).toISOString();
    advance(progress, { ...body, v: 1, seq: 1, at, run: "r", ...(node === undefined ? {} : { node }) });
  };
  tell(0, { type: "run.started", data: { planDigest: "", resumed: false, nodes: 1 } });
  for (const [node, [started, passed]] of Object.entries(nodes)) {
    tell(started, { type: "node.started", data: {} }, node);
    if (passed !== undefined) tell(passed, { type: "node.passed", data: {} }, node);
  }
  return progress;
}

describe("the time left", () => {
  it.each<[string, Parameters<typeof progressOf>[0], number, ReturnType<typeof timeLeft>]>([
    ["at the start is the longest way", {}, 0, { state: "known", milliseconds: 175 * second }],
    ["shrinks while the first node runs", { source: [0] }, 4, { state: "known", milliseconds: 171 * second }],
    [
      "follows the slower of two",
      { source: [0, 10], packages: [10], servers: [10, 90] },
      90,
      { state: "known", milliseconds: 105 * second },
    ],
    [
      "counts a wait for room from when the node could have started",
      { source: [0, 10], packages: [10, 70], servers: [60, 70], results: [100] },
      110,
      { state: "known", milliseconds: 65 * second },
    ],
    [
      "is not said where the last node takes longer than it ever did",
      { source: [0, 10], packages: [10, 70], servers: [10, 40], results: [70, 170], "undo:servers": [170] },
      190,
      { state: "overdue" },
    ],
    [
      "is none where only a decision is missing",
      { source: [0, 10], packages: [10, 70], servers: [10, 40], results: [70, 170], "undo:servers": [170, 175] },
      200,
      { state: "nothing-left" },
    ],
  ])("%s", (_, nodes, now, expected) => {
    expect(timeLeft(plan, progressOf(nodes), usual, now * second)).toEqual(expected);
  });

  it("is not known without a past, nor where one stage has none", () => {
    expect(timeLeft(plan, progressOf({}), new Map(), 0)).toEqual({ state: "unknown" });
    const partly = new Map([...usual].filter(([node]) => node !== "results"));
    expect(timeLeft(plan, progressOf({}), partly, 0)).toEqual({ state: "unknown" });
  });

  it("takes a cell that never ran for one like the others of its stage", () => {
    const cells = sketchPlan({ "a@x": {}, "a@y": {}, "a@z": {} });
    const progress = beginProgress("r", ["a@x", "a@y", "a@z"]);
    const known = new Map([
      ["a@x", 10],
      ["a@y", 30],
    ]);
    expect(timeLeft(cells, progress, known, 0)).toEqual({ state: "known", milliseconds: 30 });
    expect(timeLeft(sketchPlan({ "a@x": {}, "a@z": { needs: { x: "a@x" } } }), progress, known, 0)).toEqual({
      state: "known",
      milliseconds: 20,
    });
  });
});

describe("past runs", () => {
  it("tell how long each node took from when it could start, if it passed", () => {
    const ended = (seconds: number, passed = true) => ({ endedAt: 5_000 + seconds * second, passed });
    const nodes = new Map([
      ["source", ended(10)],
      ["packages", ended(70)],
      ["servers", ended(40)],
      ["results", ended(90, false)],
      ["undo:servers", ended(95)],
    ]);
    expect(Object.fromEntries(durationsOf(plan, { startedAt: 5_000, nodes }))).toEqual({
      source: 10 * second,
      packages: 60 * second,
      servers: 30 * second,
      "undo:servers": 5 * second,
    });
  });

  it("count by their median, so that one bad night changes nothing", () => {
    const runs = [10, 12, 900].map((value) => new Map([["a", value]]));
    expect(usualDurations(runs).get("a")).toBe(12);
    expect(usualDurations(runs.slice(0, 2)).get("a")).toBe(11);
  });
});

describe("the words for the time left", () => {
  it.each([
    [5, "a few seconds left"],
    [45, "less than a minute left"],
    [55, "about 1 min left"],
    [170, "about 3 min left"],
    [59 * 60 + 45, "about 1 h left"],
    [95 * 60, "about 1 h 35 min left"],
    [119 * 60, "about 2 h left"],
  ])("%i s: %s", (seconds, words) => {
    expect(timeLeftWords({ state: "known", milliseconds: seconds * second })).toBe(words);
  });

  it("are honest", () => {
    expect(timeLeftWords({ state: "unknown" })).toBe("time left not known yet");
    expect(timeLeftWords({ state: "overdue" })).toBe("longer than usual");
  });
});
