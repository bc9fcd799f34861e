import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ensureImage, hasImage } from "../../../infra/images/image.ts";

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
