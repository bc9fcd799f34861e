/**
 * A worker for tests to kill: starts or resumes the run `crash` in the home of its first argument, and says on standard
 * output which bodies run. `middle` never ends by itself in mode `start`; a mode of `leak` lets the undo fail; one of
 * `adopt` waits until the run's worker is dead.
 */
import { adoptRuns } from "../../../pipelines/engine/adoption.ts";
import { openEngine } from "../../../pipelines/engine/postgres-engine.ts";
import { sketchPipeline, sketchPlan } from "./scripted-pipeline.ts";

const [home = "", mode = "start"] = process.argv.slice(2);
const plan = sketchPlan({
  first: {},
  servers: { needs: { first: "first" }, undo: true },
  middle: { needs: { servers: "servers" } },
  last: { needs: { middle: "middle", first: "first" } },
});

const say = (text: string) => process.stdout.write(`${text}\n`);
const pipeline = sketchPipeline(plan, {
  first: {
    run: async () => {
      say("run first");
      return { made: 1 };
    },
  },
  servers: {
    run: async (_, ctx) => {
      say(`run servers ${ctx.attempt}`);
      return { token: ctx.owner.token };
    },
    undo: async (_, ctx) => {
      say(`undo servers by ${ctx.owner.node} ${ctx.owner.token}`);
      if (mode === "leak") throw new Error("the provider does not answer");
    },
  },
  middle: {
    run: async (input, ctx) => {
      say(`run middle ${ctx.attempt} ${JSON.stringify(input.servers)}`);
      if (mode === "start") await new Promise(() => setInterval(() => {}, 1000));
      return { resumed: mode };
    },
  },
  last: {
    run: async (input) => {
      say(`run last ${JSON.stringify([input.middle, input.first])}`);
      return undefined;
    },
  },
});

const seal = async () => ({
  type: "run.sealed" as const,
  data: { digest: "abc", verdict: "passed", leftovers: [] },
});
const engine = await openEngine({ home, seal });
if (mode === "adopt") {
  const adopted = await new Promise<string>((resolve, reject) => {
    adoptRuns({
      engine,
      load: async () => pipeline,
      adopted: resolve,
      refused: (_, error) => reject(error),
      lookMs: 200,
    });
    say("watching");
  });
  say(`adopted ${adopted}`);
} else if (mode === "start") await engine.start({ run: "crash", definition: import.meta.filename, pipeline, plan });
else await engine.resume("crash", pipeline);
const { outcome, leaked } = await engine.wait("crash");
say(`end ${outcome} ${leaked}`);
await engine.close();
