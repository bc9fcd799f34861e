import { describe, expect, it } from "vitest";
import { type PlanGraph, planGraph } from "../../../pipelines/engine/plan-graph.ts";
import { type Decision, type Fact, initialState, type SchedulerState } from "../../../pipelines/engine/run-state.ts";
import { advance } from "../../../pipelines/engine/scheduler.ts";
import { type NodeSketch, sketchPlan } from "./scripted-pipeline.ts";

/** Undo nodes that are owed: their holder ran, and they have not given everything back. */
function owedUndos(graph: PlanGraph, state: SchedulerState): readonly string[] {
  return [...graph.nodes.values()].flatMap(({ plan }) => {
    const now = state.nodes.get(plan.id);
    const owed = plan.undoOf !== null && state.started.has(plan.undoOf) && now !== "passed" && now !== "skipped";
    return owed ? [plan.id] : [];
  });
}

/** Plays facts against a sketched plan, batch by batch, and gives what each batch decided in short words. */
function play(sketch: Readonly<Record<string, NodeSketch>>, width = 8) {
  const graph = planGraph(sketchPlan(sketch));
  let state = initialState(graph);
  return {
    tell(...facts: readonly Fact[]): readonly string[] {
      const step = advance(graph, state, facts, width);
      state = step.state;
      return step.decisions.map(words);
    },
    owed: () => owedUndos(graph, state),
  };
}

function words(decision: Decision): string {
  if (decision.type === "start") return `start ${decision.node}${decision.round > 0 ? `#${decision.round}` : ""}`;
  if (decision.type === "skip" || decision.type === "cancel")
    return `${decision.type} ${decision.node}: ${decision.reason}`;
  if (decision.type === "open") return `open ${decision.node}`;
  return decision.type === "seal" ? "seal" : `finish ${decision.outcome} ${decision.leaked}`;
}

const passed = (node: string): Fact => ({ type: "settled", node, outcome: "passed" });
const failed = (node: string): Fact => ({ type: "settled", node, outcome: "failed" });
const sealed = (verdict: string | null = "passed"): Fact => ({ type: "sealed", verdict });

/**
 *   source --+--> servers (held) --+--> results
 *            `--> packages --------'
 */
const diamond: Readonly<Record<string, NodeSketch>> = {
  source: {},
  packages: { needs: { source: "source" } },
  servers: { needs: { source: "source" }, undo: true },
  results: { needs: { servers: "servers", packages: "packages" } },
};

