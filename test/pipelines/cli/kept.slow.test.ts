import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { edgecert, processesWith, testHome } from "../../certify-process.ts";

it("a server that is kept after a failed suite is shown with its time, and goes by itself", async () => {
  const process = edgecert("run", "test/fixtures/definitions/kept.ts", "--json");
  const skipped = await process.next(
    (event) => event.type === "node.skipped" && event.node?.startsWith("undo:") === true,
  );
  const { run, data } = skipped;
  const { keptUntil } = Object(data);
  const code = await process.ended;
  const err = process.err.join("\n");
  expect({ code, err }).toMatchObject({ code: 1 });
  expect(err).toMatch(/^Kept: {8}node1-\S+ \(kept, because results@debian-12\/kvm-ssh failed, until .* UTC\)$/m);
  expect(err).toContain(`  give back: edgecert list --machines --release ${run}`);
  expect(err).toMatch(/^Left over: {3}0$/m);
  const certificate: Certificate = JSON.parse(readFileSync(join(testHome, "runs", run, "certificate.json"), "utf8"));
  expect(certificate.leftovers?.map(({ kept, until }) => ({ kept, until }))).toEqual(
    certificate.leftovers?.map(() => ({ kept: true, until: keptUntil })),
  );
  expect(certificate.leftovers?.length).toBeGreaterThan(0);
  // Because nothing of ours is started from here on, only what was left behind for it can end the machine.
  await expect.poll(() => processesWith("qemu-system", run), { timeout: 60_000, interval: 500 }).toEqual([]);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(keptUntil));
  await expect.poll(() => processesWith("edgecert-reaper", testHome), { timeout: 30_000 }).toEqual([]);
  const list = edgecert("list", "--machines", "--json");
  await list.ended;
  expect(JSON.parse(list.out.join("\n")).filter((one: { run: string }) => one.run === run)).toEqual([]);
});
