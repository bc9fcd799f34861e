import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import { badNames } from "../../../infra/providers/local/server-record.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";

const home = mkdtempSync(join(tmpdir(), "local-"));
afterAll(() => rmSync(home, { recursive: true }));
const provider = localProvider({ home, machine: { memoryMiB: 8192, cores: 2 } });
const request = (change: Partial<ServerRequest>): ServerRequest => ({
  ...{ name: "node1", role: "node", os: "debian-12", cores: 1, memoryMiB: 1024, packages: [], nestedKvm: false },
  ...change,
});
const io = { signal: new AbortController().signal, note: () => {}, ready: () => {} };
const owner = { run: "r", node: "n", attempt: 1, token: 1, expiresAt: "2027-01-01T00:00:00Z" };

test("what never fits is refused by estimate and by provision, and leaves nothing", async () => {
  const large = [request({ memoryMiB: 65_536 })];
  const refusal = { reason: "never-fits", class: "capacity", detail: expect.stringContaining("65792 MiB") };
  expect(await provider.estimate(large)).toMatchObject(refusal);
  await expect(provider.provision(large, owner, io)).rejects.toMatchObject({ failure: refusal });
  expect(await provider.list({})).toEqual([]);
});

test("an estimate counts images that must be built, and costs nothing", async () => {
  const estimated = await provider.estimate([request({}), request({ name: "node2" })]);
  expect(estimated).toMatchObject({ dollarsPerHour: 0, secondsToReady: expect.any(Number) });
});

test.each([
  [["node1", "node2"], undefined],
  [["node1", "node1"], "two servers are named node1"],
  [["Node_1"], '"Node_1": not a DNS label of at most 32'],
  [["../../etc"], '"../../etc": not a DNS label of at most 32'],
])("host names %j", (names, expected) => {
  expect(badNames(names.map((name) => request({ name })))).toBe(expected);
});

test("an error of the machine has a class", () => {
  expect(provider.classify(new Error("ENOSPC: no space left"))).toMatchObject({ reason: "disk-full" });
  expect(provider.classify(new Error("odd"))).toMatchObject({ class: "transient", detail: "odd" });
});

test("a word for how servers start that is none is refused, naming it", async () => {
  vi.stubEnv("EDGECERT_START", "warm");
  const refusal = { reason: "bad-start", class: "configuration", detail: expect.stringContaining('"warm"') };
  expect(await localProvider({ home }).estimate([request({})])).toMatchObject(refusal);
  vi.stubEnv("EDGECERT_START", "cold");
  expect(await localProvider({ home }).estimate([request({})])).not.toHaveProperty("reason");
  vi.unstubAllEnvs();
});
