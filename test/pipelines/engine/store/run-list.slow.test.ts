import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, openDatabase } from "../../../../pipelines/engine/store/database.ts";
import { type RunChoice, runCount, runNames, runSummaries } from "../../../../pipelines/engine/store/run-list.ts";
import { insertRun } from "../../../../pipelines/engine/store/run-store.ts";
import { sketchPlan } from "../scripted-pipeline.ts";

const worker = "lister";
let home: string;
let database: Database;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "edgecert-list-"));
  // Because mkdtemp gives 0700, which sends root's database elsewhere: this one shall stay in its home.
  await chmod(home, 0o755);
  database = await openDatabase({ home, worker, changed() {} });
  const plan = sketchPlan({ source: {} });
  const event = { at: new Date().toISOString(), type: "run.started" as const, data: {} };
  for (const run of ["done", "nightly-1", "nightly-2", "leaks", "waits", "runs"]) {
    const by = run === "runs" ? worker : "gone";
    await insertRun(database.pool, { run, definition: "/p.ts", plan, width: 4, worker: by, event });
  }
  await database.pool.query(`
    update edgecert.runs set state = 'finished', outcome = 'passed' where run in ('done', 'leaks');
    update edgecert.runs set leaked = 1 where run = 'leaks';
    update edgecert.runs set state = 'waiting-approval', sealed_digest = 'abc', sealed_verdict = 'passed'
      where run = 'waits'`);
});

afterAll(async () => {
  await database?.close();
  await rm(home, { recursive: true, force: true });
});

const names = async (choice: RunChoice) => (await runSummaries(database.pool, choice)).map(({ run }) => run);

it.each<[RunChoice, readonly string[]]>([
  [{}, ["runs", "waits", "leaks", "nightly-2", "nightly-1", "done"]],
  [{ limit: 2 }, ["runs", "waits"]],
  [{ beginning: "nightly" }, ["nightly-2", "nightly-1"]],
  [{ kind: "unfinished" }, ["runs", "waits", "nightly-2", "nightly-1"]],
  [{ kind: "resumable", limit: 3 }, ["runs", "waits", "leaks"]],
  [{ kind: "waiting-approval" }, ["waits"]],
  [{ kind: "sealed" }, ["waits"]],
  [{ kind: "alive" }, ["runs"]],
])("%j lists the runs that fit, newest first", async (choice, expected) => {
  expect(await names(choice)).toEqual(expected);
});

it("lists runs with their parameters and without their plans", async () => {
  const [waiting] = await runSummaries(database.pool, { kind: "waiting-approval" });
  expect(waiting).toMatchObject({
    params: { ref: "main" },
    sealed: { digest: "abc", verdict: "passed" },
    alive: false,
  });
  expect(waiting).not.toHaveProperty("plan");
});

it("counts and names every run", async () => {
  expect(await runCount(database.pool)).toBe(6);
  expect((await runNames(database.pool)).at(-1)).toBe("done");
});
