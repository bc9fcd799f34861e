import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeBackup } from "../../../../pipelines/engine/backup/backup.ts";
import { restoreBackup } from "../../../../pipelines/engine/backup/restore.ts";
import type { Engine } from "../../../../pipelines/engine/engine.ts";
import { openEngine } from "../../../../pipelines/engine/postgres-engine.ts";
import { ask, connected, databaseHome, removeHome } from "../database-home.ts";
import { heldStage, sketchPipeline, sketchPlan } from "../scripted-pipeline.ts";

const seal = async () => ({ type: "run.sealed" as const, data: { digest: "abc", verdict: "passed", leftovers: [] } });

let home: string;
let other: string;
let engine: Engine;

beforeAll(async () => {
  [home, other] = [await databaseHome("backup"), await databaseHome("backup")];
  engine = await openEngine({ home, seal });
});

afterAll(async () => {
  await engine.close();
  for (const one of [home, other]) await removeHome(one);
});

async function* none(): AsyncGenerator<string> {}
const saving = () => ({ home, file: join(home, "b"), version: "1", files: none, tell() {} });

it("holds one moment of a run that goes on, odd characters too", async () => {
  const held = heldStage();
  const plan = sketchPlan({ talks: {}, waits: {} });
  const strange = "tab\there, back\\slash, \\., quotes ' \" and 統";
  const pipeline = sketchPipeline(plan, {
    talks: {
      run: async (_, ctx) => {
        for (let index = 0; index < 400; index += 1) {
          ctx.log(`${index} ${strange}`);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return { strange };
      },
    },
    waits: { run: held.run },
  });
  await engine.start({ run: "goes-on", definition: "/p.ts", pipeline, plan });
  const call = await held.next();
  const ending = await makeBackup(saving());
  call.pass(null);
  await engine.wait("goes-on");
  await restoreBackup({ home: other, file: join(home, "b"), present: "refuse" });
  const restored = await openEngine({ home: other, worker: false });
  const events: number[] = [];
  for await (const event of restored.events("goes-on")) events.push(event.seq);
  const facts = await ask<{ last_seq: string }>(other, "select last_seq from edgecert.runs");
  await restored.close();
  expect(events).toEqual(Array.from({ length: Number(facts[0]?.last_seq) }, (_, index) => index + 1));
  expect(ending.rows["edgecert.events"]).toBe(events.length);
});

it("of a database at rest restores to the very same tables, rows, keys and indexes", async () => {
  await makeBackup(saving());
  await restoreBackup({ home: other, file: join(home, "b"), present: "replace" });
  const copy = await openEngine({ home: other, worker: false });
  try {
    for (const question of [
      "select * from edgecert.events order by run, seq",
      "select * from edgecert.nodes order by run, node",
      "select * from edgecert.runs",
      "select * from dbos.workflow_status order by workflow_uuid",
      "select * from dbos.operation_outputs order by workflow_uuid, function_id",
      "select schemaname, indexname, indexdef from pg_indexes where schemaname in ('dbos', 'edgecert') order by 1, 2",
      "select schemaname, sequencename, last_value from pg_sequences where sequencename <> 'workers_number_seq' order by 2",
      "select conname, pg_get_constraintdef(oid) as text from pg_constraint where conname ~ 'key$' order by 1, 2",
      `select table_schema, table_name, column_name, data_type, column_default, is_nullable, is_identity
       from information_schema.columns where table_schema in ('dbos', 'edgecert') order by 1, 2, 3`,
    ]) {
      const rows = await ask(home, question);
      expect(rows.length).toBeGreaterThan(0);
      expect(await ask(other, question)).toEqual(rows);
    }
  } finally {
    await copy.close();
  }
});

it("is refused while a worker is alive there", async () => {
  await expect(restoreBackup({ home, file: join(home, "b"), present: "replace" })).rejects.toMatchObject({
    failure: { reason: "restore-in-use" },
  });
  expect(await engine.record("goes-on")).toMatchObject({ state: "finished" });
});

it("refuses a database that holds what it cannot carry", async () => {
  const client = await connected(home);
  await client.query("create view edgecert.mine as select 1 as one");
  await expect(makeBackup({ ...saving(), file: join(home, "c") })).rejects.toMatchObject({
    failure: { reason: "backup-unsupported", detail: "the view edgecert.mine" },
  });
  await client.query("drop view edgecert.mine");
  await client.end();
  expect((await readdir(home)).filter((name) => name.startsWith("c"))).toEqual([]);
});
