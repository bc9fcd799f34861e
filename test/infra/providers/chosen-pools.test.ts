import { expect, test } from "vitest";
import {
  namesPool,
  type PoolMakers,
  patienceMs,
  poolsNamed,
  readPools,
} from "../../../infra/providers/chosen-pools.ts";
import { isThisMachine, machinesOf } from "../../../infra/providers/machines.ts";
import { type FakePool, fakePool } from "../../fakes/pool.ts";

test.each([
  ["", [{ name: "local" }]],
  ["simulator", [{ name: "simulator" }]],
  ["opennebula,local", [{ name: "opennebula", patienceMs }, { name: "local" }]],
  [
    " opennebula:90s , local:1h",
    [
      { name: "opennebula", patienceMs: 90_000 },
      { name: "local", patienceMs: 3_600_000 },
    ],
  ],
  ["local:0s", [{ name: "local", patienceMs: 0 }]],
])("%j names places in their order, with their patience", (word, pools) => {
  expect(readPools(word)).toEqual(pools);
});

test.each(["local,", "local:soon", "local:5", ",", "Local"])("%j is refused, naming the word", (word) => {
  expect(() => readPools(word)).toThrow(/EDGECERT_PROVIDER is not understood/);
  expect(namesPool(word, "local")).toBe(false);
});

const request = {
  ...{ name: "node1", role: "node", os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false },
};
const owner = { run: "run", node: "servers", attempt: 1, token: 1, expiresAt: "2040-01-01T00:00:00.000Z" };
const io = { signal: AbortSignal.timeout(10_000), note() {}, ready() {} };

test("several places are a ladder in that order, each with its patience, and one is that very place", async () => {
  const made = new Map<string, FakePool>();
  const asked: string[] = [];
  const maker = (name: `fake-${string}`) => (patience?: number) => {
    const pool = made.get(name) ?? fakePool(name);
    made.set(name, pool);
    asked.push(`${name} ${patience}`);
    return pool;
  };
  const makers: PoolMakers = { first: maker("fake-first"), second: maker("fake-second") };
  expect(poolsNamed("second", makers, () => []).name).toBe("fake-second");
  const ladder = poolsNamed("first:5s,second", makers, () => []);
  expect(asked).toEqual(["fake-second undefined", "fake-first 5000", "fake-second undefined"]);
  made.get("fake-first")?.answers.push({ reason: "full", class: "capacity", title: "Full", detail: "full", next: "-" });
  expect((await ladder.provision([request], owner, io)).map(({ id }) => id)).toEqual(["fake-second-node1"]);
  expect(() => poolsNamed("first,third", makers, () => [])).toThrow(/No such provider.*"third"/);
});

test("without a word everything is as it was: this machine, whose size decides in the plan", async () => {
  expect(isThisMachine({})).toBe(true);
  expect(isThisMachine({ EDGECERT_PROVIDER: "local,simulator" })).toBe(true);
  expect(isThisMachine({ EDGECERT_PROVIDER: "opennebula:2m,local" })).toBe(false);
  const home = "/nonexistent/edgecert-home";
  const wrong = machinesOf(home, { EDGECERT_PROVIDER: "nowhere" });
  await expect(wrong.estimate([request])).rejects.toMatchObject({ failure: { reason: "no-such-provider" } });
  expect(await wrong.list({ run: "none" })).toEqual([]);
  expect(await machinesOf(home, {}).estimate([{ ...request, os: "debian-99" }])).toMatchObject({
    reason: "never-fits",
  });
});
