import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../../pipelines/dsl/event.ts";
import { postgresAccount } from "../../../pipelines/engine/postgres/account.ts";
import { postgresPlace } from "../../../pipelines/engine/postgres/place.ts";
import { openEngine } from "../../../pipelines/engine/postgres-engine.ts";
import { seededNumbers } from "../../seeded-numbers.ts";
import { type KillPoint, killPoints, killProblems, pointName } from "./kill-plan.ts";

type Victim = "process" | "postgres" | "both";

let home: string;
let world: string;
const living = new Set<ChildProcess>();
/** Codes and signals of workers that ended badly without having been killed by a test. */
const crashed: unknown[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "edgecert-kill-"));
  // Because mkdtemp gives 0700, which sends root's database elsewhere: this one shall stay in its home.
  await chmod(home, 0o755);
  world = join(home, "world");
  await mkdir(world);
});

afterEach(() => expect(crashed.splice(0)).toEqual([]));

afterAll(async () => {
  for (const child of living) child.kill("SIGKILL");
  const engine = await openEngine({ home, worker: false });
  await engine.close();
  await rm(home, { recursive: true, force: true });
});

/** One life of the worker that holds some runs. */
function worker(life: "start" | "resume", points: Readonly<Record<string, KillPoint | null>>) {
  const program = join(import.meta.dirname, "kill-worker.ts");
  const child = spawn(process.execPath, [program, home, world, life, JSON.stringify(points)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  living.add(child);
  const parked = new Set<string>();
  const ended = new Map<string, string>();
  let working = false;
  let changed = (): void => {};
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, run = "", ...rest] = line.split(" ");
    if (word === "working") working = true;
    if (word === "parked") parked.add(run);
    if (word === "ended") ended.set(run, rest.join(" "));
    changed();
  });
  const exit = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.once("close", (code, signal) => {
    if (code !== 0 && signal !== "SIGKILL") crashed.push(code ?? signal);
  });
  let over = false;
  void exit.then(() => {
    living.delete(child);
    over = true;
    changed();
  });
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      if (over) throw new Error(`the worker ended: ${parked.size} parked, ${ended.size} ended`);
      await new Promise<void>((resolve) => (changed = resolve));
    }
  };
  return {
    ended,
    working: () => until(() => working),
    /** Whether it ends within so many milliseconds. */
    endsWithin: (ms: number) => Promise.race([exit.then(() => true), after(ms)]),
    /** Resolves when every run stands at its point or has ended. */
    stopped: () => until(() => Object.keys(points).every((run) => parked.has(run) || ended.has(run))),
    passedBy: () => Object.keys(points).filter((run) => !parked.has(run)),
    go: () => child.stdin.write("go\n"),
    exit,
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

/** The random moment of a kill: whatever the run has come to by then is right. */
function after(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, ms, false));
}

async function postmaster(): Promise<number> {
  const place = await postgresPlace(home, await postgresAccount());
  return Number((await readFile(join(place.data, "postmaster.pid"), "utf8")).split("\n")[0]);
}

async function killPostgres(): Promise<void> {
  process.kill(await postmaster(), "SIGKILL");
}

/** Resolves when the workers of the home have brought their database back: another process than the one killed. */
async function revived(dead: number): Promise<void> {
  await expect.poll(() => postmaster().catch(() => dead), { timeout: 60_000 }).not.toBe(dead);
}

async function problemsOf(runs: readonly string[]): Promise<readonly string[]> {
  const looker = await openEngine({ home, worker: false });
  try {
    const problems: string[] = [];
    for (const run of runs) {
      const events: Event[] = [];
      for await (const event of looker.events(run)) events.push(event);
      for (const problem of killProblems(world, run, events)) problems.push(`${run}: ${problem}`);
      const owed = await looker.owed(run);
      if (owed.length > 0) problems.push(`${run} still owes ${owed.join(", ")}`);
    }
    return problems;
  } finally {
    await looker.close();
  }
}

const minutes = 60_000;

describe("a run that is killed before, during and after every node, twice in a row", () => {
  const pointsOf = (victim: Victim) =>
    Object.fromEntries(killPoints.map((point) => [`${victim}-${pointName(point)}`, point]));

  it.each(["process", "both"] as const)("with its %s", { timeout: 4 * minutes }, async (victim) => {
    const points = pointsOf(victim);
    for (const life of ["start", "resume"] as const) {
      const own = worker(life, points);
      await own.stopped();
      expect(own.passedBy()).toEqual([]);
      if (victim === "both") await killPostgres();
      await own.kill();
    }
    const last = worker("resume", Object.fromEntries(Object.keys(points).map((run) => [run, null])));
    await last.exit;
    expect([...new Set(last.ended.values())]).toEqual(["passed 0"]);
    expect(last.ended.size).toBe(killPoints.length);
    expect(await problemsOf(Object.keys(points))).toEqual([]);
  });

  it("with its postgres", { timeout: 4 * minutes }, async () => {
    const points = pointsOf("postgres");
    const own = worker("start", points);
    await own.stopped();
    const first = await postmaster();
    await killPostgres();
    await revived(first);
    await killPostgres();
    own.go();
    await own.exit;
    expect([...new Set(own.ended.values())]).toEqual(["passed 0"]);
    expect(await problemsOf(Object.keys(points))).toEqual([]);
  });
});

describe("runs that are killed at random moments", () => {
  // Because these moments lie between the points above, where nobody thought of one.
  it("come to the same end", { timeout: 4 * minutes }, async () => {
    const seed = Number(process.env.EDGECERT_SEED ?? Date.now() % 1_000_000);
    console.log(`EDGECERT_SEED=${seed} does the same again`);
    const random = seededNumbers(seed);
    const all: string[] = [];
    let points: Readonly<Record<string, null>> = {};
    for (let kills = 0, ended = true; kills < 6; ) {
      if (ended)
        points = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`random-${all.length}-${index}`, null]));
      if (ended) all.push(...Object.keys(points));
      const own = worker(ended ? "start" : "resume", points);
      await own.working();
      ended = await own.endsWithin(random() * 1000);
      if (ended) continue;
      if (random() < 0.5) await killPostgres();
      ended = random() < 0.3 && (await own.endsWithin(random() * 2000));
      if (!ended) await own.kill();
      kills += 1;
    }
    const last = worker("resume", Object.fromEntries(all.map((run) => [run, null])));
    await last.exit;
    expect(last.ended.size).toBe(all.length);
    expect([...new Set(last.ended.values())]).toEqual(["passed 0"]);
    expect(await problemsOf(all)).toEqual([]);
  });
});
