/**
 * A worker for tests to kill. `kill-worker.ts HOME WORLD LIFE POINTS`: starts the runs of the points in life `start`, takes
 * them up in life `resume`, and stops each at its point, if it has one; says `parked RUN` there and `ended RUN OUTCOME` at
 * its end. A line `go` on standard input lets all of them pass.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LiveRun } from "../../../pipelines/engine/live-run.ts";
import { openEngine } from "../../../pipelines/engine/postgres-engine.ts";
import { type KillPoint, killBodies, killPlan } from "./kill-plan.ts";
import { sketchPipeline } from "./scripted-pipeline.ts";

const [home = "", world = "", life = "start", given = "{}"] = process.argv.slice(2);
const points = new Map<string, KillPoint | null>(Object.entries(JSON.parse(given)));
const say = (text: string) => process.stdout.write(`${text}\n`);

let go = (): void => {};
const gone = new Promise<void>((resolve) => (go = resolve));
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "go") go();
});

async function park(run: string): Promise<void> {
  say(`parked ${run}`);
  await gone;
}

const begun = new Map<string, Set<string>>();
const entered = new Set<string>();
const sealed = new Set<string>();
const working = new Set<string>();

const stop = async (at: { run: string; node: string }): Promise<void> => {
  entered.add(`${at.run} ${at.node}`);
  const point = points.get(at.run);
  if (point?.when === "during" && point.node === at.node && roundOf(at.run, at.node) >= point.round) await park(at.run);
};

const rounds = new Map<string, LiveRun>();
const roundOf = (run: string, node: string): number => rounds.get(run)?.round(node) ?? 0;

/** Whether a run stands before or after the node of its point, seen when something of it was just stored. */
function reached(live: LiveRun, { when, node, round }: KillPoint): boolean {
  if (node === "seal") return when === "after" && (sealed.has(live.parts.run) || live.parts.memory.sealed !== null);
  if (live.round(node) < round) return false;
  if (when === "after") return live.settled.get(node)?.round === live.round(node) || live.round(node) > round;
  if (node === "release") return live.opened.has(node) && !live.settled.has(node);
  return begun.get(live.parts.run)?.has(node) === true && !entered.has(`${live.parts.run} ${node}`);
}

const { flushed, nextAttempt, renew } = LiveRun.prototype;
LiveRun.prototype.flushed = async function () {
  await flushed.call(this);
  const { run } = this.parts;
  rounds.set(run, this);
  const point = points.get(run);
  if (point == null || point.when === "during" || !working.has(run)) return;
  if (reached(this, point)) await park(run);
};
LiveRun.prototype.nextAttempt = function (node) {
  const { run } = this.parts;
  begun.set(run, (begun.get(run) ?? new Set()).add(node));
  return nextAttempt.call(this, node);
};
LiveRun.prototype.renew = function (node, ...rest) {
  entered.delete(`${this.parts.run} ${node}`);
  begun.get(this.parts.run)?.delete(node);
  renew.call(this, node, ...rest);
};

const seal = async (run: string) => {
  const point = points.get(run);
  const stops = async (when: "before" | "during") => {
    if (point?.node === "seal" && point.when === when) await park(run);
  };
  await stops("before");
  writeFileSync(join(world, run, "certificate"), "sealed");
  await stops("during");
  sealed.add(run);
  return { type: "run.sealed" as const, data: { digest: "abc", verdict: "passed", leftovers: [] } };
};

const engine = await openEngine({ home, seal });
say("working");
const pipeline = sketchPipeline(killPlan, killBodies(world, stop));

async function follow(run: string): Promise<void> {
  for (;;) {
    const { outcome, leaked } = await engine.wait(run);
    if (outcome !== "waiting-approval") return void say(`ended ${run} ${outcome} ${leaked}`);
    const point = points.get(run);
    if (point?.node === "release" && point.when === "during") await park(run);
    const decision = { node: "release", decision: "approved" as const, by: "ada", reason: "", digest: "abc" };
    // Because a decision of the life before may be stored already: then the run goes on by itself.
    await engine.decide(run, decision).catch(() => {});
  }
}

await Promise.all(
  [...points.keys()].map(async (run) => {
    const known = life === "start" ? null : await engine.record(run);
    if (known?.state === "finished") return say(`ended ${run} ${known.outcome} ${known.leaked}`);
    if (known === null) await engine.start({ run, definition: import.meta.filename, pipeline, plan: killPlan });
    else await engine.resume(run, pipeline);
    working.add(run);
    await follow(run);
  }),
);
await engine.close();
process.exit(0);
