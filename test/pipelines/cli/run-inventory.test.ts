import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { inventoryFormat } from "../../../infra/inventory-document.ts";
import { clusterProviderNamed } from "../../../infra/providers/cluster-providers.ts";
import { keptInventory } from "../../../infra/providers/inventory/run-inventory.ts";
import { runFolder } from "../../../pipelines/cli/home.ts";
import { inventoryOfRun, takenInventory } from "../../../pipelines/cli/run-inventory.ts";
import approval from "../../fixtures/definitions/approval.ts";
import inventory from "../../fixtures/definitions/inventory.ts";

let folder = "";
let file = "";
const hosts = (...names: readonly string[]) =>
  names.map((name) => ({ name, os: "debian-12", cores: 4, memoryMiB: 4096, ssh: { host: name, user: "root" } }));
const text = (...names: readonly string[]) => JSON.stringify({ format: inventoryFormat, hosts: hosts(...names) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-run-inventory-"));
  file = join(folder, "inventory.json");
  writeFileSync(file, text("rack1"));
  vi.stubEnv("EDGECERT_HOME", folder);
  vi.stubEnv("EDGECERT_POOLS", join(folder, "pools"));
  vi.stubEnv("EDGECERT_INVENTORY", file);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const estimated = (run: string) =>
  clusterProviderNamed("inventory", folder, runFolder(folder, run)).estimate({
    ...{ provider: "inventory", count: 2, os: "debian-12", settings: {} },
  });

it("a run keeps the inventory of its start, byte for byte, and asks that one and no other", async () => {
  const plan = await inventory.plan({});
  writeFileSync(file, text("rack1", "rack2"));
  const taken = takenInventory(plan, {});
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  expect(taken?.origin).toEqual({ inventory: { file, sha256 } });
  await taken?.keep(runFolder(folder, "one"));
  writeFileSync(file, text("rack1"));
  expect(await estimated("one")).toMatchObject({ dollarsPerHour: 0 });
  expect(await estimated("another")).toMatchObject({ reason: "never-fits" });
});

it("what a run keeps is refused once it was changed, and a half-written one is never read", async () => {
  await takenInventory(await inventory.plan({}), {})?.keep(runFolder(folder, "one"));
  const kept = (await keptInventory(runFolder(folder, "one"))) ?? expect.fail("nothing was kept");
  writeFileSync(kept, text("rack1", "rack2"));
  expect(await estimated("one")).toMatchObject({ reason: "damaged-run-inventory", class: "configuration" });
  rmSync(kept);
  writeFileSync(`${kept}.tmp`, "{");
  expect(await estimated("one")).toMatchObject({ reason: "never-fits" });
});

it("a run for the open cells of another takes its inventory, unless one is named", async () => {
  await takenInventory(await inventory.plan({}), {})?.keep(runFolder(folder, "one"));
  await inventoryOfRun("one");
  expect(process.env.EDGECERT_INVENTORY).toBe(file);
  vi.stubEnv("EDGECERT_INVENTORY", "");
  await inventoryOfRun("one");
  expect(process.env.EDGECERT_INVENTORY).toBe(await keptInventory(runFolder(folder, "one")));
});

it("an inventory that no stage uses is not kept: said where it was named by an option, else not even read", async () => {
  const plan = await approval.plan({});
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(takenInventory(plan, { inventory: "rack.json" })).toBeUndefined();
  expect(said.mock.calls.join()).toContain("rack.json is not used");
  said.mockRestore();
  mkdirSync(join(folder, "no-file"));
  vi.stubEnv("EDGECERT_INVENTORY", join(folder, "no-file"));
  expect(takenInventory(plan, {})).toBeUndefined();
  expect(() => takenInventory(plan, { inventory: "no-file" })).toThrow(/no-file: EISDIR/);
});
