import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeLease } from "../../../infra/lease.ts";
import { groupFiles, type Places, placesIn } from "../../../infra/providers/local/places.ts";
import { releaseAll } from "../../../infra/providers/local/release.ts";
import { reserve } from "../../../infra/providers/local/reservation.ts";
import { readServers } from "../../../infra/providers/local/server-record.ts";
import type { Owner } from "../../../pipelines/dsl/context.ts";

let places: Places;
beforeEach(() => {
  places = placesIn(mkdtempSync(join(tmpdir(), "reservation-")));
});
afterEach(() => rmSync(places.home, { recursive: true }));

const never = new AbortController().signal;
const ownerOf = (node: string): Owner => ({ run: "r", node, attempt: 1, token: 1, expiresAt: "2027-01-01T00:00:00Z" });

/** Reserves on a machine that has room for two servers of 1 GiB, where only this test's servers count. */
async function ask(node: string, count: number, io: { note?: (text: string) => void; signal?: AbortSignal } = {}) {
  const owner = ownerOf(node);
  const claim = await takeLease(groupFiles(places, owner).lease, owner);
  const requests = Array.from({ length: count }, (_, index) => ({
    ...{ name: `s${index}`, role: "node", os: "debian-12", cores: 1, memoryMiB: 1024 - 256, packages: [] },
    nestedKvm: false,
  }));
  const held = async () => (await readServers(places.home)).map((one) => ({ ...one, holder: one.node }));
  const machine = { memoryMiB: 2048 + 2048, cores: 2 };
  const wanted = { requests, owner, claim, machine, held, deadlineMs: 600_000 };
  return reserve(places, wanted, { signal: io.signal ?? never, note: io.note ?? (() => {}), ready: () => {} });
}

/** Resolves with the first note that a group says while it waits. */
function waiting(node: string, count: number, signal?: AbortSignal) {
  const said = Promise.withResolvers<string>();
  const done = ask(node, count, { note: said.resolve, ...(signal === undefined ? {} : { signal }) });
  return { said: said.promise, done };
}

test("a group has one number, addresses of its own, and its record before anything else", async () => {
  const records = await ask("a", 2);
  expect(records.map((record) => record.index)).toEqual([0, 1]);
  expect(new Set(records.map((record) => record.group)).size).toBe(1);
  expect(await readServers(places.home)).toEqual(expect.arrayContaining([...records]));
});

test("a group waits for room, says for whom, and gets it whole when it is given back", async () => {
  await ask("a", 1);
  const b = waiting("b", 2);
  expect(await b.said).toBe("waiting for 2048 MiB of memory, 1024 MiB are free: a holds 1024 MiB and 1 virtual CPUs");
  expect((await readServers(places.home)).map((record) => record.node)).toEqual(["a"]);
  await releaseAll(places, ownerOf("a"), never);
  expect(await b.done).toHaveLength(2);
  expect(readdirSync(places.queue)).toEqual([]);
});

test("first come, first served: a small group does not pass a large one", async () => {
  await ask("a", 1);
  const b = waiting("b", 2);
  await b.said;
  const c = waiting("c", 1);
  expect(await c.said).toBe("waiting for its turn after run r node b");
  await releaseAll(places, ownerOf("a"), never);
  await b.done;
  await releaseAll(places, ownerOf("b"), never);
  expect(await c.done).toHaveLength(1);
});

test("an aborted group leaves the queue, a released one does not get room", async () => {
  await ask("a", 2);
  const stop = new AbortController();
  const b = waiting("b", 1, stop.signal);
  await b.said;
  stop.abort(new Error("cancelled"));
  await expect(b.done).rejects.toThrow("cancelled");
  const c = waiting("c", 1);
  await c.said;
  await releaseAll(places, ownerOf("c"), never);
  await expect(c.done).rejects.toMatchObject({ failure: { reason: "lease-ended" } });
  expect(readdirSync(places.queue)).toEqual([]);
});
