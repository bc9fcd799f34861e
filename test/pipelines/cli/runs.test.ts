import { describe, expect, it } from "vitest";
import { findRun, isResumable } from "../../../pipelines/cli/runs.ts";
import type { RunRecord } from "../../../pipelines/engine/engine.ts";
import { plan } from "../../fixtures/reports/plan.ts";

function record(run: string, day: number, given: Partial<RunRecord> = {}): RunRecord {
  const startedAt = `2026-01-0${day}T00:00:00.000Z`;
  const ended = { state: "finished", outcome: "passed", leaked: 0, sealed: null, alive: false } as const;
  return { run, pipeline: "p", definition: "/p.ts", params: {}, plan, startedAt, ...ended, ...given };
}

/** An engine that knows these runs, newest first. */
function engine(...runs: readonly RunRecord[]) {
  return { runs: async () => runs };
}

describe("a run that is not named", () => {
  it("is the latest with something to resume, also one that leaks", async () => {
    const runs = engine(record("c", 3), record("b", 2, { leaked: 1 }), record("a", 1, { state: "running" }));
    expect((await findRun(runs, undefined, isResumable)).run).toBe("b");
  });

  it("is refused where nothing fits", async () => {
    await expect(findRun(engine(record("c", 3)), undefined, isResumable)).rejects.toThrow("No such run");
  });
});
