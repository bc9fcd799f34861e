import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { outlookOf } from "../../../../pipelines/cli/view/outlook.ts";
import { advance, beginProgress } from "../../../../pipelines/cli/view/progress.ts";
import { progressLine, progressLines } from "../../../../pipelines/cli/view/progress-json.ts";
import type { Event, EventBody } from "../../../../pipelines/dsl/event.ts";
import { sketchPlan } from "../../engine/scripted-pipeline.ts";

const plan = sketchPlan({ a: {}, b: { needs: { a: "a" } }, agreed: { needs: { b: "b" }, approval: true } });
const failure = { reason: "x", class: "fatal", title: "The disk is full", detail: "", next: "" } as const;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function told() {
  const outlook = outlookOf(plan);
  outlook.learn([new Map(Object.entries({ a: 10_000, b: 60_000 }))]);
  const progress = beginProgress("run-1", ["a", "b", "agreed"]);
  const lines: string[] = [];
  const view = progressLines(progress, outlook, (line) => lines.push(line));
  let seq = 0;
  const tell = (seconds: number, body: EventBody, node?: string) => {
    const stamp = { v: 1, run: "run-1", at: new Date(seconds * 1000).toISOString() } as const;
    seq += 1;
    const event: Event = { ...body, ...stamp, seq, ...(node === undefined ? {} : { node, attempt: 1 }) };
    advance(progress, event);
    view.show(event);
  };
  tell(0, { type: "run.started", data: { planDigest: "d", resumed: false, nodes: 2 } });
  tell(0, { type: "node.started", data: {} }, "a");
  tell(2, { type: "log", data: { stream: "stdout", line: "making" } }, "a");
  return { progress, outlook, lines, view, tell };
}

describe("a line of progress", () => {
  it("tells by itself where the whole run stands", () => {
    const { progress, outlook } = told();
    expect(progressLine(progress, outlook, 5_000)).toEqual({
      v: 1,
      type: "progress",
      run: "run-1",
      at: "1970-01-01T00:00:05.000Z",
      state: "running",
      elapsedMs: 5_000,
      leftMs: 65_000,
      nodes: {
        ...{ total: 3, pending: 2, waiting: 0, running: 1, retrying: 0 },
        ...{ passed: 0, failed: 0, leaked: 0, skipped: 0, cancelled: 0 },
      },
      active: [{ node: "a", state: "running", attempt: 1, elapsedMs: 5_000, says: "making" }],
      failed: [],
      verdict: null,
      outcome: null,
    });
  });

  it("says what failed, what waits for a decision and how the run ended", () => {
    const { progress, outlook, tell } = told();
    tell(9, { type: "node.failed", data: { failure } }, "a");
    expect(progressLine(progress, outlook, 9_000).failed).toEqual([{ node: "a", title: "The disk is full" }]);
    tell(9, { type: "run.sealed", data: { digest: "d", verdict: "failed", leftovers: [] } });
    tell(9, { type: "approval.waiting", data: { expiresAt: null } }, "agreed");
    expect(progressLine(progress, outlook, 9_000)).toMatchObject({ state: "waiting-approval", verdict: "failed" });
    tell(9, { type: "cancel.requested", data: { reason: "" } });
    expect(progressLine(progress, outlook, 9_000).state).toBe("cancelling");
    tell(10, { type: "run.finished", data: { outcome: "cancelled", leaked: 0 } });
    expect(progressLine(progress, outlook, 60_000)).toMatchObject({
      state: "finished",
      outcome: "cancelled",
      elapsedMs: 10_000,
    });
  });

  it("comes soon after news, now and then without any, and once at the end", () => {
    const { lines, view } = told();
    vi.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(2);
    view.close();
    vi.advanceTimersByTime(60_000);
    expect(lines.map((line) => JSON.parse(line).v)).toEqual([1, 1, 1]);
  });
});
