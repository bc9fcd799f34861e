import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { filesIn, recall } from "../../../../pipelines/cli/reproduction/recall.ts";
import type { PlanReproduction } from "../../../../pipelines/dsl/plan-document.ts";
import { recordedContext } from "../../stages/stage-context.ts";

const sha256 = createHash("sha256").update("a package").digest("hex");
const file = { path: "packages/debian-12/p.deb", sha256, bytes: 9 };
const output = { os: "debian-12", packages: [{ name: "p", file }] };
const told = { type: "package.built", data: { name: "p", version: "1", os: "debian-12", file } } as const;
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "edgecert-recall-"));
  mkdirSync(join(home, "runs/old/packages/debian-12"), { recursive: true });
  writeFileSync(join(home, "runs/old", file.path), "a package");
});
afterEach(() => rmSync(home, { recursive: true }));

function recalled(of: PlanReproduction["recalled"][string] = { output, told: [told] }) {
  const made = recordedContext({ node: "packages@debian-12", home, root: home });
  const reproduces = { run: "old", cell: "c", recalled: { "packages@debian-12": of }, images: {} };
  return { ...made, done: recall(reproduces, made.ctx) };
}

it("brings the very bytes, and tells of them as the earlier run did", async () => {
  const { done, ctx, events } = recalled();
  expect(await done).toEqual(output);
  expect(readFileSync(join(ctx.folder, file.path), "utf8")).toBe("a package");
  expect(events.map(({ body }) => body)).toEqual([told]);
});

it("refuses other bytes, and says of which run", async () => {
  writeFileSync(join(home, "runs/old", file.path), "another package");
  await expect(recalled().done).rejects.toMatchObject({
    failure: { reason: "recalled-file-changed", title: expect.stringContaining("of old") },
  });
});

it("refuses what is gone", async () => {
  rmSync(join(home, "runs/old", file.path));
  await expect(recalled().done).rejects.toMatchObject({ failure: { reason: "recalled-file-gone" } });
});

it("sees files at any depth, and none that leaves the folder of the run", () => {
  const outside = ["../x", "/etc/passwd", "a/../../x", ".."].map((path) => ({ path, sha256 }));
  expect(filesIn({ deep: [{ file }, ...outside], sha256 })).toEqual([{ path: file.path, sha256 }]);
  expect([filesIn(null), filesIn("x"), filesIn(undefined)]).toEqual([[], [], []]);
});
