import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { takeLease } from "../../../infra/lease.ts";
import { groupFiles, placesIn } from "../../../infra/providers/local/places.ts";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import { givingBack } from "../../../pipelines/cli/giving-back.ts";
import { recordedContext } from "../stages/stage-context.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgecert-giving-back-"));
  vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const approval = join(import.meta.dirname, "..", "..", "fixtures", "definitions", "approval.ts");

it.each([
  ["that was edited since", () => approval],
  ["that is gone", () => join(root, "gone.ts")],
  ["that is no longer TypeScript", () => broken()],
])("gives back what a run holds whose definition is one %s", async (_, definition) => {
  const { ctx } = recordedContext({ root, node: "servers@debian-12", home: root });
  await takeLease(groupFiles(placesIn(root), ctx.owner).lease, ctx.owner);
  const provider = localProvider({ home: root });
  expect(await provider.list({ run: ctx.run })).toHaveLength(1);
  const pipeline = await givingBack(definition());
  await pipeline.body("servers").undo?.({ params: {}, cell: {}, sources: {} }, ctx);
  expect(await provider.list({ run: ctx.run })).toEqual([]);
});

function broken(): string {
  const file = join(root, "broken.ts");
  writeFileSync(file, "export default pipeline([");
  return file;
}
