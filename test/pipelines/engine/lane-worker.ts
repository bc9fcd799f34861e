/**
 * A worker for tests of lanes: `start RUN MODE` or `resume RUN` in the home of its first argument, in the lane that the
 * run's name ends with. Says on standard output what happens; it holds something and works until a line comes in.
 */
import { createInterface } from "node:readline";
import { openEngine } from "../../../pipelines/engine/postgres-engine.ts";
import { sketchPipeline, sketchPlan } from "./scripted-pipeline.ts";

const [home = "", what = "start", run = "run", word = "queue"] = process.argv.slice(2);
const mode = word === "replace" || word === "refuse" ? word : "queue";
const say = (text: string) => process.stdout.write(`${text}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const plan = sketchPlan({ servers: { undo: true }, work: { needs: { servers: "servers" } } });
const pipeline = sketchPipeline(plan, {
  servers: { undo: async (_, ctx) => void say(`undo of ${ctx.run}`) },
  work: {
    run: async (_, ctx) => {
      say(`works on ${ctx.run}`);
      const stopped = new Promise((_resolve, reject) => {
        ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason), { once: true });
      });
      await Promise.race([lines.next(), stopped]);
      return null;
    },
  },
});
const seal = async () => ({
  type: "run.sealed" as const,
  data: { digest: "abc", verdict: "passed", leftovers: [] },
});

const engine = await openEngine({ home, seal });
try {
  const lane = { lane: `sketch ${run.slice(1)}`, mode } as const;
  if (what === "resume") await engine.resume(run, pipeline);
  else
    await engine.start({ run, definition: import.meta.filename, pipeline, plan, lane, giveBack: async () => pipeline });
  say(`entered ${run}`);
  const { outcome } = await engine.wait(run);
  say(`end ${outcome}`);
} catch (error) {
  say(`refused: ${error instanceof Error ? error.message : String(error)}`);
}
await engine.close();
process.exit();
