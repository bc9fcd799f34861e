import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { begin, type Decision, decide, type Outcome, type Progress } from "../../../infra/ladder/decision.ts";
import { defaultPolicy, type FailMode, type LadderShape, type Phase } from "../../../infra/ladder/shape.ts";
import type { Elsewhere } from "../../../infra/providers/fault.ts";
import type { Failure, FailureClass } from "../../../pipelines/dsl/failure.ts";

const edge = (name: string, places: LadderShape["rungs"][number]["places"], provider = name) =>
  ({ name, provider, kind: "edge", places }) as const;

/** Rungs: this machine; aws with four places; scaleway with one. */
const shape: LadderShape = {
  policy: defaultPolicy,
  rungs: [
    { name: "local", provider: "local", kind: "pool", places: [{}] },
    edge("aws", [
      { region: "eu-central-1", zone: "a", type: "m8i.8xlarge" },
      { region: "eu-central-1", zone: "b", type: "m8i.8xlarge" },
      { region: "eu-central-1", zone: "a", type: "c8i.8xlarge" },
      { region: "eu-west-3", zone: "a", type: "m8i.8xlarge" },
    ]),
    edge("scaleway", [{ region: "fr-par-2" }]),
  ],
};

const at = (rung: number, place: number, phase: Phase = rung === 0 ? "servers" : "provision"): Progress => ({
  ...{ rung, place, phase, tries: 0, closed: rung === 0 ? [] : ["0:0"] },
});
const failure = (kind: FailureClass, elsewhere?: Elsewhere): Failure => ({
  ...{ reason: "scripted", class: kind, title: "Scripted", detail: "scripted", next: "-" },
  ...(elsewhere === undefined ? {} : { elsewhere }),
});
const failed = (kind: FailureClass, elsewhere?: Elsewhere, restSuffices?: boolean): Outcome => ({
  ...{ kind: "failed", failure: failure(kind, elsewhere) },
  ...(restSuffices === undefined ? {} : { restSuffices }),
});
const withModes = (phase: Phase, modes: readonly FailMode[]): LadderShape => ({
  ...shape,
  policy: { ...defaultPolicy, modes: { ...defaultPolicy.modes, [phase]: modes } },
});

/** A decision as a few words. */
function words(decision: Decision): string {
  switch (decision.kind) {
    case "ready":
      return "ready";
    case "stop":
      return `stop${decision.cleanup ? " cleanup" : ""}${decision.exhausted ? " exhausted" : ""}`;
    case "on":
      return `on ${decision.to.phase}${decision.without ? " without" : ""}`;
    case "again":
      return `again ${decision.to.tries}`;
    case "move":
      return `move ${decision.to.rung}:${decision.to.place}${decision.cleanup ? " cleanup" : ""}`;
  }
}

