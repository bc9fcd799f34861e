import { existsSync } from "node:fs";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { databaseHome, removeHome } from "../engine/database-home.ts";
import { command } from "./command-process.ts";

const definition = "test/fixtures/definitions/approved-package.ts";

/** A home with a run that waits for approval, and a backup of it. */
let home: string;
let run: string;
let saved: string;
const homes: string[] = [];

async function fresh(): Promise<string> {
  const made = await databaseHome("backup");
  homes.push(made);
  return made;
}

async function edgecert(at: string, ...words: readonly string[]) {
  return command(at, words).ended;
}

beforeAll(async () => {
  home = await fresh();
  saved = join(home, "edgecert.backup");
  const waiting = await edgecert(home, "run", definition, "--plain");
  expect(waiting).toMatchObject({ code: 5 });
  run = /edgecert approve (\S+),/.exec(waiting.out)?.[1] ?? "";
  expect(await edgecert(home, "backup", saved)).toMatchObject({ code: 0, out: expect.stringContaining("runs: 1,") });
});

afterAll(async () => {
  for (const made of homes) await removeHome(made);
});

it("brings a run that waits for approval to another home, where it is approved", async () => {
  const other = await fresh();
  expect(await edgecert(other, "restore", saved)).toMatchObject({ code: 0 });
  const approved = await edgecert(other, "approve", run, "--by", "owner");
  expect(approved).toMatchObject({ code: 0, err: "" });
  const bytes = await readFile(join(other, "runs", run, "packages", "debian-12", "agent.deb"));
  expect(bytes.equals(await readFile(join(home, "runs", run, "packages", "debian-12", "agent.deb")))).toBe(true);
  const release = JSON.parse(await readFile(join(other, "runs", run, "release.json"), "utf8"));
  expect(release.decisions).toMatchObject([{ by: "owner", decision: "approved" }]);
});

it("refuses what is damaged, cut off or foreign, before it touches anything", async () => {
  const other = await fresh();
  const whole = await readFile(saved);
  const broken = join(other, "broken");
  const flipped = Buffer.from(whole);
  const middle = flipped.length >> 1;
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  await writeFile(broken, flipped);
  expect(await edgecert(other, "restore", broken)).toMatchObject({ code: 2, err: expect.stringMatching(/is damaged/) });
  await writeFile(broken, whole);
  await truncate(broken, whole.length - 20);
  expect(await edgecert(other, "restore", broken)).toMatchObject({ code: 2, err: expect.stringMatching(/is damaged/) });
  await writeFile(broken, gzipSync("-- PostgreSQL database dump\n"));
  expect(await edgecert(other, "restore", broken)).toMatchObject({ code: 2, err: expect.stringMatching(/no backup/) });
  await writeFile(broken, "text");
  expect(await edgecert(other, "restore", broken)).toMatchObject({ code: 2, err: expect.stringMatching(/no backup/) });
  expect(await edgecert(other, "restore", join(other, "nowhere"))).toMatchObject({
    err: expect.stringMatching(/ENOENT/),
  });
  expect(existsSync(join(other, "postgres"))).toBe(false);
});

it("refuses a home with runs unless it is told to replace them", async () => {
  expect(await edgecert(home, "restore", saved)).toMatchObject({ code: 2, err: expect.stringContaining("--replace") });
  expect(await edgecert(home, "restore", saved, "--replace")).toMatchObject({ code: 0 });
  expect((await edgecert(home, "list")).out).toMatch(new RegExp(`^${run} .*waiting-approval`));
});

it("never overwrites what is no backup, and leaves no half of one", async () => {
  const notes = join(home, "notes.txt");
  await writeFile(notes, "mine");
  expect(await edgecert(home, "backup", notes)).toMatchObject({ code: 2, err: expect.stringContaining("no backup") });
  expect(await readFile(notes, "utf8")).toBe("mine");
  await mkdir(join(home, "folder"));
  expect((await edgecert(home, "backup", join(home, "folder", "none", "b"))).code).not.toBe(0);
});
