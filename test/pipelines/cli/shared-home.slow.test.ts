import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { homeProcess } from "../../../pipelines/engine/postgres/server.ts";
import { databaseHome, removeHome } from "../engine/database-home.ts";
import { command } from "./command-process.ts";

const held = "test/fixtures/definitions/held.ts";
let home: string;

beforeAll(async () => {
  home = await databaseHome("shared");
});
afterAll(() => removeHome(home));

it("is made once by commands that start at the same moment, survives the kill of one, and is stopped by the last", async () => {
  const run = command(home, ["run", held, "--json"]);
  const working = new Promise<void>((resolve, reject) => {
    createInterface({ input: run.child.stdout ?? process.stdin }).on("line", (line) => {
      if (line.includes("uses what is held")) resolve();
    });
    run.ended.then(({ err }) => reject(new Error(err)), reject);
  });
  const others = [command(home, ["list"]), command(home, ["list", "--json"]), command(home, ["prune", "--dry-run"])];
  expect((await Promise.all(others.map((one) => one.ended))).map(({ code, err }) => ({ code, err }))).toEqual(
    others.map(() => ({ code: 0, err: "" })),
  );
  await working;
  const readers = [command(home, ["status"]), command(home, ["logs"]), command(home, ["list"])];
  const read = await Promise.all(readers.map((one) => one.ended));
  expect(read.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(read[2]?.out).toContain("running");
  run.child.kill("SIGKILL");
  await run.ended;
  const [first, second] = await Promise.all([command(home, ["list"]).ended, command(home, ["status"]).ended]);
  expect([first.out, second.out]).toEqual([
    expect.stringContaining("interrupted"),
    expect.stringContaining("interrupted"),
  ]);
  expect((await command(home, ["cancel"]).ended).code).toBe(6);
  const { place } = await homeProcess(home);
  expect(existsSync(join(place.data, "postmaster.pid"))).toBe(false);
});
