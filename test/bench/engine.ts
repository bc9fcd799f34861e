import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DBOS, type WorkflowHandle } from "@dbos-inc/dbos-sdk";
import type { Engine } from "../../pipelines/engine/engine.ts";
import { openEngine } from "../../pipelines/engine/postgres-engine.ts";
import { sketchPipeline, sketchPlan } from "../pipelines/engine/scripted-pipeline.ts";

const rounds = 5;

/** How work is spread over runs, and what it may cost against bare DBOS. */
interface Load {
  readonly runs: number;
  readonly nodes: number;
  readonly aim: number;
}

const loads: readonly Load[] = [
  { runs: 1, nodes: 1000, aim: 1.2 },
  { runs: 20, nodes: 50, aim: 1.3 },
];

const bareChild = DBOS.registerWorkflow(() => DBOS.runStep(async () => null, { name: "empty" }), {
  name: "bench-child",
});
const started = new Map<string, readonly WorkflowHandle<null>[]>();
const bareParent = DBOS.registerWorkflow(
  async (run: string, nodes: number) => {
    const children = await Promise.all(
      Array.from({ length: nodes }, (_, index) => DBOS.startWorkflow(bareChild, { workflowID: `${run}-${index}` })()),
    );
    started.set(run, children);
  },
  { name: "bench-parent" },
);

/**
 * Runs empty nodes of ours and bare DBOS child workflows of one step in turn, in one process on one database, all of them
 * at once: 1,000 in one run, then 20 runs at once of 50 each. Prints the ratio of the medians.
 */
export async function benchEngine(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "edgecert-bench-"));
  // Because mkdtemp gives 0700, which would send root's database to /var/lib: this one goes with its home.
  await chmod(home, 0o755);
  const seal = async () => ({ type: "run.sealed" as const, data: { digest: "-", verdict: "passed", leftovers: [] } });
  const engine = await openEngine({ home, seal, width: 1000 });
  try {
    // Because the first run also loads and launches DBOS.
    await ours(engine, 1);
    for (const load of loads) await compare(engine, load);
  } finally {
    await engine.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function compare(engine: Engine, { runs, nodes, aim }: Load): Promise<void> {
  const atOnce = (one: (index: number) => Promise<unknown>) =>
    timed(() => Promise.all(Array.from({ length: runs }, (_, i) => one(i))));
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.bare.push(await atOnce((index) => bare(`bench-${runs}-${round}-${index}`, nodes)));
    times.ours.push(await atOnce(() => ours(engine, nodes)));
  }
  const [own, reference] = [median(times.ours), median(times.bare)];
  const ratio = own / reference;
  const what = runs === 1 ? `${nodes}` : `${runs} runs at once of ${nodes}`;
  console.log(
    `engine: ${what} empty nodes ${own.toFixed(0)} ms, as bare DBOS workflows ${reference.toFixed(0)} ms: ` +
      `${ratio.toFixed(2)}x (aim ${aim}x: ${ratio <= aim ? "met" : "missed"}; medians of ${rounds})`,
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function bare(run: string, nodes: number): Promise<void> {
  await (await DBOS.startWorkflow(bareParent, { workflowID: run })(run, nodes)).getResult();
  // Because inside a workflow each result that is awaited costs a record more: this is the least that DBOS does.
  await Promise.all((started.get(run) ?? []).map((child) => child.getResult()));
}

async function ours(engine: Engine, count: number): Promise<void> {
  const plan = sketchPlan(Object.fromEntries(Array.from({ length: count }, (_, index) => [`node@n${index}`, {}])));
  const run = await engine.start({ definition: import.meta.filename, pipeline: sketchPipeline(plan, {}), plan });
  const { outcome } = await engine.wait(run);
  if (outcome !== "passed") throw new Error(`the run of empty nodes ended ${outcome}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
