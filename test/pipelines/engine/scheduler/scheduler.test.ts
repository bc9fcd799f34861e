import { describe, expect, it } from "vitest";
import { type PlanGraph, planGraph } from "../../../../pipelines/engine/scheduler/plan-graph.ts";
import {
  type Decision,
  type Fact,
  initialState,
  type SchedulerState,
} from "../../../../pipelines/engine/scheduler/run-state.ts";
import { advance } from "../../../../pipelines/engine/scheduler/scheduler.ts";
import { type NodeSketch, sketchPlan } from "../scripted-pipeline.ts";

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
  if (decision.type === "again") return `again ${decision.node}#${decision.round}`;
  if (decision.type === "open") return `open ${decision.node}`;
  return decision.type === "seal" ? "seal" : `finish ${decision.outcome} ${decision.leaked}`;
}

const passed = (node: string): Fact => ({ type: "settled", node, outcome: "passed" });
const failed = (node: string): Fact => ({ type: "settled", node, outcome: "failed" });
const lost = (node: string): Fact => ({ type: "settled", node, outcome: "failed", lost: true });
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
    expect(run.tell(failed("results"))).toEqual(["skip undo:servers: kept, because results failed", "seal"]);
  });

  it("keeps machines always where that was asked for, but not those that nobody came to use", () => {
    const stages = { servers: { undo: true, keep: "always" }, results: { needs: { servers: "servers" } } } as const;
    const run = play(stages);
    run.tell();
    run.tell(passed("servers"));
    expect(run.tell(passed("results"))).toEqual(["skip undo:servers: kept, as was asked, after results", "seal"]);
    const broken = play(stages);
    broken.tell();
    expect(broken.tell(failed("servers"))).toContain("skip undo:servers: kept, because servers failed");
    const cancelled = play(stages);
    cancelled.tell();
    cancelled.tell(passed("servers"));
    cancelled.tell({ type: "cancel", reason: "enough" });
    expect(cancelled.tell({ type: "settled", node: "results", outcome: "cancelled" })).toEqual(["start undo:servers"]);
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

  describe("whose machines were lost", () => {
    /**
     *   servers (held) --+--> prepare --+--> results --> report
     *                    `--------------'
     */
    const cell: Readonly<Record<string, NodeSketch>> = {
      servers: { undo: true, lost: 1 },
      prepare: { needs: { servers: "servers" } },
      results: { needs: { servers: "servers", prepare: "prepare" } },
      report: { needs: { results: "results" } },
    };
    const begun = (sketch = cell) => {
      const run = play(sketch);
      run.tell();
      run.tell(passed("servers"));
      run.tell(passed("prepare"));
      return run;
    };

    it("gives them back first, then attempts holder and users again as one group", () => {
      const run = begun();
      expect(run.tell(lost("results"))).toEqual([
        "again servers#1",
        "again prepare#1",
        "again results#1",
        "start undo:servers",
      ]);
      expect(run.owed()).toEqual(["undo:servers"]);
      expect(run.tell(passed("undo:servers"))).toEqual(["again undo:servers#1", "start servers#1"]);
      expect(run.owed()).toEqual(["undo:servers"]);
      expect(run.tell(passed("servers"))).toEqual(["start prepare#1"]);
      expect(run.tell(passed("prepare"))).toEqual(["start results#1"]);
      expect(run.tell(passed("results"))).toEqual(["start undo:servers#1", "start report"]);
      expect(run.tell(passed("undo:servers"), passed("report"))).toEqual(["seal"]);
      expect(run.tell(sealed())).toEqual(["finish passed 0"]);
    });

    it("fails once the holder's budget is used up", () => {
      const run = begun();
      run.tell(lost("results"));
      run.tell(passed("undo:servers"));
      run.tell(passed("servers"));
      run.tell(passed("prepare"));
      expect(run.tell(lost("results"))).toEqual([
        "skip report: needs results, but results was not passed",
        "start undo:servers#1",
      ]);
    });

    it("fails at once where the holder has no budget, and where nothing is held", () => {
      const run = begun({ ...cell, servers: { undo: true } });
      expect(run.tell(lost("results"))).toContain("start undo:servers");
      const bare = play({ results: {} });
      bare.tell();
      expect(bare.tell(lost("results"))).toEqual(["seal"]);
    });

    it("waits for users that still run on them, and attempts those again whatever they came to", () => {
      const run = begun({ ...cell, audit: { needs: { servers: "servers" } } });
      expect(run.tell(lost("results"))).toEqual(["again servers#1", "again prepare#1", "again results#1"]);
      expect(run.tell(failed("audit"))).toEqual(["again audit#1", "start undo:servers"]);
      run.tell(passed("undo:servers"));
      expect(run.tell(passed("servers"))).toEqual(["start prepare#1", "start audit#1"]);
    });

    it("counts the loss once, however many users saw it", () => {
      const run = begun({ ...cell, audit: { needs: { servers: "servers" } } });
      run.tell(lost("results"));
      run.tell(lost("audit"));
      run.tell(passed("undo:servers"));
      run.tell(passed("servers"));
      run.tell(passed("prepare"), passed("audit"));
      expect(run.tell(lost("results"))).toContain("skip report: needs results, but results was not passed");
    });

    it("does not touch what other nodes made of them before", () => {
      const run = begun({ ...cell, summary: { needs: { prepare: "prepare" } } });
      run.tell(passed("summary"));
      expect(run.tell(lost("results")).join()).not.toContain("summary");
    });

    it("leaves a user alone that was skipped and never used them", () => {
      const never: NodeSketch = { needs: { servers: "servers", other: "other" } };
      const run = play({ ...cell, other: {}, never });
      run.tell();
      run.tell(failed("other"));
      run.tell(passed("servers"));
      run.tell(passed("prepare"));
      expect(run.tell(lost("results")).join()).not.toContain("never");
    });

    it("replaces all machines that one of its nodes worked on, those of other holders too", () => {
      const run = play({
        servers: { undo: true, lost: 1 },
        storage: { undo: true },
        copy: { needs: { servers: "servers", storage: "storage" } },
        scrub: { needs: { storage: "storage" } },
        results: { needs: { servers: "servers" } },
      });
      run.tell();
      run.tell(passed("servers"), passed("storage"));
      run.tell(passed("copy"), passed("scrub"));
      const decisions = run.tell(lost("results"));
      expect(decisions).toEqual([
        "again servers#1",
        "again storage#1",
        "again copy#1",
        "again scrub#1",
        "again results#1",
        "start undo:servers",
      ]);
      // Its machines went back already, when its last user had settled: only its undo is still to settle.
      expect(run.tell(passed("undo:storage"))).toEqual(["again undo:storage#1", "start storage#1"]);
      expect(run.tell(passed("undo:servers"))).toEqual(["again undo:servers#1", "start servers#1"]);
    });

    it("gives back what stands on other machines before those", () => {
      const run = play({
        hosts: { undo: true, lost: 1 },
        guests: { needs: { hosts: "hosts" }, undo: true, lost: 1 },
        results: { needs: { guests: "guests" } },
      });
      run.tell();
      run.tell(passed("hosts"));
      run.tell(passed("guests"));
      expect(run.tell(lost("results")).at(-1)).toBe("start undo:guests");
      expect(run.tell(passed("undo:guests"))).toEqual(["again undo:guests#1", "start undo:hosts"]);
      expect(run.tell(passed("undo:hosts"))).toEqual(["again undo:hosts#1", "start hosts#1"]);
    });

    it("attempts again though giving back failed: the holder's next attempt begins with it, and the undo is still owed", () => {
      const run = begun();
      run.tell(lost("results"));
      expect(run.tell({ type: "settled", node: "undo:servers", outcome: "leaked" })).toEqual([
        "again undo:servers#1",
        "start servers#1",
      ]);
      expect(run.tell(failed("servers"))).toEqual([
        "skip prepare: needs servers, but servers was not passed",
        "skip results: needs servers, but servers was not passed",
        "skip report: needs results, but results was skipped",
        "start undo:servers#1",
      ]);
      expect(run.owed()).toEqual(["undo:servers"]);
    });

    it("is not attempted again once the run is cancelled, and still gives back", () => {
      const run = begun();
      expect(run.tell({ type: "cancel", reason: "enough" }, lost("results"))).toEqual([
        "cancel report: enough",
        "start undo:servers",
      ]);
      const later = begun();
      later.tell(lost("results"));
      expect(later.tell({ type: "cancel", reason: "enough" })).toEqual([
        "cancel servers: enough",
        "cancel prepare: enough",
        "cancel results: enough",
        "cancel report: enough",
      ]);
      expect(later.tell(passed("undo:servers"))).toEqual(["seal"]);
    });

    it("has one more attempt for each takeover, whose interruption is no fault of the machines", () => {
      const run = begun({ ...cell, servers: { undo: true } });
      run.tell({ type: "resumed", takeovers: 1 });
      expect(run.tell(lost("results"))).toContain("again servers#1");
      run.tell(passed("undo:servers"));
      run.tell(passed("servers"));
      run.tell(passed("prepare"));
      expect(run.tell(lost("results"))).toContain("start undo:servers#1");
    });

    it("gives them back before the next attempt even where failures keep machines", () => {
      const run = begun({ ...cell, servers: { undo: true, lost: 1, keep: "on-failure" } });
      expect(run.tell(lost("results"))).toContain("start undo:servers");
    });
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
