import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Event } from "../../../pipelines/dsl/event.ts";
import { FailureError } from "../../../pipelines/dsl/failure.ts";
import type { Engine } from "../../../pipelines/engine/engine.ts";
import { postgresAccount } from "../../../pipelines/engine/postgres/account.ts";
import { postgresPlace } from "../../../pipelines/engine/postgres/place.ts";
import { openEngine } from "../../../pipelines/engine/postgres-engine.ts";
import { openDatabase } from "../../../pipelines/engine/store/database.ts";
import { someFailure } from "./memory-run.ts";
import { heldStage, sketchPipeline, sketchPlan } from "./scripted-pipeline.ts";

let home: string;
let closing: (() => Promise<void>)[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "edgecert-engine-"));
  // Because mkdtemp gives 0700, which sends root's database elsewhere: this one shall stay in its home.
  await chmod(home, 0o755);
  closing = [];
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await rm(home, { recursive: true, force: true });
});

const definition = "/srv/product/certify.ts";
const seal = async () => ({ type: "run.sealed" as const, data: { digest: "abc", verdict: "passed", leftovers: [] } });

async function open(options: { readonly worker?: boolean } = {}): Promise<Engine> {
  const engine = await openEngine({ home, seal, ...options });
  closing.push(() => engine.close());
  return engine;
}

async function stream(engine: Engine, run: string): Promise<readonly Event[]> {
  const events: Event[] = [];
  for await (const event of engine.events(run, { follow: true })) events.push(event);
  return events;
}

const short = (events: readonly Event[]) =>
  events.map(({ type, node }) => (node === undefined ? type : `${type} ${node}`));

