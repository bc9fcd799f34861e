import { describe, expect, it } from "vitest";
import type { Event, EventBody } from "../../pipelines/dsl/event.ts";
import { headline } from "../../reports/headline.ts";
import { recordsOf } from "../../reports/record.ts";
import type { Blame, CellVerdict, Verdict } from "../../reports/verdict.ts";

function event(seq: number, node: string, body: EventBody): Event {
  return { v: 1, seq, at: "2026-01-01T00:00:00.000Z", run: "run-1", node, ...body };
}

const passed: EventBody = { type: "node.passed", data: {} };
const failure = { reason: "x", class: "fatal", title: "No", detail: "No.", next: "Try." } as const;

describe("the headline of a partial run", () => {
  const cell = (id: string, verdict: Verdict, blame: Blame): CellVerdict => ({
    id,
    values: {},
    verdict,
    blame,
    reason: "",
    nodes: [],
  });
  const left = [cell("b", "not-run", "selection"), cell("c", "not-run", "selection")];

  it.each<[string, readonly CellVerdict[], string]>([
    ["passed", [cell("a", "passed", "nobody")], "Passed in part: the one cell passed; 2 of 3 cells were not selected"],
    [
      "passed-with-retries",
      [cell("a", "passed-with-retries", "nobody")],
      "Passed in part: the one cell passed with a retry; 2 of 3 cells were not selected",
    ],
    ["failed", [cell("a", "failed", "product")], "Not certified: the one cell failed; 2 of 3 cells were not selected"],
    [
      "was cancelled",
      [cell("a", "not-run", "person")],
      "Not certified: cancelled, the one cell did not run; 2 of 3 cells were not selected",
    ],
  ])("whose selected cell %s is not the one of a whole run", (_how, selected, words) => {
    const suites = [1, 2, 3].map(() => ({ waived: new Map() })) as never;
    const run = { verdict: "not-run", cells: [...selected, ...left], suites, doubts: [], records: new Map() } as const;
    const { lead, rest } = headline(run);
    expect(`${lead}: ${rest}`).toBe(words);
  });
});

describe("the headline of a plan that expects no suite", () => {
  it.each<[string, readonly Event[], readonly string[], string]>([
    ["all passed", [event(1, "hello", passed)], [], "Passed: nothing to certify"],
    [
      "an approval is open",
      [event(1, "hello", passed), event(2, "agreed", { type: "approval.waiting", data: { expiresAt: null } })],
      [],
      "Passed: nothing to certify",
    ],
    [
      "a node failed",
      [event(1, "a", passed), event(2, "b", { type: "node.failed", data: { failure } })],
      [],
      "Not certified: the plan expects no suite",
    ],
    [
      "somebody stopped it",
      [event(1, "a", passed), event(2, "b", { type: "node.cancelled", data: { reason: "stopped" } })],
      [],
      "Not certified: the plan expects no suite",
    ],
    ["nothing ran", [], [], "Not certified: the plan expects no suite"],
    [
      "the record has gaps",
      [event(1, "a", passed)],
      ["An event is missing."],
      "Not certified: the plan expects no suite",
    ],
  ])("when %s", (_when, events, doubts, words) => {
    const { lead, rest } = headline({ verdict: "not-run", cells: [], suites: [], doubts, records: recordsOf(events) });
    expect(`${lead}: ${rest}`).toBe(words);
  });
});
