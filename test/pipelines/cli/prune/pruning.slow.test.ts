import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { spaceTaken } from "../../../../infra/hosts/disk-space.ts";
import { runFolder } from "../../../../pipelines/cli/home.ts";
import { type PruneChoice, type Pruned, pruneRuns } from "../../../../pipelines/cli/prune/pruning.ts";
import { removeKeptCertificates } from "../../../../pipelines/cli/prune/run-folders.ts";
import type { Engine } from "../../../../pipelines/engine/engine.ts";
import { openEngine } from "../../../../pipelines/engine/postgres-engine.ts";
import { ask, connected, databaseHome, removeHome } from "../../engine/database-home.ts";
import { sketchPipeline, sketchPlan } from "../../engine/scripted-pipeline.ts";

let home: string;
let engine: Engine;

const seal = async () => ({ type: "run.sealed" as const, data: { digest: "abc", verdict: "passed", leftovers: [] } });

beforeAll(async () => {
  home = await databaseHome("prune");
  engine = await openEngine({ home, seal });
});

afterEach(async () => {
  await ask(home, "delete from edgecert.runs; delete from dbos.workflow_status");
  for (const name of ["runs", "certificates"]) await rm(join(home, name), { recursive: true, force: true });
});

afterAll(async () => {
  await engine.close();
  await removeHome(home);
});

const everything: PruneChoice = { endedBefore: new Date(), keepLast: 0, maxBytes: null, dryRun: false };

interface Kind {
  readonly undo?: () => Promise<void>;
  readonly approval?: boolean;
}

/** A run that ended some days ago, in which a holder and its user printed a line each; with files of 64 KiB. */
async function made(run: string, days: number, kind: Kind = {}): Promise<string> {
  const plan = sketchPlan({
    servers: { undo: true },
    results: { needs: { servers: "servers" } },
    ...(kind.approval === true ? { agreed: { approval: true, needs: { results: "results" } } } : {}),
  });
  const pipeline = sketchPipeline(plan, {
    servers: { undo: kind.undo ?? (async () => {}) },
    results: {
      run: async (_, ctx) => {
        ctx.log("a line of output");
        return undefined;
      },
    },
  });
  await engine.start({ run, definition: "/p.ts", pipeline, plan });
  await engine.wait(run);
  const folder = runFolder(home, run);
  await mkdir(join(folder, "packages", "debian-12"), { recursive: true });
  await writeFile(join(folder, "packages", "debian-12", "agent.deb"), Buffer.alloc(65_536, 1));
  await writeFile(join(folder, "certificate.json"), "{}");
  await writeFile(join(folder, "certificate.html"), "<p>");
  await age(run, days);
  return run;
}

async function age(run: string, days: number): Promise<void> {
  const at = new Date(Date.now() - days * 86_400_000).toISOString();
  await ask(home, "update edgecert.runs set started_at = $2 where run = $1", [run, at]);
  await ask(home, "update edgecert.events set at = $2 where run = $1", [run, at]);
}

/** Prunes, and gives `action name` of all that was told. */
async function prune(choice: Partial<PruneChoice> = {}, held: readonly string[] = []): Promise<readonly string[]> {
  const told: Pruned[] = [];
  const listed = held.map((run) => ({ provider: "p", id: "s", kind: "files" as const, run, node: "n", expiresAt: "" }));
  const provider = { list: async () => listed };
  await pruneRuns({ engine, provider, home, shared: false }, { ...everything, ...choice }, (what) => told.push(what));
  return told.map(({ action, name }) => `${action} ${name}`);
}

/** Rows of a run in every table that keeps something of it, ours and those of DBOS. */
async function rows(run: string): Promise<number> {
  const ours = ["runs", "nodes", "events", "decisions"].map(
    (table) => `select run from edgecert.${table} where run = $1`,
  );
  const theirs = ["workflow_status", "operation_outputs", "workflow_input", "workflow_output"].map(
    (table) => `select workflow_uuid from dbos.${table} where starts_with(workflow_uuid, $1)`,
  );
  return (await ask(home, [...ours, ...theirs].join(" union all "), [run])).length;
}

