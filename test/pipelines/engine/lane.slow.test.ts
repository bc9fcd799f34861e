import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../../pipelines/dsl/event.ts";
import type { Engine } from "../../../pipelines/engine/engine.ts";
import { openEngine } from "../../../pipelines/engine/postgres-engine.ts";

let home: string;
let looker: Engine;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "edgecert-lane-"));
  // Because mkdtemp gives 0700, which sends root's database elsewhere: this one shall stay in its home.
  await chmod(home, 0o755);
  looker = await openEngine({ home, worker: false });
});
afterEach(async () => {
  for (const child of children) await killed(child);
});
afterAll(async () => {
  await looker.close();
  await rm(home, { recursive: true, force: true });
});

async function killed(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** A real process that works on one run. */
function worker(...words: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "lane-worker.ts"), home, ...words], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    return done === true ? "(ended)" : value;
  };
  return { next, finish: () => child.stdin.write("go\n"), kill: () => killed(child) };
}

/** Resolves once the run says that it waits for these. */
async function queuedBehind(run: string, behind: readonly string[]): Promise<void> {
  for await (const event of looker.events(run, { follow: true })) {
    if (event.type === "run.queued" && event.data.behind.join() === behind.join()) return;
  }
  throw new Error(`${run} ended and never waited for ${behind.join()}`);
}

async function events(run: string): Promise<readonly Event[]> {
  const seen: Event[] = [];
  for await (const event of looker.events(run)) seen.push(event);
  return seen;
}

async function types(run: string): Promise<readonly string[]> {
  return (await events(run)).map(({ type, node }) => (node === undefined ? type : `${type} ${node}`));
}

describe("runs of one lane, each in a process of its own", () => {
  it("go one after another in the order in which they came, and each says for whom it waits", async () => {
    const a = worker("start", "a1");
    expect([await a.next(), await a.next()].sort()).toEqual(["entered a1", "works on a1"]);
    const b = worker("start", "b1");
    expect(await b.next()).toBe("entered b1");
    await queuedBehind("b1", ["a1"]);
    const c = worker("start", "c1");
    expect(await c.next()).toBe("entered c1");
    await queuedBehind("c1", ["a1", "b1"]);
    expect(await looker.record("b1")).toMatchObject({ state: "queued", alive: true });
    a.finish();
    expect(await b.next()).toBe("works on b1");
    await queuedBehind("c1", ["b1"]);
    b.finish();
    expect(await c.next()).toBe("works on c1");
    c.finish();
    expect([await c.next(), await c.next()]).toEqual(["undo of c1", "end passed"]);
    expect((await types("c1")).filter((type) => type.startsWith("run."))).toEqual([
      "run.started",
      "run.queued",
      "run.queued",
      "run.admitted",
      "run.sealed",
      "run.finished",
    ]);
  });

  it("that are started at the same instant never work side by side", async () => {
    const names = ["p9", "q9", "r9", "s9"];
    const all = names.map((name) => worker("start", name));
    for (const one of all) one.finish();
    const ends = await Promise.all(
      all.map(async ({ next }) => {
        for (let line = await next(); ; line = await next())
          if (line.startsWith("end") || line === "(ended)") return line;
      }),
    );
    expect(ends).toEqual(names.map(() => "end passed"));
    const spans = await Promise.all(
      names.map(async (name) => {
        const at = (await events(name)).filter(({ type }) => type.startsWith("node.")).map((event) => event.at);
        return [at[0] ?? "", at.at(-1) ?? ""] as const;
      }),
    );
    const sorted = spans.sort(([left], [right]) => left.localeCompare(right));
    const overlapping = sorted.filter(([begin], index) => index > 0 && begin < (sorted[index - 1]?.[1] ?? ""));
    expect({ overlapping, sorted }).toMatchObject({ overlapping: [] });
  });

  it("step over a killed one that waited, which can still be resumed", async () => {
    const a = worker("start", "a2");
    await a.next();
    const b = worker("start", "b2");
    await b.next();
    const c = worker("start", "c2");
    await c.next();
    await queuedBehind("c2", ["a2", "b2"]);
    await b.kill();
    await queuedBehind("c2", ["a2"]);
    a.finish();
    expect(await c.next()).toBe("works on c2");
    const again = worker("resume", "b2");
    expect(await again.next()).toBe("entered b2");
    await queuedBehind("b2", ["c2"]);
    c.finish();
    expect(await again.next()).toBe("works on b2");
  });

  it("step over a killed one that worked; resumed it waits for its turn before it works on", async () => {
    const a = worker("start", "a3");
    await a.next();
    await a.next();
    const b = worker("start", "b3");
    await b.next();
    await queuedBehind("b3", ["a3"]);
    const c = worker("start", "c3");
    await c.next();
    await a.kill();
    expect(await b.next()).toBe("works on b3");
    const again = worker("resume", "a3");
    expect(await again.next()).toBe("entered a3");
    await queuedBehind("a3", ["b3"]);
    b.finish();
    expect(await again.next()).toBe("works on a3");
    again.finish();
    expect(await c.next()).toBe("works on c3");
  });

  it("are cancelled while they wait without having begun anything", async () => {
    const a = worker("start", "a4");
    await a.next();
    const b = worker("start", "b4");
    await b.next();
    await queuedBehind("b4", ["a4"]);
    await looker.cancel("b4", "not needed");
    expect(await b.next()).toBe("end cancelled");
    expect((await types("b4")).slice(-2)).toEqual(["cancel.requested", "run.finished"]);
    expect(await looker.owed("b4")).toEqual([]);
  });
});

