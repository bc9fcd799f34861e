import { existsSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBackup } from "../../../pipelines/engine/backup/backup.ts";
import { fillDatabase } from "../../../pipelines/engine/backup/restore.ts";
import { otherBinaries } from "../../../pipelines/engine/postgres/other-binaries.ts";
import { majorVersion } from "../../../pipelines/engine/postgres/place.ts";
import { type PostgresProcess, startPostgres, stopPostgres } from "../../../pipelines/engine/postgres/process.ts";
import { homeProcess } from "../../../pipelines/engine/postgres/server.ts";
import { openEngine } from "../../../pipelines/engine/postgres-engine.ts";
import { command } from "../cli/command-process.ts";
import { databaseHome, removeHome } from "./database-home.ts";
import { sketchPipeline, sketchPlan } from "./scripted-pipeline.ts";

/** The major version that the tests upgrade from: Debian 12 has its programs, elsewhere npm fetches them. */
const old = 15;

let home: string;
let folder = "";

beforeAll(async () => {
  home = await databaseHome("upgrade");
  const file = join(home, "made");
  const seal = async () => ({ type: "run.sealed" as const, data: { digest: "abc", verdict: "passed", leftovers: [] } });
  const engine = await openEngine({ home, seal });
  const plan = sketchPlan({ only: {} });
  await engine.start({ run: "kept-run", definition: "/p.ts", pipeline: sketchPipeline(plan, {}), plan });
  await engine.wait("kept-run");
  await makeBackup({ home, file, version: "1", files: none, tell() {} });
  await engine.close();
  const current = await homeProcess(home);
  folder = current.place.folder;
  await rename(current.place.data, join(home, "unused"));
  const server = await oldServer(current);
  await startPostgres(server);
  const client = new Client({ ...server.address });
  await client.connect();
  await client.query("begin");
  await fillDatabase(client, { file, home });
  await client.query("commit");
  await client.end();
  await stopPostgres(server.place);
});

afterAll(async () => {
  if (folder === "") return;
  for (const name of [`data-${old}`, `data-${majorVersion}.upgrading`])
    await stopPostgres({ data: join(folder, name) });
  await removeHome(home);
});

async function* none(): AsyncGenerator<string> {}

async function oldServer(current: PostgresProcess): Promise<PostgresProcess> {
  const cache = join(current.place.folder, `binaries-${old}`);
  const look = { major: old, named: null, cache, account: current.account, tell() {} };
  const binaries = await otherBinaries(look);
  return {
    ...current,
    place: { ...current.place, data: join(folder, `data-${old}`) },
    binaries: async () => binaries,
  };
}

/** Kills the upgrade as soon as it says that it begins a step. */
async function killedAt(step: string): Promise<void> {
  const upgrade = command(home, ["upgrade-database"]);
  const lines = createInterface({ input: upgrade.child.stdout ?? process.stdin });
  lines.on("line", (line) => {
    if (line.startsWith(step)) upgrade.child.kill("SIGKILL");
  });
  expect(await upgrade.ended).toMatchObject({ code: "SIGKILL" });
}

describe("a database of an older major version", () => {
  it("is refused with the command that brings it over, and not touched", async () => {
    const { code, err } = await command(home, ["list"]).ended;
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining("edgecert upgrade-database") });
    expect(existsSync(join(folder, `data-${majorVersion}`))).toBe(false);
  });

  it.each(["1/4", "2/4", "3/4", "4/4"])("is whole when the upgrade is killed at step %s", async (step) => {
    await killedAt(step);
    const names = await readdir(folder);
    expect(names.filter((name) => /^data-\d+$/.test(name)).length).toBeGreaterThan(0);
  });

  it("is brought over by the next upgrade, which keeps the old one until it is told", async () => {
    const { code, out } = await command(home, ["upgrade-database"]).ended;
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(`kept-${old}`) });
    expect((await command(home, ["list"]).ended).out).toMatch(/^kept-run .*passed/);
    expect((await command(home, ["upgrade-database", "--remove-old"]).ended).code).toBe(0);
    const names = await readdir(folder);
    expect(names.filter((name) => /^(kept|upgrade|binaries|data)/.test(name))).toEqual([`data-${majorVersion}`]);
  });
});

describe("a database of a newer major version", () => {
  it("is refused and not touched", async () => {
    const other = await databaseHome("newer");
    const { place } = await homeProcess(other);
    await mkdir(join(place.folder, `data-${majorVersion + 1}`));
    const { code, err } = await command(other, ["list"]).ended;
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining("newer edgecert") });
    expect(existsSync(place.data)).toBe(false);
    await removeHome(other);
  });
});