function edgecert(...words: readonly string[]) {
  const child = spawn(process.execPath, ["pipelines/cli/main.ts", ...words], {
    env: { ...process.env, EDGECERT_HOME: home, NO_COLOR: "1", EDGECERT_DATABASE_URL: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  const ended = once(child, "close").then(([code, signal]) => ({ code: code ?? signal, out }));
  return { child, ended };
}

describe("a prune", () => {
  it("takes old runs away with their files and every row, and no others", async () => {
    await made("old", 40);
    await made("young", 3);
    expect(await rows("old")).toBeGreaterThan(15);
    const endedBefore = new Date(Date.now() - 30 * 86_400_000);
    expect(await prune({ endedBefore, dryRun: true })).toEqual(["removed old"]);
    expect(existsSync(runFolder(home, "old"))).toBe(true);
    expect(await prune({ endedBefore })).toEqual(["removed old"]);
    expect([await rows("old"), await engine.record("old"), existsSync(runFolder(home, "old"))]).toEqual([
      0,
      null,
      false,
    ]);
    expect(existsSync(join(runFolder(home, "young"), "packages"))).toBe(true);
    expect(await rows("young")).toBeGreaterThan(15);
    expect(await readdir(join(home, "runs", ".trash"))).toEqual([]);
  });

  it("leaves what waits, leaks, is unfinished, holds machines, or is among the newest of its pipeline", async () => {
    await made("leaks", 50, { undo: () => Promise.reject(new Error("stuck")) });
    await made("waits", 49, { approval: true });
    await made("holds", 48);
    await made("interrupted", 47);
    await ask(home, "update edgecert.runs set state = 'running', worker = 'gone' where run = 'interrupted'");
    await made("newest", 46);
    expect(await prune({ keepLast: 1 }, ["holds"])).toEqual([]);
    expect(await prune({}, ["holds"])).toEqual(["removed newest"]);
    expect(await engine.names()).toEqual(["interrupted", "holds", "waits", "leaks"]);
  });

  it("keeps certificate, decisions and events of a run that somebody decided on", async () => {
    const run = await made("released", 40, { approval: true });
    await engine.decide(run, { node: "agreed", decision: "approved", by: "owner", reason: "good", digest: "abc" });
    await expect.poll(async () => (await engine.record(run))?.state, { timeout: 10_000 }).toBe("finished");
    await age(run, 40);
    await writeFile(join(runFolder(home, run), "release.json"), "{}");
    expect(await prune()).toEqual([`reduced ${run}`]);
    const kept = ["certificate.html", "certificate.json", "release.json"];
    expect((await readdir(runFolder(home, run))).sort()).toEqual(kept);
    const types: string[] = [];
    for await (const event of engine.events(run)) types.push(event.type);
    expect(types).not.toContain("log");
    expect(types).toContain("approval.decided");
    expect(types.at(-1)).toBe("note");
    expect(await engine.record(run)).toMatchObject({ outcome: "passed", sealed: { digest: "abc" } });
    expect(await prune()).toEqual([]);
  });

  it("keeps the certificate of a run that goes, and removes it too when asked to", async () => {
    const kept = join(home, "certificates", "certified");
    await made("certified", 40);
    expect(await prune()).toEqual(["removed certified"]);
    expect((await readdir(kept)).sort()).toEqual(["certificate.html", "certificate.json"]);
    await made("asked", 40);
    expect(await prune({ certificates: "remove" })).toEqual(["removed asked"]);
    expect(existsSync(join(home, "certificates", "asked"))).toBe(false);
    const young = await removeKeptCertificates(home, new Date(0), false);
    const old = await removeKeptCertificates(home, new Date(Date.now() + 1_000), false);
    expect([young, old.map(({ run }) => run), existsSync(kept)]).toEqual([[], ["certified"], false]);
  });

  it("takes the oldest until the folders are small enough", async () => {
    for (const [index, run] of ["first", "second", "third"].entries()) await made(run, 3 - index);
    const maxBytes = 2 * (await spaceTaken(runFolder(home, "third")));
    expect(await prune({ endedBefore: new Date(0), maxBytes })).toEqual(["removed first"]);
    expect(await prune({ endedBefore: new Date(0), maxBytes: 0, keepLast: 1 })).toEqual(["removed second"]);
  });

  it("of a shared database takes only runs that have files here", async () => {
    await made("elsewhere", 40);
    await made("here", 40);
    await rename(runFolder(home, "elsewhere"), join(home, "moved"));
    const told: string[] = [];
    const sources = { engine, provider: { list: async () => [] }, home, shared: true };
    await pruneRuns(sources, everything, ({ name }) => told.push(name));
    expect(told).toEqual(["here"]);
  });
});

describe("a prune that was killed", () => {
  it("leaves no run that looks whole, and the next one finishes it", async () => {
    await made("old", 40);
    const blocker = await connected(home);
    await blocker.query("begin; lock table dbos.workflow_status in access exclusive mode");
    const killed = edgecert("prune", "--keep-last", "0");
    await expect.poll(() => existsSync(runFolder(home, "old")), { timeout: 20_000 }).toBe(false);
    killed.child.kill("SIGKILL");
    expect((await killed.ended).code).toBe("SIGKILL");
    await blocker.query("rollback");
    await blocker.end();
    expect(await engine.names()).toEqual([]);
    expect(await engine.record("old")).toBeNull();
    expect(await rows("old")).toBeGreaterThan(10);
    expect(await prune()).toEqual(["removed old", expect.stringMatching(/^removed .*\.trash$/)]);
    expect([await rows("old"), await readdir(join(home, "runs", ".trash"))]).toEqual([0, []]);
  });

  it.each(["before its files were moved", "after its rows were gone"])("%s is finished too", async (when) => {
    await made("old", 40);
    const early = when.startsWith("before");
    if (early) await ask(home, "update edgecert.runs set removal = 'whole'");
    else {
      await mkdir(join(home, "runs", ".trash", "old"), { recursive: true });
      await writeFile(join(home, "runs", ".trash", "old", "rest"), "rest");
    }
    const told = await prune({ endedBefore: new Date(0) });
    expect(told).toEqual([early ? "removed old" : expect.stringMatching(/^removed .*\.trash$/)]);
    expect(existsSync(runFolder(home, "old"))).toBe(!early);
    expect(await readdir(join(home, "runs", ".trash"))).toEqual([]);
  });
});

describe("two prunes at once", () => {
  it("remove every run once", async () => {
    for (let index = 0; index < 6; index += 1) await made(`old-${index}`, 40);
    const words = ["prune", "--keep-last", "0", "--json"];
    const both = await Promise.all([edgecert(...words).ended, edgecert(...words).ended]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const sums = both.map(({ out }) => JSON.parse(out.trimEnd().split("\n").at(-1) ?? ""));
    expect(sums.map(({ removed }) => removed).reduce((one, other) => one + other)).toBe(6);
    expect(await engine.names()).toEqual([]);
  });
});
