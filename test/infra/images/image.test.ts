import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ensureImage, hasImage } from "../../../infra/images/image.ts";
import { storedImages } from "../../../infra/images/store.ts";
import { storeImage } from "./stored.ts";

const home = mkdtempSync(join(tmpdir(), "image-"));
afterAll(() => rmSync(home, { recursive: true }));
const io = { home, signal: new AbortController().signal, note: () => {} };

test("an unknown system is refused by name before anything is built", async () => {
  await expect(ensureImage({ os: "debian-99", packages: [] }, io)).rejects.toMatchObject({
    failure: { reason: "unknown-operating-system", detail: "debian-99 is none of debian-11, debian-12, debian-13" },
  });
});

test.each(["-o=x", "a b", "Python3", "$(id)"])("%s is no package name", async (name) => {
  await expect(ensureImage({ os: "debian-12", packages: ["python3", name] }, io)).rejects.toMatchObject({
    failure: { reason: "bad-package-name", detail: JSON.stringify(name) },
  });
});

test("an empty cache has no image", async () => {
  expect(await hasImage({ os: "debian-12", packages: [] }, home)).toBe(false);
});

test("all that is wrong with the words of a cloud image is said at once", async () => {
  const image = { url: "ftp://x/y", sha256: "ABC", format: "qcow2" } as const;
  const failure = await ensureImage({ os: "../evil", packages: [], image }, io).catch((error) => error.failure);
  expect(failure).toMatchObject({ reason: "bad-cloud-image", class: "configuration" });
  expect(failure.detail.split("\n")).toEqual([
    'url "ftp://x/y": http, https or file',
    'sha256 "ABC": 64 hex digits in lower case',
    'os "../evil": a name such as debian-12',
  ]);
});

test("a cloud image from a file: address enters the cache once, by its digest, and is listed", async () => {
  const source = join(home, "source.qcow2");
  writeFileSync(source, "a disk");
  const sha256 = createHash("sha256").update("a disk").digest("hex");
  const request = {
    os: "ubuntu-24.04",
    packages: [],
    image: { url: `file://${source}`, sha256, format: "qcow2" },
  } as const;
  const wrong = { ...request, image: { ...request.image, sha256: "0".repeat(64) } };
  await expect(ensureImage(wrong, io)).rejects.toMatchObject({ failure: { reason: "wrong-digest" } });
  expect(await storedImages(home)).toEqual([]);
  const image = await ensureImage(request, io);
  expect(image).toMatchObject({ digest: sha256, boot: { kind: "disk" }, seed: "nocloud", format: "qcow2" });
  expect(readFileSync(image.disk, "utf8")).toBe("a disk");
  rmSync(source);
  expect(await ensureImage(request, io)).toEqual(image);
  expect(await storedImages(home)).toMatchObject([{ os: "ubuntu-24.04", digest: sha256, state: "ready" }]);
  expect(readdirSync(join(home, "images", "downloads"))).toEqual([]);
});

test("an earlier image is taken by its digest while it is there; else it is said that another takes its place", async () => {
  const own = mkdtempSync(join(tmpdir(), "image-"));
  const request = { os: "debian-12", packages: ["python3"] };
  const notes: string[] = [];
  const here = { ...io, home: own, note: (text: string) => void notes.push(text) };
  const current = storeImage(own, request);
  const imageDigest = "a".repeat(64);
  const earlier = join(own, "images/debian-12", imageDigest.slice(0, 16));
  cpSync(current, earlier, { recursive: true });
  const record = JSON.parse(readFileSync(join(earlier, "image.json"), "utf8"));
  writeFileSync(join(earlier, "image.json"), JSON.stringify({ ...record, digest: imageDigest }));
  expect((await ensureImage({ ...request, imageDigest }, here)).digest).toBe(imageDigest);
  expect((await ensureImage({ ...request, imageDigest: "../../../etc" }, here)).disk).toContain(current);
  expect(notes).toEqual([]);
  rmSync(earlier, { recursive: true });
  expect((await ensureImage({ ...request, imageDigest }, here)).disk).toContain(current);
  expect(notes.join()).toContain(`the image ${imageDigest.slice(0, 16)} of debian-12 + python3 is gone`);
  rmSync(own, { recursive: true });
});