describe("the scheduler", () => {
  it("starts what is ready, gives back what nobody uses any more, seals, and finishes", () => {
    const run = play(diamond);
    expect(run.tell()).toEqual(["start source"]);
    expect(run.tell(passed("source"))).toEqual(["start packages", "start servers"]);
    expect(run.tell(passed("packages"))).toEqual([]);
    expect(run.tell(passed("servers"))).toEqual(["start results"]);
    expect(run.tell(passed("results"))).toEqual(["start undo:servers"]);
    expect(run.tell(passed("undo:servers"))).toEqual(["seal"]);
    expect(run.tell(sealed())).toEqual(["finish passed 0"]);
    expect(run.tell()).toEqual([]);
  });

  it("gives back as soon as the last user has settled, while others still work", () => {
    const run = play({ ...diamond, audit: { needs: { source: "source" } } });
    run.tell();
    expect(run.tell(passed("source"))).toEqual(["start packages", "start servers", "start audit"]);
    run.tell(passed("packages"), passed("servers"));
    expect(run.tell(failed("results"))).toEqual(["start undo:servers"]);
    expect(run.tell(passed("undo:servers"))).toEqual([]);
    expect(run.tell(passed("audit"))).toEqual(["seal"]);
    expect(run.tell(sealed("failed"))).toEqual(["finish failed 0"]);
  });

  it("skips what a failure makes impossible, names the need, and undoes a holder that failed", () => {
    const run = play(diamond);
    run.tell();
    run.tell(passed("source"));
    expect(run.tell(failed("servers"))).toEqual([
      "skip results: needs servers, but servers was not passed",
      "start undo:servers",
    ]);
    expect(run.owed()).toEqual(["undo:servers"]);
  });

  it("acquires nothing for users that cannot run any more", () => {
    const run = play({
      builders: { undo: true },
      packages: { needs: { builders: "builders" } },
      servers: { undo: true },
      results: { needs: { packages: "packages", servers: "servers" } },
    });
    expect(run.tell()).toEqual(["start builders"]);
    expect(run.tell(failed("builders"))).toEqual([
      "skip packages: needs builders, but builders was not passed",
      "skip results: needs packages, but packages was skipped",
      "skip servers: nothing that needs it can run any more",
      "skip undo:servers: servers never started",
      "start undo:builders",
    ]);
  });

  it("does not undo what never started", () => {
    const run = play(diamond);
    run.tell();
    expect(run.tell(failed("source"))).toEqual([
      "skip packages: needs source, but source was not passed",
      "skip servers: needs source, but source was not passed",
      "skip results: needs servers, but servers was skipped",
      "skip undo:servers: servers never started",
      "seal",
    ]);
    expect(run.owed()).toEqual([]);
  });

  it("gives every need its settled entries, whatever they are; an absent optional need is no obstacle", () => {
    const run = play({ a: {}, b: {}, all: { needs: { every: ["a", "b"], absent: null } } });
    run.tell();
    expect(run.tell(failed("a"))).toEqual([]);
    expect(run.tell(passed("b"))).toEqual(["start all"]);
  });

  it("cancels what has not started, waits for what runs, and still undoes", () => {
    const run = play(diamond);
    run.tell();
    run.tell(passed("source"));
    run.tell(passed("packages"), passed("servers"));
    expect(run.tell({ type: "cancel", reason: "enough" })).toEqual([]);
    expect(run.tell({ type: "settled", node: "results", outcome: "cancelled" })).toEqual(["start undo:servers"]);
    expect(run.tell(passed("undo:servers"))).toEqual(["seal"]);
    expect(run.tell(sealed())).toEqual(["finish cancelled 0"]);
  });

  it("never cancels an undo, and cancels what waits with its reason", () => {
    const run = play({ servers: { undo: true }, results: { needs: { servers: "servers" } } });
    run.tell();
    expect(run.tell({ type: "cancel", reason: "enough" })).toEqual(["cancel results: enough"]);
    expect(run.tell({ type: "settled", node: "servers", outcome: "cancelled" })).toEqual(["start undo:servers"]);
  });

  it("counts a failed undo as leaked, and tries it again for a new worker", () => {
    const run = play({ servers: { undo: true } });
    run.tell();
    run.tell(passed("servers"));
    run.tell({ type: "settled", node: "undo:servers", outcome: "leaked" });
    expect(run.tell(sealed())).toEqual(["finish passed 1"]);
    expect(run.owed()).toEqual(["undo:servers"]);
    expect(run.tell({ type: "resumed", takeovers: 1 })).toEqual(["start undo:servers#1"]);
    expect(run.tell(passed("undo:servers"))).toEqual(["finish passed 0"]);
  });

  it("keeps machines of a failure where the stage says so", () => {
    const run = play({ servers: { undo: true, keep: "on-failure" }, results: { needs: { servers: "servers" } } });
    run.tell();
    run.tell(passed("servers"));
    expect(run.tell(failed("results"))).toEqual([
      "skip undo:servers: kept until somebody releases it, because results failed",
      "seal",
    ]);
  });

  it("gives kept machines back where nothing failed", () => {
    const run = play({ servers: { undo: true, keep: "on-failure" }, results: { needs: { servers: "servers" } } });
    run.tell();
    run.tell(passed("servers"));
    expect(run.tell(passed("results"))).toEqual(["start undo:servers"]);
  });

  it("starts no more than its width, undos apart, and prefers work on what is held", () => {
    const run = play({ s1: { undo: true }, s2: { undo: true }, s3: {}, r1: { needs: { s: "s1" } } }, 1);
    expect(run.tell()).toEqual(["start s1"]);
    expect(run.tell(passed("s1"))).toEqual(["start r1"]);
    expect(run.tell(passed("r1"))).toEqual(["start undo:s1", "start s2"]);
  });

  it("acquires build servers before the servers whose users wait for packages", () => {
    const run = play({
      servers: { undo: true },
      builders: { undo: true },
      packages: { needs: { builders: "builders" } },
      results: { needs: { servers: "servers", packages: "packages" } },
    });
    expect(run.tell()).toEqual(["start builders"]);
    expect(run.tell(passed("builders"))).toEqual(["start packages", "start servers"]);
  });

  it("starts holders that wait for each other in a ring all the same", () => {
    const ring = (own: string, next: string): NodeSketch => ({ needs: { held: own, made: `use-${next}` } });
    const run = play({
      a: { undo: true },
      b: { undo: true },
      "use-a": { needs: { held: "a" } },
      "use-b": { needs: { held: "b" } },
      "both-a": ring("a", "b"),
      "both-b": ring("b", "a"),
    });
    expect(run.tell()).toEqual(["start a"]);
  });

  describe("with an approval", () => {
    /** results --> release (approval) --> publish, on download servers that are held */
    const release: Readonly<Record<string, NodeSketch>> = {
      results: {},
      release: { approval: true, needs: { results: ["results"] } },
      mirror: { needs: { release: "release" }, undo: true },
      publish: { needs: { mirror: "mirror" } },
    };

    it("opens it once sealed, and goes on when it is approved", () => {
      const run = play(release);
      expect(run.tell()).toEqual(["start results"]);
      expect(run.tell(passed("results"))).toEqual(["seal"]);
      expect(run.tell(sealed("passed with retries"))).toEqual(["open release"]);
      expect(run.tell({ type: "decided", node: "release", decision: "approved" })).toEqual(["start mirror"]);
      expect(run.tell(passed("mirror"))).toEqual(["start publish"]);
      expect(run.tell(passed("publish"))).toEqual(["start undo:mirror"]);
      expect(run.tell(passed("undo:mirror"))).toEqual(["finish passed 0"]);
    });

    it.each(["rejected", "expired"] as const)("ends rejected when it is %s", (decision) => {
      const run = play(release);
      run.tell();
      run.tell(passed("results"));
      run.tell(sealed());
      expect(run.tell({ type: "decided", node: "release", decision })).toEqual([
        "skip mirror: needs release, but release was not passed",
        "skip publish: needs mirror, but mirror was skipped",
        "skip undo:mirror: mirror never started",
        "finish rejected 0",
      ]);
    });

    it.each([
      ["failed", "is failed"],
      ["inconclusive", "is inconclusive"],
      [null, "was not sealed"],
    ])("is not offered on a certificate of verdict %s", (verdict, words) => {
      const run = play(release);
      run.tell();
      run.tell(passed("results"));
      expect(run.tell(sealed(verdict))[0]).toBe(
        `skip release: only a passed certificate can be approved; this one ${words}`,
      );
    });

    it("is cancelled with the run", () => {
      const run = play(release);
      run.tell();
      run.tell(passed("results"));
      run.tell(sealed());
      const decisions = run.tell({ type: "cancel", reason: "enough" });
      expect(decisions.at(-1)).toBe("finish cancelled 0");
      expect(decisions).toContain("cancel release: enough");
    });
  });

  it("refuses a plan that names a node it does not hold", () => {
    expect(() => planGraph(sketchPlan({ a: { needs: { b: "b" } } }))).toThrow(/waits for b/);
  });
});
