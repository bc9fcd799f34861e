import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureImage } from "../../../infra/images/image.ts";
import { imageSupplies, removeImage, removeSupply, storedImages, storedKernel } from "../../../infra/images/store.ts";
import { overlayOn, storeImage } from "./stored.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const request = { os: "debian-12", packages: ["python3"] };
const signal = new AbortController().signal;
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "images-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** The only image of the home. */
async function only() {
  const [image, ...others] = await storedImages(home);
  if (image === undefined || others.length > 0) throw new Error("there is not exactly one image");
  return image;
}

function server(id: string, disk: string, backing: string): void {
  const folder = join(home, "local", "servers", id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, disk), overlayOn(backing));
}

test("an image is listed with what it takes of the disk, its age, its last use and its state", async () => {
  const folder = storeImage(home, request);
  truncateSync(join(folder, "disk.raw"), 8 * 2 ** 30);
  const used = new Date("2026-11-20T10:00:00Z");
  utimesSync(join(folder, "image.json"), used, used);
  const image = await only();
  expect(image).toMatchObject({ os: "debian-12", architecture: "amd64", packages: ["python3"], folder });
  expect(image).toMatchObject({ builtAt: "2026-11-01T00:00:00.000Z", lastUsedAt: used.toISOString(), usedBy: [] });
  expect(image).toMatchObject({ state: "ready", id: image.digest.slice(0, 16) });
  expect(image.bytes).toBeGreaterThan(4096);
  expect(image.bytes).toBeLessThan(2 ** 20);
});

test("an image of an older recipe is outdated, a folder without a record is no image but a leftover", async () => {
  const folder = storeImage(home, request, { digest: "f".repeat(64) });
  expect((await only()).state).toBe("outdated");
  writeFileSync(join(folder, "image.json"), '{"v":1}');
  expect(await storedImages(home)).toEqual([]);
  expect(await imageSupplies(home)).toMatchObject([{ kind: "leftover", path: folder }]);
});

test("a build that was killed is no image, although its record was written; the next look lists it as a leftover", async () => {
  const folder = storeImage(join(home, "elsewhere"), request);
  const partial = join(home, "images", "partial", "0123456789abcdef-00000000");
  mkdirSync(join(partial, ".."), { recursive: true });
  spawnSync("cp", ["-r", folder, partial]);
  expect(await storedImages(home)).toEqual([]);
  expect(await imageSupplies(home)).toMatchObject([{ kind: "leftover", path: partial }]);
});

test("an image that is asked for is used by this process, and its last use is now", async () => {
  const folder = storeImage(home, request);
  const before = new Date(Date.now() - 60_000);
  utimesSync(join(folder, "image.json"), before, before);
  await ensureImage(request, { home, signal, note: () => {} });
  const image = await only();
  expect(image.usedBy).toEqual([`process ${process.pid}`]);
  expect(Date.parse(image.lastUsedAt)).toBeGreaterThan(before.getTime());
  expect(await removeImage(home, image, signal)).toMatchObject({
    reason: "image-in-use",
    detail: `Used by process ${process.pid}.`,
  });
  expect(existsSync(image.folder)).toBe(true);
});

test("a process that died uses nothing", async () => {
  const folder = storeImage(home, request);
  const script = `const { claimImage } = await import(${JSON.stringify(join(root, "infra/images/claims.ts"))});
    console.log(await claimImage(${JSON.stringify(folder)}));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  expect((await only()).usedBy).toEqual([`process ${child.pid}`]);
  child.kill("SIGKILL");
  await once(child, "close");
  expect((await only()).usedBy).toEqual([]);
});

test("a server whose disk rests on an image uses it, also by a chain of overlays", async () => {
  const folder = storeImage(home, request);
  const saved = join(home, "saved.qcow2");
  writeFileSync(saved, overlayOn(join(folder, "disk.raw")));
  server("node1-aa", "disk.qcow2", join(folder, "disk.raw"));
  server("node2-bb", "disk.qcow2", saved);
  const image = await only();
  expect([...image.usedBy].sort()).toEqual(["server node1-aa", "server node2-bb"]);
  expect(await removeImage(home, image, signal)).toMatchObject({ reason: "image-in-use" });
  rmSync(join(home, "local"), { recursive: true });
  expect(await removeImage(home, image, signal)).toBeUndefined();
});

test("what is removed is gone with all its files; removing what is gone is success", async () => {
  storeImage(home, request);
  const image = await only();
  expect(await removeImage(home, image, signal)).toBeUndefined();
  expect(await removeImage(home, image, signal)).toBeUndefined();
  expect(await storedImages(home)).toEqual([]);
  expect(readdirSync(join(home, "images", "partial"))).toEqual([]);
});

test("any image with a kernel for this machine's processor lends it, a cloud image has none", async () => {
  expect(await storedKernel(home)).toBeUndefined();
  storeImage(home, { os: "debian-13", packages: [] }, { boot: "disk", seed: "nocloud" });
  expect(await storedKernel(home)).toBeUndefined();
  const folder = storeImage(home, request);
  expect(await storedKernel(home)).toBe(join(folder, "vmlinuz"));
});

test("supplies are listed by kind and removed one by one", async () => {
  for (const folder of ["bases", "downloads", "logs"]) {
    mkdirSync(join(home, "images", folder), { recursive: true });
    writeFileSync(join(home, "images", folder, "one"), "content");
  }
  const supplies = await imageSupplies(home);
  expect(supplies.map((one) => one.kind).sort()).toEqual(["base", "download", "log"]);
  for (const supply of supplies) await removeSupply(supply, signal);
  expect(await imageSupplies(home)).toEqual([]);
});
