import { describe, expect, it } from "vitest";
import { UsageError } from "../../../pipelines/cli/exit.ts";
import { findNode, findRun, type RunFinder } from "../../../pipelines/cli/runs.ts";
import type { RunChoice, RunRecord } from "../../../pipelines/engine/engine.ts";
import { plan } from "../../fixtures/reports/plan.ts";

function record(run: string, day: number, given: Partial<RunRecord> = {}): RunRecord {
  const startedAt = `2026-01-0${day}T00:00:00.000Z`;
  const ended = { state: "finished", outcome: "passed", leaked: 0, sealed: null, alive: false } as const;
  return { run, pipeline: "p", definition: "/p.ts", params: {}, plan, startedAt, ...ended, ...given };
}

/** An engine that knows these runs, newest first, and of the kinds only what leaks. */
function engine(...runs: readonly RunRecord[]): RunFinder {
  const fits = ({ kind = "any", beginning = "" }: RunChoice) =>
    runs.filter((one) => one.run.startsWith(beginning) && (kind === "any" || one.leaked > 0));
  return {
    record: async (run) => runs.find((one) => one.run === run) ?? null,
    runs: async (choice = {}) => fits(choice).slice(0, choice.limit),
    names: async () => runs.map((one) => one.run),
  };
}

describe("a run that is not named", () => {
  it("is the latest of its kind", async () => {
    const runs = engine(record("c", 3), record("b", 2, { leaked: 1 }), record("a", 1, { leaked: 1 }));
    expect((await findRun(runs, undefined, "resumable")).run).toBe("b");
    expect((await findRun(runs)).run).toBe("c");
  });

  it("is refused where nothing fits", async () => {
    await expect(findRun(engine(record("c", 3)), undefined, "resumable")).rejects.toThrow("No such run");
  });
});

describe("a run that is named", () => {
  const runs = engine(...[9, 8, 7, 6, 5].map((day) => record(`2026-01-0${day}-brave-merlin`, day)));
  const refusal = (named: string) => findRun(runs, named).catch((error) => `${error.message} ${error.failure.next}`);

  it("may be named by its beginning, where only one begins so", async () => {
    expect((await findRun(runs, "2026-01-07")).run).toBe("2026-01-07-brave-merlin");
    const longer = engine(record("nightly-2", 2), record("nightly", 1));
    expect((await findRun(longer, "nightly")).run).toBe("nightly");
    expect(await refusal("2026-01")).toMatch(/Several runs begin so.*2026-01-09-brave-merlin.*2026-01-05-brave-merlin/);
  });

  it("is refused with ten of the names, where more begin so", async () => {
    const many = engine(...Array.from({ length: 12 }, (_, index) => record(`nightly-${index}`, 1)));
    const said = await findRun(many, "nightly").catch((error) => error.failure.next);
    expect(said).toMatch(/^choose one of nightly-0, .*, nightly-9 and others$/);
    await expect(findRun(many, "")).rejects.toThrow("No such run");
  });

  it("is suggested where the name is nearly right, else the latest are named", async () => {
    expect(await refusal("2026-01-06-brave-marlin")).toContain("did you mean 2026-01-06-brave-merlin?");
    expect(await refusal("nightly")).toContain(
      "the latest are 2026-01-09-brave-merlin, 2026-01-08-brave-merlin, 2026-01-07-brave-merlin",
    );
  });
});

describe("a node that is named", () => {
  it("is suggested where the name is nearly right", () => {
    const ids = plan.nodes.map((node) => node.id);
    const [id = ""] = ids;
    expect(findNode(record("a", 1), id)).toBe(id);
    expect(refusal(`${id}x`)).toBe(`a has ${id}`);
    expect(refusal("nothing of the kind")).toBe(`a has ${ids.join(", ")}`);
  });
});

/** What a name of no node is answered. */
function refusal(named: string): string {
  try {
    return findNode(record("a", 1), named);
  } catch (error) {
    return error instanceof UsageError ? error.failure.next : String(error);
  }
}
