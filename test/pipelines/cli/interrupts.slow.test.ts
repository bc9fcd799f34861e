import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Event } from "../../../pipelines/dsl/event.ts";
import { edgecert, testHome } from "../../certify-process.ts";

const note = (node: string) => (event: Event) => event.type === "note" && event.node === node;

it("interrupts after the first tell what is still owed, and no undo is skipped", async () => {
  const process = edgecert("run", "test/fixtures/definitions/slow-undo.ts", "--json");
  const { run } = await process.next(note("user"));
  const folder = join(testHome, "runs", run);
  const giving = process.next(note("undo:holder"));
  process.child.kill("SIGINT");
  await giving;
  const told = () => process.err.filter((line) => line.includes("still giving back: undo:holder. Nothing is skipped"));
  for (const [index, signal] of (["SIGINT", "SIGTERM", "SIGINT"] as const).entries()) {
    process.child.kill(signal);
    await expect.poll(() => told().length, { timeout: 20_000 }).toBe(index + 1);
  }
  expect(existsSync(join(folder, "given-back.txt"))).toBe(false);
  writeFileSync(join(folder, "let-go.txt"), "");
  expect(await process.ended).toBe(6);
  expect(existsSync(join(folder, "given-back.txt"))).toBe(true);
  expect(process.out.join("\n")).toContain('"type":"run.finished","data":{"outcome":"cancelled","leaked":0}');
  expect(process.err.join("\n")).toMatch(/^Left over: {3}0$/m);
});