describe("a ladder goes on", () => {
  it("from phase to phase, and is ready after the last", () => {
    const done: Outcome = { kind: "done" };
    expect(words(decide(shape, at(0, 0), done))).toBe("ready");
    expect(words(decide(shape, at(1, 0), done))).toBe("on configure");
    expect(words(decide(shape, at(1, 0, "configure"), done))).toBe("on servers");
    expect(words(decide(shape, at(1, 0, "servers"), done))).toBe("ready");
  });

  it.each<[string, Progress, Outcome, string]>([
    ["a full pool overflows to the edge", at(0, 0), failed("capacity"), "move 1:0 cleanup"],
    [
      "what a pool can never give is asked of the next",
      at(0, 0),
      { kind: "refused", failure: failure("capacity") },
      "move 1:0",
    ],
    ["a refusal of any class goes on", at(0, 0), { kind: "refused", failure: failure("configuration") }, "move 1:0"],
    ["a full zone", at(1, 0), failed("capacity", "zone"), "move 1:1 cleanup"],
    ["a type that the region has not", at(1, 0), failed("capacity", "type"), "move 1:2 cleanup"],
    ["a full region", at(1, 0), failed("capacity", "region"), "move 1:3 cleanup"],
    ["a quota of the region", at(1, 0), failed("quota", "region"), "move 1:3 cleanup"],
    ["a provider without machines", at(1, 0), failed("capacity", "provider"), "move 2:0 cleanup"],
    ["capacity that says no more", at(1, 0), failed("capacity"), "move 2:0 cleanup"],
    ["a place that is too dear", at(1, 0), { kind: "refused", failure: failure("capacity", null) }, "move 1:1"],
    ["what passes by itself is tried again", at(1, 0), failed("transient"), "again 1"],
    ["and given up after that", { ...at(1, 0), tries: 1 }, failed("transient"), "move 1:1 cleanup"],
    ["what passes only elsewhere is not tried again", at(1, 0), failed("transient", "zone"), "move 1:1 cleanup"],
    ["machines that were lost", at(1, 0), failed("lost"), "again 1"],
    ["a wrong setting", at(1, 0), failed("configuration"), "stop cleanup"],
    ["a wrong setting of one region", at(1, 0), failed("configuration", "region"), "move 1:3 cleanup"],
    ["a defect", at(1, 0), failed("fatal"), "stop cleanup"],
    ["a person's decision", at(1, 0), failed("cancelled"), "stop cleanup"],
    [
      "the last place",
      { ...at(2, 0), closed: ["0:0", "1:0", "1:1", "1:2", "1:3"] },
      failed("capacity"),
      "stop cleanup exhausted",
    ],
    [
      "a host that fails, when the others suffice",
      { ...at(1, 0, "configure"), tries: 1 },
      failed("lost", undefined, true),
      "on servers without",
    ],
    [
      "a host that fails for good, when the others suffice",
      at(1, 0, "configure"),
      failed("fatal", undefined, true),
      "on servers without",
    ],
    [
      "a host that fails, when the others do not",
      { ...at(1, 0, "configure"), tries: 1 },
      failed("lost", undefined, false),
      "move 1:1 cleanup",
    ],
  ])("%s", (_, progress, outcome, expected) => {
    expect(words(decide(shape, progress, outcome))).toBe(expected);
  });

  it.each<[readonly FailMode[], Outcome, string]>([
    [["quit"], failed("capacity", "zone"), "stop"],
    [["cleanup"], failed("transient"), "move 1:1 cleanup"],
    [["retry"], failed("capacity", "zone"), "stop cleanup"],
    [["retry", "quit"], failed("transient"), "again 1"],
    [[], failed("transient"), "stop cleanup"],
  ])("by the fail modes of the phase, in their order: %s", (modes, outcome, expected) => {
    expect(words(decide(withModes("provision", modes), at(1, 0), outcome))).toBe(expected);
  });

  it("never to a place that was closed, also not by another name of the same provider", () => {
    const twice: LadderShape = {
      ...shape,
      rungs: [...shape.rungs, edge("aws-reserve", [{ region: "us-east-1" }], "aws")],
    };
    const decision = decide(twice, at(1, 0), failed("quota", "provider"));
    expect(decision).toMatchObject({ kind: "move", to: { closed: ["0:0", "1:0", "1:1", "1:2", "1:3", "3:0"] } });
    expect(begin(shape, ["0:0", "1:0"])).toMatchObject({ rung: 1, place: 1, phase: "provision" });
    expect(begin({ rungs: [] })).toBeNull();
  });
});

describe("any ladder", () => {
  it("ends, whatever happens on it, and asks no place in a phase more often than its retries allow", () => {
    const classes = fc.constantFrom<FailureClass>("transient", "capacity", "quota", "lost", "configuration", "fatal");
    const elsewhere = fc.constantFrom<Elsewhere | undefined>("zone", "type", "region", "provider", null, undefined);
    const outcome = fc.oneof(
      fc.constant<Outcome>({ kind: "done" }),
      fc.tuple(classes, elsewhere, fc.boolean()).map(([kind, scope, rest]) => failed(kind, scope, rest)),
      fc
        .tuple(classes, elsewhere)
        .map(([kind, scope]): Outcome => ({ kind: "refused", failure: failure(kind, scope) })),
    );
    const places = fc.array(
      fc.record({
        region: fc.constantFrom("r", "s"),
        zone: fc.constantFrom("a", "b"),
        type: fc.constantFrom("t", "u"),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const rungs = fc.array(
      places.map((some) => edge("e", some)),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(rungs, fc.infiniteStream(outcome), fc.nat(3), (some, outcomes, retries) => {
        const ladder: LadderShape = { rungs: some, policy: { ...defaultPolicy, retries } };
        const most = some.flatMap((rung) => rung.places).length * 3 * (retries + 1);
        let now = begin(ladder);
        let steps = 0;
        for (const next of outcomes) {
          if (now === null) break;
          expect(now.closed).not.toContain(`${now.rung}:${now.place}`);
          const decision = decide(ladder, now, next);
          expect(++steps).toBeLessThanOrEqual(most);
          now = "to" in decision ? decision.to : null;
        }
      }),
    );
  });
});