describe("a run", () => {
  it("is recorded without gaps, with its outputs and logs", async () => {
    const plan = sketchPlan({ source: {}, results: { needs: { source: "source" } } });
    const pipeline = sketchPipeline(plan, {
      source: { run: async () => ({ commit: "c0ffee" }) },
      results: {
        run: async (input, ctx) => {
          ctx.log(`\u001b[31m${JSON.stringify(input.source)}\u001b[0m`, { host: "node1" });
          return null;
        },
      },
    });
    const engine = await open();
    const run = await engine.start({ definition, pipeline, plan });
    expect(await engine.wait(run)).toEqual({ outcome: "passed", leaked: 0 });
    const events = await stream(engine, run);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(short(events)).toEqual([
      "run.started",
      "node.started source",
      "node.passed source",
      "node.started results",
      "log results",
      "node.passed results",
      "run.sealed",
      "run.finished",
    ]);
    const file = join(home, "runs", run, "nodes", "results", "1", "log.txt");
    expect(await readFile(file, "utf8")).toBe('node1 │ {"commit":"c0ffee"}\n');
  });

  it("started twice under one name runs once", async () => {
    const plan = sketchPlan({ source: {} });
    let runs = 0;
    const pipeline = sketchPipeline(plan, { source: { run: async () => ({ runs: ++runs }) } });
    const engine = await open();
    const spec = { run: "twice", definition, pipeline, plan };
    expect(await Promise.all([engine.start(spec), engine.start(spec)])).toEqual(["twice", "twice"]);
    await engine.wait("twice");
    expect(await engine.start(spec)).toBe("twice");
    expect(runs).toBe(1);
    await expect(engine.start({ ...spec, plan: sketchPlan({ other: {} }) })).rejects.toMatchObject({
      failure: { reason: "run-exists" },
    });
  });

  it("takes an event from another engine with its place, whether or not it is held", async () => {
    const results = heldStage();
    const plan = sketchPlan({ results: {} });
    const pipeline = sketchPipeline(plan, { results: { run: results.run } });
    const engine = await open();
    const other = await open({ worker: false });
    const run = await engine.start({ definition, pipeline, plan });
    const call = await results.next();
    const touched = { type: "attempt.touched", data: { server: "node1", by: "alice", what: "shell" } } as const;
    const place = { node: "results", attempt: 1, host: "node1" };
    for (const one of [other, engine]) await one.append(run, touched, place);
    call.pass(null);
    await engine.wait(run);
    await engine.append(run, touched, place);
    const found = (await stream(other, run)).filter(({ type }) => type === "attempt.touched");
    expect(found).toHaveLength(3);
    for (const one of found) expect(one).toMatchObject({ ...touched, ...place });
  });

  it("is cancelled by a message from another engine, and gives back what it held", async () => {
    const results = heldStage();
    const undone: string[] = [];
    const plan = sketchPlan({ servers: { undo: true }, results: { needs: { servers: "servers" } } });
    const pipeline = sketchPipeline(plan, {
      servers: { undo: async (_, ctx) => void undone.push(`${ctx.owner.node} aborted=${ctx.signal.aborted}`) },
      results: { run: results.run },
    });
    const engine = await open();
    const other = await open({ worker: false });
    const run = await engine.start({ definition, pipeline, plan });
    await results.next();
    expect(await other.owed(run)).toEqual(["undo:servers"]);
    await other.cancel(run, "enough");
    expect(await other.wait(run)).toEqual({ outcome: "cancelled", leaked: 0 });
    expect(undone).toEqual(["servers aborted=false"]);
    expect(await other.owed(run)).toEqual([]);
    expect(short(await stream(other, run))).toContain("node.cancelled results");
    await expect(other.cancel(run, "again")).rejects.toMatchObject({ failure: { reason: "run-finished" } });
  });

  it("waits for an approval that another engine gives, on the sealed digest only", async () => {
    const plan = sketchPlan({
      results: {},
      release: { approval: true, needs: { results: ["results"] } },
      publish: { needs: { release: "release" } },
    });
    const seen: unknown[] = [];
    const pipeline = sketchPipeline(plan, { publish: { run: async (input) => void seen.push(input.release) } });
    const engine = await open();
    const other = await open({ worker: false });
    const run = await engine.start({ definition, pipeline, plan });
    expect(await engine.wait(run)).toEqual({ outcome: "waiting-approval", leaked: 0 });
    const decision = { node: "release", decision: "approved" as const, by: "ada", reason: "good" };
    await expect(other.decide(run, { ...decision, digest: "other" })).rejects.toMatchObject({
      failure: { reason: "digest-changed" },
    });
    await other.decide(run, { ...decision, digest: "abc" });
    await expect(other.decide(run, { ...decision, digest: "abc" })).rejects.toMatchObject({
      failure: { reason: "not-waiting" },
    });
    expect(await engine.wait(run)).toEqual({ outcome: "passed", leaked: 0 });
    expect(seen).toEqual([{ approvedBy: "ada", at: expect.stringMatching(/^\d{4}-/) }]);
  });

  it("that waits for an approval goes on in a new process's engine", async () => {
    const plan = sketchPlan({ results: {}, release: { approval: true, needs: { results: "results" } } });
    const pipeline = sketchPipeline(plan, {});
    const first = await openEngine({ home, seal });
    const run = await first.start({ definition, pipeline, plan });
    expect((await first.wait(run)).outcome).toBe("waiting-approval");
    await first.close();
    const second = await open();
    expect(await second.record(run)).toMatchObject({ state: "waiting-approval", alive: false });
    await second.decide(run, { node: "release", decision: "rejected", by: "ada", reason: "no", digest: "abc" });
    await second.resume(run, pipeline);
    expect(await second.wait(run)).toEqual({ outcome: "rejected", leaked: 0 });
    expect(short(await stream(second, run)).slice(-4)).toEqual([
      "run.resumed",
      "approval.decided release",
      "node.failed release",
      "run.finished",
    ]);
  });

  it("is not approved after its approval expired, though no worker lived to say so", async () => {
    const plan = sketchPlan({ release: { approval: true, expires: 86_400_000 }, publish: { needs: { r: "release" } } });
    const published: unknown[] = [];
    const pipeline = sketchPipeline(plan, { publish: { run: async () => void published.push(1) } });
    const first = await openEngine({ home, seal });
    const run = await first.start({ definition, pipeline, plan });
    expect((await first.wait(run)).outcome).toBe("waiting-approval");
    await first.close();
    const second = await open();
    const place = await postgresPlace(home, await postgresAccount());
    const client = new Client({ host: place.sockets, user: "edgecert", database: "postgres" });
    await client.connect();
    await client.query(
      `update edgecert.nodes set opened = '{"expiresAt":"2026-01-01T00:00:00.000Z"}' where node = $1`,
      ["release"],
    );
    await client.end();
    const decision = { node: "release", decision: "approved" as const, by: "ada", reason: "late", digest: "abc" };
    await expect(second.decide(run, decision)).rejects.toMatchObject({ failure: { reason: "approval-expired" } });
    await second.resume(run, pipeline);
    expect(await second.wait(run)).toEqual({ outcome: "rejected", leaked: 0 });
    expect(published).toEqual([]);
  });

  it("survives the death of its database", async () => {
    const results = heldStage();
    const plan = sketchPlan({ servers: { undo: true }, results: { needs: { servers: "servers" } } });
    const engine = await open();
    const run = await engine.start({ definition, pipeline: sketchPipeline(plan, { results }), plan });
    const call = await results.next();
    const place = await postgresPlace(home, await postgresAccount());
    process.kill(Number((await readFile(join(place.data, "postmaster.pid"), "utf8")).split("\n")[0]), "SIGKILL");
    call.ctx.log("said while the database was away");
    call.pass();
    expect(await engine.wait(run)).toEqual({ outcome: "passed", leaked: 0 });
    const events = await stream(engine, run);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(short(events).filter((text) => text === "log results")).toHaveLength(1);
  });

  it("survives the death of its database also with a connection in use", async () => {
    const database = await openDatabase({ home, worker: null, changed: () => {} });
    closing.push(() => database.close());
    const lent = await database.pool.connect();
    const place = await postgresPlace(home, await postgresAccount());
    process.kill(Number((await readFile(join(place.data, "postmaster.pid"), "utf8")).split("\n")[0]), "SIGKILL");
    await expect.poll(() => lent.query("select 1").catch(() => "lost"), { timeout: 10_000 }).toBe("lost");
    lent.release(true);
    await expect
      .poll(
        () =>
          database.pool
            .query("select 1")
            .then(({ rows }) => rows.length)
            .catch(() => 0),
        { timeout: 20_000 },
      )
      .toBe(1);
  });

  it("is let go by a worker that another one has replaced", async () => {
    const results = heldStage();
    const plan = sketchPlan({ results: {} });
    const engine = await open();
    const run = await engine.start({ definition, pipeline: sketchPipeline(plan, { results }), plan });
    const call = await results.next();
    const place = await postgresPlace(home, await postgresAccount());
    const client = new Client({ host: place.sockets, user: "edgecert", database: "postgres" });
    await client.connect();
    await client.query("update edgecert.runs set worker = 'another'");
    await client.end();
    call.ctx.log("from the one that was replaced");
    await expect(engine.wait(run)).rejects.toMatchObject({ failure: { reason: "taken-over" } });
    expect(call.ctx.signal.aborted).toBe(true);
    const told: Event[] = [];
    for await (const event of engine.events(run)) told.push(event);
    expect(short(told)).toEqual(["run.started", "node.started results"]);
  });

  it("attempts a lost group again, also when its worker is gone between loss and next attempt", async () => {
    const seen: unknown[] = [];
    const results = heldStage();
    let made = 0;
    const plan = sketchPlan({ servers: { undo: true, lost: 1 }, results: { needs: { servers: "servers" } } });
    const first = await openEngine({ home, seal });
    const returning = heldStage();
    const give = async (...args: Parameters<typeof returning.run>) => void (await returning.run(...args));
    const servers = { run: async () => ({ made: ++made }), undo: give };
    const run = await first.start({ definition, pipeline: sketchPipeline(plan, { servers, results }), plan });
    (await results.next()).fail(new FailureError(someFailure("lost")));
    await returning.next();
    expect(await first.owed(run)).toEqual(["undo:servers"]);
    await first.close();

    const second = await open();
    const pipeline = sketchPipeline(plan, {
      servers: { run: async () => ({ made: ++made }) },
      results: { run: async (input, ctx) => void seen.push([ctx.attempt, input.servers]) },
    });
    await second.resume(run, pipeline);
    expect(await second.wait(run)).toEqual({ outcome: "passed", leaked: 0 });
    expect(seen).toEqual([[2, { made: 2 }]]);
    expect(await second.owed(run)).toEqual([]);
    const events = await stream(second, run);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(short(events).filter((text) => /started (servers|results)/.test(text))).toEqual([
      "node.started servers",
      "node.started results",
      "node.started servers",
      "node.started results",
    ]);
  });

  it("keeps secrets out of its record, in every form", async () => {
    process.env.EDGECERT_TEST_SECRET = "tr0ub4dor&3/x";
    const plan = sketchPlan({ source: {} });
    const pipeline = sketchPipeline(
      plan,
      {
        source: {
          run: async (_, ctx) => {
            const text = (await ctx.secret("token")).reveal();
            ctx.log(`plain ${text} base64 ${Buffer.from(`user:${text}`).toString("base64")}`);
            ctx.note(`url ${encodeURIComponent(text)} json ${JSON.stringify({ text })}`);
            throw new Error(`cannot log in with ${text}`);
          },
        },
      },
      { token: { env: "EDGECERT_TEST_SECRET" } },
    );
    const engine = await open();
    const run = await engine.start({ definition, pipeline, plan });
    expect((await engine.wait(run)).outcome).toBe("failed");
    const text = JSON.stringify(await stream(engine, run));
    expect(text.match(/\[secret token\]/g)?.length).toBeGreaterThanOrEqual(5);
    for (const form of ["tr0ub4dor", Buffer.from("tr0ub4dor&3").toString("base64").slice(3, 12)]) {
      expect(text).not.toContain(form);
    }
  });
});

