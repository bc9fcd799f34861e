import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import { FailureError } from "../../../pipelines/dsl/failure.ts";
import type { Json } from "../../../pipelines/dsl/json.ts";
import type { StageInput } from "../../../pipelines/dsl/pipeline.ts";
import { memoryRun, noMemory, someFailure } from "./memory-run.ts";
import { heldStage, sketchPlan } from "./scripted-pipeline.ts";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "edgecert-node-"));
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(home, { recursive: true, force: true });
});

/** Only timers are faked: file system and promises go on by themselves. */
const fakeTimers = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });

const servers = { undo: true } as const;

describe("the work of a node", () => {
  it("hands outputs on under the names of the needs", async () => {
    const results = heldStage();
    const plan = sketchPlan({
      a: {},
      b: {},
      results: { needs: { one: "a", all: ["a", "b"], absent: null } },
    });
    const run = memoryRun(plan, { a: { run: async () => ({ made: [1] }) }, results }, { home });
    const call = await results.next();
    expect(call.input).toEqual({
      params: { ref: "main" },
      cell: {},
      sources: {},
      one: { made: [1] },
      absent: undefined,
      all: [
        { node: "a", cell: {}, outcome: "passed", output: { made: [1] } },
        { node: "b", cell: {}, outcome: "passed" },
      ],
    });
    call.pass();
    await run.done;
    expect(run.told().at(-1)).toBe("run.finished");
  });

  it("records the intent before the body runs", async () => {
    const source = heldStage();
    const run = memoryRun(sketchPlan({ source: {} }), { source }, { home });
    const call = await source.next();
    expect(run.told()).toEqual(["node.started source#1"]);
    call.pass();
    await run.done;
  });

  it("tries again within the budget of the failure's class, each attempt in its own folder", async () => {
    fakeTimers();
    const source = heldStage();
    const plan = sketchPlan({ source: { retry: { transient: 1 } } });
    const run = memoryRun(plan, { source }, { home });
    const first = await source.next();
    first.fail(new FailureError(someFailure("transient")));
    await vi.waitFor(() => expect(run.events("node.retrying")).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(1000);
    const second = await source.next();
    expect([first.ctx.attemptFolder, second.ctx.attemptFolder].map((path) => path.slice(home.length))).toEqual([
      "/runs/memory/nodes/source/1",
      "/runs/memory/nodes/source/2",
    ]);
    second.fail(new FailureError(someFailure("transient")));
    await run.done;
    expect(run.told()).toEqual([
      "node.started source#1",
      "node.retrying source#1",
      "node.started source#2",
      "node.failed source#2",
      "run.sealed",
      "run.finished",
    ]);
  });

  it.each(["fatal", "configuration", "test", "capacity"] as const)(
    "does not retry %s on a transient budget",
    async (kind) => {
      const plan = sketchPlan({ source: { retry: { transient: 3 } } });
      const run = memoryRun(plan, { source: { run: async (_, ctx) => ctx.fail(someFailure(kind)) } }, { home });
      await run.done;
      expect(run.events("node.failed")[0]?.data).toMatchObject({ failure: { class: kind } });
    },
  );

  it("aborts a body that takes too long, and one that falls silent", async () => {
    fakeTimers();
    const slow = heldStage();
    const silent = heldStage();
    const plan = sketchPlan({ slow: { timeout: 60_000 }, silent: { stall: 10_000, timeout: 3_600_000 } });
    const run = memoryRun(plan, { slow, silent }, { home });
    const quiet = await silent.next();
    await slow.next();
    await vi.advanceTimersByTimeAsync(9000);
    quiet.ctx.log("still here");
    await vi.advanceTimersByTimeAsync(9000);
    expect(quiet.ctx.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(quiet.ctx.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(41_000);
    await run.done;
    const reasons = run.events("node.failed").map(({ node, data }) => [node, reasonOf(data)]);
    expect(reasons.sort()).toEqual([
      ["silent", "stall"],
      ["slow", "timeout"],
    ]);
  });

  it("lets a body take the forty days that its timeout allows", async () => {
    fakeTimers();
    const day = 86_400_000;
    const slow = heldStage();
    const run = memoryRun(sketchPlan({ slow: { timeout: 40 * day } }), { slow }, { home });
    const { ctx } = await slow.next();
    await vi.advanceTimersByTimeAsync(39 * day);
    expect(ctx.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(2 * day);
    await run.done;
    expect(run.events("node.failed").map(({ data }) => reasonOf(data))).toEqual(["timeout"]);
  });

  it("leaves a body behind that ignores its signal, and records nothing of it afterwards", async () => {
    fakeTimers();
    let speak = (): void => {};
    let began = (): void => {};
    const running = new Promise<void>((resolve) => (began = resolve));
    const deaf = {
      run: (_: unknown, ctx: { log(line: string): void }) => {
        speak = () => ctx.log("too late");
        began();
        return new Promise<undefined>(() => {});
      },
    };
    const run = memoryRun(sketchPlan({ deaf: { timeout: 1000 } }), { deaf }, { home });
    await running;
    await vi.advanceTimersByTimeAsync(31_000);
    await run.done;
    const before = run.entries.length;
    speak();
    expect(run.told()).toEqual([
      "node.started deaf#1",
      "note deaf#1",
      "node.failed deaf#1",
      "run.sealed",
      "run.finished",
    ]);
    expect(run.entries).toHaveLength(before);
  });

  it("runs the undo of a cancelled run with a fresh signal and the holder's name", async () => {
    const results = heldStage();
    const undo = heldStage();
    const plan = sketchPlan({ servers, results: { needs: { servers: "servers" } } });
    const undoServers = async (...args: Parameters<typeof undo.run>) => void (await undo.run(...args));
    const run = memoryRun(plan, { servers: { undo: undoServers }, results }, { home });
    const call = await results.next();
    run.live.cancel("enough");
    await vi.waitFor(() => expect(call.ctx.signal.aborted).toBe(true));
    const back = await undo.next();
    expect(back.ctx.signal.aborted).toBe(false);
    expect(back.ctx.owner).toMatchObject({ run: "memory", node: "servers", attempt: 1 });
    back.pass();
    await run.done;
    expect(run.events("node.cancelled").map(({ node, data }) => [node, data])).toEqual([
      ["results", { reason: "enough" }],
    ]);
    expect(run.events("run.finished")[0]?.data).toEqual({ outcome: "cancelled", leaked: 0 });
  });

  it("counts an undo that fails in the end as leaked, beside the outcome", async () => {
    const plan = sketchPlan({ servers });
    const undo = async () => {
      throw new FailureError(someFailure("fatal"));
    };
    const run = memoryRun(plan, { servers: { undo } }, { home });
    await run.done;
    expect(run.told()).toContain("node.leaked undo:servers#1");
    expect(run.events("run.finished")[0]?.data).toEqual({ outcome: "passed", leaked: 1 });
  });

  it("begins a holder's further attempt by giving back, under a larger token", async () => {
    const owners: [string, Owner][] = [];
    const plan = sketchPlan({ servers });
    const body = {
      run: async (_: unknown, ctx: { owner: Owner }) => {
        owners.push(["run", ctx.owner]);
        return undefined;
      },
      undo: async (_: unknown, ctx: { owner: Owner }) => void owners.push(["undo", ctx.owner]),
    };
    const memory = { ...noMemory, takeovers: 1, attempts: new Map([["servers", 1]]) };
    const run = memoryRun(plan, { servers: body }, { home, memory });
    await run.done;
    expect(owners.map(([what, { node, attempt, token }]) => [what, node, attempt, token])).toEqual([
      ["undo", "servers", 2, 1_000_001],
      ["run", "servers", 2, 1_000_001],
      ["undo", "servers", 1, 1_000_002],
    ]);
  });

  it("attempts holder and users again as a group when the machines were lost, and keeps every attempt", async () => {
    const results = heldStage();
    let made = 0;
    const undone: number[] = [];
    const plan = sketchPlan({
      servers: { undo: true, lost: 1 },
      results: { needs: { servers: "servers" }, retry: { transient: 3 } },
    });
    const run = memoryRun(
      plan,
      {
        servers: { run: async () => ({ made: ++made }), undo: async (_, ctx) => void undone.push(ctx.attempt) },
        results,
      },
      { home },
    );
    const first = await results.next();
    first.fail(new FailureError(someFailure("lost")));
    const second = await results.next();
    expect([first.input.servers, second.input.servers]).toEqual([{ made: 1 }, { made: 2 }]);
    expect(second.ctx.attemptFolder).toBe(join(home, "runs/memory/nodes/results/2"));
    second.fail(new FailureError(someFailure("lost")));
    await run.done;
    expect(run.told()).toEqual([
      "node.started servers#1",
      "node.passed servers#1",
      "node.started results#1",
      "node.failed results#1",
      "node.waiting servers#2",
      "node.waiting results#2",
      "node.started undo:servers#1",
      "node.passed undo:servers#1",
      "node.waiting undo:servers#2",
      "node.started servers#2",
      "note servers#2",
      "node.passed servers#2",
      "node.started results#2",
      "node.failed results#2",
      "node.started undo:servers#2",
      "node.passed undo:servers#2",
      "run.sealed",
      "run.finished",
    ]);
    expect(undone).toEqual([1, 2, 2]);
  });

  it("tells what became of users whose fresh machines never came, beside their earlier attempt", async () => {
    const plan = sketchPlan({ servers: { undo: true, lost: 1 }, results: { needs: { servers: "servers" } } });
    let made = 0;
    const servers = {
      run: async () => (++made === 1 ? null : Promise.reject(new FailureError(someFailure("capacity")))),
    };
    const results = { run: async () => Promise.reject(new FailureError(someFailure("lost"))) };
    const run = memoryRun(plan, { servers, results }, { home });
    await run.done;
    expect(run.told().filter((text) => text.includes("results"))).toEqual([
      "node.started results#1",
      "node.failed results#1",
      "node.waiting results#2",
      "node.skipped results#2",
    ]);
  });

  it("keeps what has settled before a takeover", async () => {
    const source = heldStage();
    const plan = sketchPlan({ source: {}, results: { needs: { source: "source" } } });
    const settled = new Map([["source", { outcome: "passed" as const, round: 0, output: { commit: "c0ffee" } }]]);
    const seen: unknown[] = [];
    const results = {
      run: async (input: StageInput) => {
        seen.push(input.source);
        return undefined;
      },
    };
    const run = memoryRun(plan, { source, results }, { home, memory: { ...noMemory, takeovers: 1, settled } });
    await run.done;
    expect(source.waiting()).toBe(0);
    expect(seen).toEqual([{ commit: "c0ffee" }]);
    expect(run.told()).not.toContain("node.passed source#1");
  });

  it.each([
    ["2027-01-01T09:59:59.999Z", "node.passed"],
    ["2027-01-01T10:00:00.000Z", "node.failed"],
  ])("takes a decision of %s about an approval that expires at ten as %s", async (at, end) => {
    const plan = sketchPlan({ release: { approval: true } });
    const memory = { ...noMemory, opened: new Map([["release", "2027-01-01T10:00:00.000Z"]]) };
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2027-01-01T11:00:00Z") });
    const run = memoryRun(plan, {}, { home, memory });
    run.live.decide("release", { decision: "approved", by: "ada", reason: "", at });
    await run.done;
    expect(run.told()).toContain(`${end} release`);
    expect(run.events("approval.decided")).toHaveLength(end === "node.passed" ? 1 : 0);
  });

  it("gives the seal what takes its secrets out, those of a worker before it too", async () => {
    const texts: string[] = [];
    const seal = async (_: string, clean: (text: string) => string) => {
      texts.push(clean("the key is hunter2hunter2"));
      return { type: "run.sealed" as const, data: { digest: "d", verdict: "passed", leftovers: [] } };
    };
    const secrets = { key: { command: ["printf", "hunter2hunter2"] as const } };
    await memoryRun(sketchPlan({}), {}, { home, seal, secrets, memory: { ...noMemory, takeovers: 1 } }).done;
    expect(texts).toEqual(["the key is [secret key]"]);
  });

  it("seals nothing where nobody knows any more what must stay secret", async () => {
    const seal = async () => expect.unreachable();
    const run = memoryRun({ ...sketchPlan({}), secrets: ["key"] }, {}, { home, seal });
    await run.done;
    expect(JSON.stringify(run.events("note"))).toContain("The plan declares key");
    expect(run.events("run.finished")[0]?.data).toMatchObject({ outcome: "failed" });
  });

  it("refuses an output that cannot be stored", async () => {
    const circle: Record<string, Json> = {};
    circle.self = circle;
    const plan = sketchPlan({ circle: {}, huge: {} });
    const run = memoryRun(
      plan,
      { circle: { run: async () => circle }, huge: { run: async () => "x".repeat(2 ** 20) } },
      { home },
    );
    await run.done;
    expect(run.events("node.failed").map(({ data }) => reasonOf(data))).toEqual(["output-not-json", "output-not-json"]);
  });

  it("tells of a body that throws what nobody expected", async () => {
    const source = { run: async () => Promise.reject(new TypeError("x is undefined")) };
    const run = memoryRun(sketchPlan({ source: {} }), { source }, { home });
    await run.done;
    expect(run.events("node.failed")[0]?.data).toMatchObject({
      failure: { reason: "unexpected-error", class: "fatal", title: "x is undefined" },
    });
  });
});

function reasonOf(data: Json): unknown {
  const text = JSON.stringify(data);
  return /"reason":"([a-z-]+)"/.exec(text)?.[1];
}
