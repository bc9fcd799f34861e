import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { homeProcess } from "../../pipelines/engine/postgres/server.ts";
import { openEngine } from "../../pipelines/engine/postgres-engine.ts";
import { sketchPipeline, sketchPlan } from "../pipelines/engine/scripted-pipeline.ts";

const runs = 10_000;
const rounds = 9;
/** Milliseconds that `list` may take above an empty Node process, on a database that runs. */
const listAim = 200;
/** How much more memory a prune may take in its last quarter than in its second. */
const steadyAim = 1.1;

/**
 * Measures `list` and `prune` on a store of 10,000 finished runs of 12 nodes and 63 events, beside the same commands on
 * a store of one run: milliseconds above an empty Node process, and the memory of the prune as it goes on.
 */
export async function benchStore(): Promise<void> {
  const [small, large] = [await storeOf(1), await storeOf(runs)];
  try {
    const times = { empty: [] as number[], small: [] as number[], large: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.empty.push(milliseconds(small.home, ["-e", "0"]));
      times.small.push(milliseconds(small.home, ["pipelines/cli/launch.js", "list"]));
      times.large.push(milliseconds(large.home, ["pipelines/cli/launch.js", "list"]));
    }
    const [empty, one, many] = [median(times.empty), median(times.small), median(times.large)];
    const above = many - empty;
    console.log(
      `store: list of ${runs} runs takes ${many.toFixed(0)} ms, node -e 0 ${empty.toFixed(0)} ms: +${above.toFixed(0)} ms ` +
        `(aim +${listAim} ms: ${above <= listAim ? "met" : "missed"}); of 1 run +${(one - empty).toFixed(0)} ms: ` +
        `${(many / one).toFixed(2)}x (medians of ${rounds}, the database running)`,
    );
    await measurePrune(large.home);
  } finally {
    for (const store of [small, large]) await store.close();
  }
}

async function measurePrune(home: string): Promise<void> {
  const began = performance.now();
  const words = ["pipelines/cli/launch.js", "prune", "--keep-last", "0", "--older-than", "1s", "--json"];
  const child = spawn(process.execPath, words, { env: environment(home), stdio: ["ignore", "pipe", "inherit"] });
  const samples: number[] = [];
  let lines = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines += 1;
    samples.push(memoryOf(child.pid ?? 0));
  });
  const [code] = await once(child, "close");
  if (code !== 0 || lines < runs) throw new Error(`the prune ended with ${code} after ${lines} lines`);
  const quarter = (index: number) => {
    const size = Math.floor(samples.length / 4);
    return Math.max(...samples.slice(index * size, (index + 1) * size));
  };
  const ratio = quarter(3) / quarter(1);
  console.log(
    `store: prune of ${runs} runs takes ${((performance.now() - began) / 1000).toFixed(0)} s and at most ` +
      `${Math.max(...samples).toFixed(0)} MiB; its last quarter takes ${ratio.toFixed(2)}x the memory of its second ` +
      `(aim ${steadyAim}x: ${ratio <= steadyAim ? "met" : "missed"})`,
  );
}

/** Resident memory of a process in MiB; 0 where it has gone. */
function memoryOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function storeOf(count: number) {
  const home = await mkdtemp(join(tmpdir(), "edgecert-bench-"));
  // Because mkdtemp gives 0700, which would send root's database to /var/lib: this one goes with its home.
  await chmod(home, 0o755);
  const seal = async () => ({ type: "run.sealed" as const, data: { digest: "-", verdict: "passed", leftovers: [] } });
  const engine = await openEngine({ home, seal });
  const nodes = Array.from({ length: 12 }, (_, index) => `node@n${index}`);
  const plan = sketchPlan(Object.fromEntries(nodes.map((id) => [id, {}])));
  const print = async (_: unknown, ctx: { log(line: string): void }) => {
    for (let line = 0; line < 3; line += 1) ctx.log(`line ${line} of what a stage prints while it works`);
    return null;
  };
  const run = await engine.start({
    run: "seed",
    definition: import.meta.filename,
    pipeline: sketchPipeline(plan, { node: { run: print } }),
    plan,
  });
  await engine.wait(run);
  await engine.close();
  // Because one process has one worker at most, another kind of engine keeps the database up.
  const reader = await openEngine({ home, worker: false });
  if (count > 1) await multiply(home, count);
  const close = async () => {
    await reader.close();
    await rm(home, { recursive: true, force: true });
  };
  return { home, close };
}

/** Copies the one run, row by row and with a folder each, until there are so many; all of them months old. */
async function multiply(home: string, count: number): Promise<void> {
  const client = new Client({ ...(await homeProcess(home)).address });
  await client.connect();
  const tables = [
    ["edgecert.runs", "'run', copied, 'started_at', now() - interval '1 day' * (100 + n / 100.0)"],
    ["edgecert.nodes", "'run', copied"],
    ["edgecert.events", "'run', copied, 'at', '2026-01-01T00:00:00.000Z'"],
    ["dbos.workflow_status", renamed("workflow_uuid", "parent_workflow_id")],
    ["dbos.operation_outputs", renamed("workflow_uuid", "child_workflow_id")],
    ["dbos.workflow_input", renamed("workflow_uuid")],
    ["dbos.workflow_output", renamed("workflow_uuid")],
  ] as const;
  for (const [table, changes] of tables) {
    const key = table.startsWith("dbos") ? "workflow_uuid" : "run";
    await client.query(
      `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object(${changes}))).*
       from ${table} t, lateral (select n, 'seed-' || n as copied from generate_series(2, $1::integer) n) as copies
       where starts_with(t.${key}, 'seed')`,
      [count],
    );
  }
  await client.query("update edgecert.events set at = '2026-01-01T00:00:00.000Z' where run = 'seed'");
  await client.query("vacuum analyze");
  await client.end();
  for (let index = 2; index <= count; index += 1) {
    const folder = join(home, "runs", `seed-${index}`, "nodes", "node", "1");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "log.txt"), "a line\n");
  }
}

function renamed(...columns: readonly string[]): string {
  return columns.map((column) => `'${column}', regexp_replace(t.${column}, '^seed', copied)`).join(", ");
}

function environment(home: string): NodeJS.ProcessEnv {
  return { ...process.env, EDGECERT_HOME: home, EDGECERT_DATABASE_URL: "" };
}

function milliseconds(home: string, words: readonly string[]): number {
  const began = performance.now();
  const done = spawnSync(process.execPath, words, { encoding: "utf8", env: environment(home) });
  if (done.status !== 0) throw new Error(`${words.join(" ")} ended with ${done.status}: ${done.stderr}`);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