describe("a resumed run that waits for its turn", () => {
  it("gives back at once what it holds when it is cancelled, whoever works", async () => {
    const a = worker("start", "a0");
    await a.next();
    await a.next();
    await a.kill();
    const b = worker("start", "b0");
    expect([await b.next(), await b.next()].sort()).toEqual(["entered b0", "works on b0"]);
    const again = worker("resume", "a0");
    expect(await again.next()).toBe("entered a0");
    await queuedBehind("a0", ["b0"]);
    await looker.cancel("a0", "not needed");
    expect([await again.next(), await again.next()]).toEqual(["undo of a0", "end cancelled"]);
    expect(await looker.record("b0")).toMatchObject({ state: "running", alive: true });
  });
});

describe("a run that replaces", () => {
  it("starts when the older has been cancelled and has given everything back", async () => {
    const a = worker("start", "a5");
    await a.next();
    await a.next();
    const waiting = worker("start", "w5");
    await waiting.next();
    await queuedBehind("w5", ["a5"]);
    const b = worker("start", "b5", "replace");
    expect([await a.next(), await a.next()]).toEqual(["undo of a5", "end cancelled"]);
    expect(await waiting.next()).toBe("end cancelled");
    expect([await b.next(), await b.next()].sort()).toEqual(["entered b5", "works on b5"]);
    const ended = (await events("a5")).at(-1);
    const admitted = (await events("b5")).find((event) => event.type === "run.admitted");
    expect((admitted?.at ?? "") >= (ended?.at ?? "none")).toBe(true);
    expect(await types("a5")).toContain("node.passed undo:servers");
  });

  it("gives back itself what a killed one held", async () => {
    const a = worker("start", "a6");
    await a.next();
    await a.next();
    await a.kill();
    await expect.poll(() => looker.record("a6")).toMatchObject({ alive: false });
    expect(await looker.owed("a6")).toEqual(["undo:servers"]);
    const b = worker("start", "b6", "replace");
    const seen = [await b.next(), await b.next(), await b.next()];
    expect([...seen].sort()).toEqual(["entered b6", "undo of a6", "works on b6"]);
    expect(seen.indexOf("undo of a6")).toBeLessThan(seen.indexOf("works on b6"));
    expect(await looker.record("a6")).toMatchObject({ state: "finished", outcome: "cancelled", leaked: 0 });
  });
});

describe("a run that refuses", () => {
  it("names the one that holds, and leaves no record", async () => {
    const a = worker("start", "a7");
    await a.next();
    const b = worker("start", "b7", "refuse");
    expect(await b.next()).toMatch(/^refused: Another run of sketch 7 is being worked on: a7 holds it/);
    expect(await looker.record("b7")).toBeNull();
  });

  it("works where nobody does, and cannot be resumed while another one works", async () => {
    const a = worker("start", "a8", "refuse");
    expect([await a.next(), await a.next()].sort()).toEqual(["entered a8", "works on a8"]);
    await a.kill();
    const b = worker("start", "b8", "queue");
    expect([await b.next(), await b.next()].sort()).toEqual(["entered b8", "works on b8"]);
    const again = worker("resume", "a8");
    expect(await again.next()).toMatch(/^refused: .*b8 holds it/);
    b.finish();
    while ((await b.next()) !== "end passed");
    const last = worker("resume", "a8");
    expect([await last.next(), await last.next()].sort()).toEqual(["entered a8", "works on a8"]);
  });
});