describe("a killed worker", () => {
  const worker = (mode: string) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "crash-worker.ts"), home, mode], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    closing.push(async () => void child.kill("SIGKILL"));
    return { child, lines };
  };
  const until = async (lines: AsyncIterator<string>, start: string): Promise<readonly string[]> => {
    const seen: string[] = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`ended before ${start}: ${seen.join(" | ")}`);
      seen.push(value);
      if (value.startsWith(start)) return seen;
    }
  };
  const killed = async (child: ChildProcess): Promise<void> => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  };

  it("leaves a run that another resumes: passed nodes stay, the one in flight is a new attempt, the undo is done", async () => {
    const first = worker("start");
    expect(await until(first.lines, "run middle")).toEqual(["run first", "run servers 1", 'run middle 1 {"token":2}']);
    const looker = await open({ worker: false });
    expect(await looker.record("crash")).toMatchObject({ state: "running", alive: true });
    await killed(first.child);
    await expect.poll(() => looker.record("crash")).toMatchObject({ state: "running", alive: false });
    expect(await looker.owed("crash")).toEqual(["undo:servers"]);
    const second = worker("resume");
    expect(await until(second.lines, "end")).toEqual([
      'run middle 2 {"token":2}',
      expect.stringMatching(/^(undo servers by servers 1000\d+|run last .*)$/),
      expect.stringMatching(/^(undo servers by servers 1000\d+|run last .*)$/),
      "end passed 0",
    ]);
    const events = await stream(looker, "crash");
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(short(events).filter((text) => text === "node.started first")).toHaveLength(1);
  });

  it("is replaced by one survivor without anybody's doing", async () => {
    const first = worker("start");
    await until(first.lines, "run middle");
    const survivors = [worker("adopt"), worker("adopt")];
    for (const { lines } of survivors) await until(lines, "watching");
    const looker = await open({ worker: false });
    expect(await looker.record("crash")).toMatchObject({ state: "running", alive: true });
    await killed(first.child);
    const said = await Promise.race(survivors.map(({ lines }) => until(lines, "end")));
    expect(said).toEqual([
      "adopted crash",
      expect.stringMatching(/^run middle 2/),
      ...[0, 1].map(() => expect.anything()),
      "end passed 0",
    ]);
    const events = await stream(looker, "crash");
    expect(short(events).filter((text) => text === "run.resumed")).toHaveLength(1);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });

  it("whose run was taken over too often is torn down at once: every undo still runs", async () => {
    const first = worker("start");
    await until(first.lines, "run middle");
    const place = await postgresPlace(home, await postgresAccount());
    const client = new Client({ host: place.sockets, user: "edgecert", database: "postgres" });
    await client.connect();
    await client.query("update edgecert.runs set takeovers = 100");
    await client.end();
    await killed(first.child);
    const second = worker("resume");
    expect(await until(second.lines, "end")).toEqual([
      expect.stringMatching(/^undo servers by servers/),
      "end cancelled 0",
    ]);
    const looker = await open({ worker: false });
    expect(await looker.owed("crash")).toEqual([]);
    const events = await stream(looker, "crash");
    expect(events.find(({ type }) => type === "cancel.requested")?.data).toEqual({
      reason: "taken over 101 times without coming to its end",
    });
  });

  it("whose definition was edited goes on no more, but gives back what it holds once it is cancelled", async () => {
    const first = worker("start");
    await until(first.lines, "run middle");
    await killed(first.child);
    const engine = await open();
    const undone: string[] = [];
    const edited = sketchPipeline(sketchPlan({ renamed: {} }), {
      servers: { undo: async (_, ctx) => void undone.push(ctx.owner.node) },
    });
    await engine.cancel("crash", "enough");
    await expect(engine.resume("crash", edited)).rejects.toMatchObject({ failure: { reason: "plan-changed" } });
    await engine.resume("crash", edited, "give-back");
    expect(await engine.wait("crash")).toEqual({ outcome: "cancelled", leaked: 0 });
    expect(undone).toEqual(["servers"]);
  });

  it("whose undo failed is resumed until nothing is owed", async () => {
    const first = worker("start");
    await until(first.lines, "run middle");
    await killed(first.child);
    const second = worker("leak");
    expect((await until(second.lines, "end")).at(-1)).toBe("end passed 1");
    const looker = await open({ worker: false });
    expect(await looker.owed("crash")).toEqual(["undo:servers"]);
    const third = worker("resume");
    expect(await until(third.lines, "end")).toEqual([
      expect.stringMatching(/^undo servers by servers 2000/),
      "end passed 0",
    ]);
    expect(await looker.owed("crash")).toEqual([]);
  });
});
