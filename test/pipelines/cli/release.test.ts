import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeRelease } from "../../../pipelines/cli/release.ts";
import type { Event } from "../../../pipelines/dsl/event.ts";
import type { RunRecord } from "../../../pipelines/engine/engine.ts";
import { plan } from "../../fixtures/reports/plan.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "edgecert-release-"));
  mkdirSync(join(home, "runs", "run-1"), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

const at = "2026-01-01T00:00:00.000Z";
const record: RunRecord = {
  ...{ run: "run-1", pipeline: "p", definition: "/p.ts", params: {}, plan, startedAt: at },
  ...{ state: "finished", outcome: "passed", leaked: 0, sealed: { digest: "abc", verdict: "passed" }, alive: false },
};

function decided(seq: number, node: string, by: string): Event {
  return {
    v: 1,
    seq,
    at,
    run: "run-1",
    node,
    type: "approval.decided",
    data: { decision: "approved", by, reason: "" },
  };
}

function sources(...events: readonly Event[]) {
  const stream = async function* () {
    yield* events;
  };
  return { home, engine: { record: async () => record, events: stream } };
}

describe("the release record", () => {
  const file = () => join(home, "runs", "run-1", "release.json");

  it("holds every decision of the run", async () => {
    const note: Event = { v: 1, seq: 1, at, run: "run-1", type: "note", data: { text: "sealed" } };
    await writeRelease(sources(note, decided(2, "quality", "ann"), decided(3, "legal", "bo")), "run-1");
    expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({
      v: 1,
      run: "run-1",
      decisions: [
        { node: "quality", decision: "approved", by: "ann", reason: "", digest: "abc", at },
        { node: "legal", decision: "approved", by: "bo", reason: "", digest: "abc", at },
      ],
    });
  });

  it("is not there where nobody decided", async () => {
    await writeRelease(sources(), "run-1");
    expect(existsSync(file())).toBe(false);
  });
});
