import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { edgecert, processesWith, testHome } from "../../certify-process.ts";
import { recordedServer } from "../../infra/providers/recorded-server.ts";

beforeAll(() => {
  process.env.EDGECERT_PROVIDER = "simulator";
});
afterAll(() => {
  delete process.env.EDGECERT_PROVIDER;
});

it("a server that is kept after a failed suite is shown with its time, and goes by itself", async () => {
  const started = edgecert("run", "test/fixtures/definitions/kept.ts", "--json");
  const skipped = await started.next(
    (event) => event.type === "node.skipped" && event.node?.startsWith("undo:") === true,
  );
  const { run, data } = skipped;
  const { keptUntil } = Object(data);
  const code = await started.ended;
  const err = started.err.join("\n");
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
  await expect.poll(() => processesWith(`run=${run}`), { timeout: 60_000, interval: 500 }).toEqual([]);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(keptUntil));
  await expect.poll(() => processesWith("edgecert-reaper", testHome), { timeout: 30_000 }).toEqual([]);
  const list = edgecert("list", "--machines", "--json");
  await list.ended;
  expect(JSON.parse(list.out.join("\n")).filter((one: { run: string }) => one.run === run)).toEqual([]);
});

it("a command that works gives back what a dead run left past its time, and nothing else", async () => {
  const hour = 3_600_000;
  const old = await recordedServer(testHome, "swept-old", new Date(Date.now() - hour).toISOString());
  const young = await recordedServer(testHome, "swept-young", new Date(Date.now() + hour).toISOString());
  try {
    const listed = edgecert("list", "--machines");
    await listed.ended;
    expect(listed.out.join("\n")).toContain(old.record.id);
    const run = edgecert("run", "test/fixtures/definitions/approval.ts", "--cells", "os=debian-12");
    expect(await run.ended).toBe(0);
    expect(run.err.join("\n")).toContain(`gave back ${old.record.id} of swept-old, which had expired at`);
    expect(processesWith("run=swept-old")).toEqual([]);
    expect(processesWith("run=swept-young")).toHaveLength(1);
  } finally {
    for (const { child } of [old, young]) child.kill("SIGKILL");
    const rest = edgecert("list", "--machines", "--release", "swept-young");
    expect(await rest.ended).toBe(0);
  }
});
