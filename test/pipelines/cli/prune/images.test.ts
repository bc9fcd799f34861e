import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { claimImage } from "../../../../infra/images/claims.ts";
import { imageKey } from "../../../../infra/images/recipe.ts";
import { pruneImages } from "../../../../pipelines/cli/prune/images.ts";
import type { Pruned } from "../../../../pipelines/cli/prune/pruning.ts";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "edgecert-prune-images-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** An image that was last used some days ago, with the record that this version reads. */
async function image(packages: readonly string[], days: number, digest?: string): Promise<string> {
  const request = { os: "debian-12", packages, architecture: "amd64" as const };
  const key = digest ?? imageKey(request);
  const folder = join(home, "images", "debian-12", key.slice(0, 16));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "disk.raw"), "disk");
  const record = { v: 2, digest: key, build: "b", ...request, kernelVersion: "6", contents: "c", seconds: 1 };
  const made = { boot: "kernel", seed: "tar", format: "raw", builtAt: "2026-01-01T00:00:00.000Z" };
  await writeFile(join(folder, "image.json"), JSON.stringify({ ...record, ...made }));
  const at = new Date(Date.now() - days * 86_400_000);
  await utimes(join(folder, "image.json"), at, at);
  return folder;
}

async function prune(dryRun: boolean): Promise<readonly string[]> {
  const told: Pruned[] = [];
  const usedBefore = new Date(Date.now() - 7 * 86_400_000);
  await pruneImages(home, { usedBefore, dryRun }, (what) => told.push(what));
  return told.filter(({ kind }) => kind === "image").map(({ action, detail }) => `${action} ${detail}`);
}

it("takes saved machines from which no server has started for long, or whose image is gone", async () => {
  const disk = join(await image([], 1), "disk.raw");
  const snapshot = async (letter: string, days: number, imageDisk: string) => {
    const key = letter.repeat(64);
    const folder = join(home, "snapshots", key.slice(0, 16));
    await mkdir(folder, { recursive: true });
    for (const name of ["memory", "disk.qcow2", "console.log"]) await writeFile(join(folder, name), name);
    const size = { memoryMiB: 512, cores: 1, acceleration: "tcg", madeAt: "2026-01-01T00:00:00.000Z" };
    const record = { v: 1, key, os: "debian-12", imageDigest: "d", imageDisk, ...size };
    await writeFile(join(folder, "snapshot.json"), JSON.stringify(record));
    const at = new Date(Date.now() - days * 86_400_000);
    await utimes(join(folder, "snapshot.json"), at, at);
    return folder;
  };
  const folders = [await snapshot("a", 10, disk), await snapshot("b", 1, disk), await snapshot("c", 1, "/gone")];
  const told: Pruned[] = [];
  const usedBefore = new Date(Date.now() - 7 * 86_400_000);
  await pruneImages(home, { usedBefore, dryRun: false }, (what) => told.push(what));
  expect(told.map(({ kind, name }) => `${kind} ${name[0]}`).toSorted()).toEqual(["snapshot a", "snapshot c"]);
  expect(folders.map((folder) => existsSync(folder))).toEqual([false, true, false]);
});

it("takes images that nobody has used for long or can find any more, and leaves one that is in use", async () => {
  const old = await image([], 10);
  const young = await image(["git"], 1);
  const used = await image(["ruby"], 10);
  const outdated = await image(["perl"], 1, "0".repeat(64));
  await claimImage(used);
  const going = ["removed debian-12", "removed debian-12 + perl"];
  expect((await prune(true)).toSorted()).toEqual(going);
  expect(existsSync(old)).toBe(true);
  expect((await prune(false)).toSorted()).toEqual(going);
  expect([old, young, used, outdated].map(existsSync)).toEqual([false, true, true, false]);
});
