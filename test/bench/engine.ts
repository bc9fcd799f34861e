import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DBOS, type WorkflowHandle } from "@dbos-inc/dbos-sdk";
import type { Engine } from "../../pipelines/engine/engine.ts";
import { openEngine } from "../../pipelines/engine/postgres-engine.ts";
import { sketchPipeline, sketchPlan } from "../pipelines/engine/scripted-pipeline.ts";

const nodes = 1000;
const rounds = 5;
const aim = 1.2;

const bareChild = DBOS.registerWorkflow(() => DBOS.runStep(async () => null, { name: "empty" }), {
  name: "bench-child",
});
let started: readonly WorkflowHandle<null>[] = [];
const bareParent = DBOS.registerWorkflow(
  async (run: string) => {
    started = await Promise.all(
      Array.from({ length: nodes }, (_, index) => DBOS.startWorkflow(bareChild, { workflowID: `${run}-${index}` })()),
    );
  },
  { name: "bench-parent" },
);

/**
 * Runs 1,000 empty nodes of ours and 1,000 bare DBOS child workflows of one step in turn, in one process on one
 * database, all of them at once, and prints the ratio of the medians.
 */
export async function benchEngine(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "edgecert-bench-"));
  // Because mkdtemp gives 0700, which would send root's database to /var/lib: this one goes with its home.
  await chmod(home, 0o755);
  const seal = async () => ({ type: "run.sealed" as const, data: { digest: "-", verdict: "passed", leftovers: [] } });
  const engine = await openEngine({ home, seal, width: nodes });
  try {
    // Because the first run also loads and launches DBOS.
    await ours(engine, 1);
    const times = { ours: [] as number[], bare: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.bare.push(await bare(`bench-${round}`));
      times.ours.push(await ours(engine, nodes));
    }
    const [own, reference] = [median(times.ours), median(times.bare)];
    const ratio = own / reference;
    const verdict = ratio <= aim ? "met" : "missed";
    console.log(
      `engine: ${nodes} empty nodes ${own.toFixed(0)} ms, ${nodes} bare DBOS workflows ${reference.toFixed(0)} ms: ` +
        `${ratio.toFixed(2)}x (aim ${aim}x: ${verdict}; medians of ${rounds})`,
    );
  } finally {
    await engine.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function bare(run: string): Promise<number> {
  const began = performance.now();
  await (await DBOS.startWorkflow(bareParent, { workflowID: run })(run)).getResult();
  // Because inside a workflow each result that is awaited costs a record more: this is the least that DBOS does.
  await Promise.all(started.map((child) => child.getResult()));
  return performance.now() - began;
}

async function ours(engine: Engine, count: number): Promise<number> {
  const plan = sketchPlan(Object.fromEntries(Array.from({ length: count }, (_, index) => [`node@n${index}`, {}])));
  const pipeline = sketchPipeline(plan, {});
  const began = performance.now();
  const run = await engine.start({ definition: import.meta.filename, pipeline, plan });
  const { outcome } = await engine.wait(run);
  if (outcome !== "passed") throw new Error(`the run of empty nodes ended ${outcome}`);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
