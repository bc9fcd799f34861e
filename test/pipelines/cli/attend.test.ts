import { afterEach, describe, expect, it, vi } from "vitest";
import { attend } from "../../../pipelines/cli/attend.ts";
import type { Event } from "../../../pipelines/dsl/event.ts";
import type { Engine } from "../../../pipelines/engine/engine.ts";

afterEach(() => vi.restoreAllMocks());

const event: Event = {
  ...{ v: 1, seq: 1, at: "2026-01-01T00:00:00.000Z", run: "run-1" },
  type: "note",
  data: { text: "begun" },
};

/** An engine whose run is lost to another worker while its events are followed; `reading` tells whether they still are. */
function lostRun(how: "quietly" | "with its database") {
  const state = { reading: false };
  const engine: Pick<Engine, "record" | "wait" | "events" | "past"> = {
    record: async () => null,
    past: async () => [],
    wait: () => Promise.reject(new Error("another worker holds the run")),
    async *events(_run, options = {}) {
      state.reading = true;
      try {
        yield event;
        if (options.follow === true) {
          await stopped(options.signal);
        }
        if (how === "with its database") throw new Error("the connection is gone");
      } finally {
        state.reading = false;
      }
    },
  };
  return { engine, state };
}

function stopped(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener("abort", () => resolve());
  });
}

describe("attending a run that is lost to another worker", () => {
  it.each(["quietly", "with its database"] as const)("ends with the reason and reads no more (%s)", async (how) => {
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const { engine, state } = lostRun(how);
    const work = { home: "/nowhere", engine, provider: { list: async () => [] } };
    await expect(attend(work, "run-1", { json: true })).rejects.toThrow("another worker holds the run");
    expect(state.reading).toBe(false);
  });
});
