import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { scalewayTaggedPlace } from "../../../../infra/providers/scaleway/tagged-place.ts";
import { instantMachines } from "../../../fakes/machines.ts";
import { serveScalewayApi } from "../../../fakes/scaleway/api.ts";
import { FakeScaleway } from "../../../fakes/scaleway/provider.ts";
import { World } from "../../../fakes/world.ts";
import { makeCluster } from "./cluster-things.ts";

const { signal } = new AbortController();
const place = scalewayTaggedPlace(["fr-par-1"]);
let fake: FakeScaleway;
let world: World;
let open: AsyncDisposableStack;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  world = new World();
  fake = new FakeScaleway({ version: "1.0.0", machines: instantMachines });
  vi.stubEnv("SCW_API_URL", open.use(await serveScalewayApi(fake, world)).url);
  vi.stubEnv("SCW_SECRET_KEY", "fake");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await open.disposeAsync();
});

test("all of a node is listed as a provider lists it, in an order in which it goes", async () => {
  await makeCluster(fake, "r1");
  await makeCluster(fake, "r2");
  const found = await place.list({ run: "r1", node: "servers@debian-12" });
  expect(found.map(({ kind }) => kind)).toEqual(["server", "private-network", "vpc", "ssh-key"]);
  expect(found[0]).toMatchObject({ provider: "scaleway", run: "r1", expiresAt: "2027-01-31T18:00:00Z" });
  expect(found[0]?.id).toMatch(/^fr-par-1\/[0-9a-f-]{36}$/);
  expect(await place.list({ run: "r1", node: "another" })).toEqual([]);
  expect(await place.list({})).toHaveLength(8);
});

test("what was listed is given back in any order, and what is gone already counts", async () => {
  await makeCluster(fake, "r1");
  await makeCluster(fake, "r2");
  const found = await place.list({ run: "r1" });
  expect(await place.release(found.toReversed(), { signal })).toEqual([]);
  expect(await place.release(found, { signal })).toEqual([]);
  expect(await place.list({})).toHaveLength(4);
});

test("what passes is tried again", async () => {
  await makeCluster(fake, "r1");
  world.change({ rules: [{ on: "delete", type: "Vpc", does: "refuse", code: "transient_state", times: 2 }] });
  expect(await place.release(await place.list({}), { signal })).toEqual([]);
  expect(fake.things()).toEqual([]);
});

test("what does not go is named with Scaleway's word for why, and all the rest has gone", async () => {
  await makeCluster(fake, "r1");
  world.change({
    rules: [{ on: "delete", type: "SshKey", does: "refuse", code: "permissions_denied", times: "always" }],
  });
  const left = await place.release(await place.list({}), { signal });
  expect(left).toMatchObject([{ resource: { kind: "ssh-key" }, why: expect.stringContaining("permissions_denied") }]);
  expect(fake.things()).toHaveLength(1);
});

test("patience ends: a server that stays is named, and so is what it stands in; the rest has gone", async () => {
  await makeCluster(fake, "r1");
  world.change({ rules: [{ on: "delete", type: "Server", does: "refuse", code: "transient_state", times: "always" }] });
  const left = await place.release(await place.list({}), { signal, patienceMs: 300 });
  expect(left.map(({ resource }) => resource.kind)).toEqual(["server", "private-network", "vpc"]);
  expect(left.map(({ why }) => /transient_state|precondition_failed/.exec(why)?.[0])).toEqual([
    "transient_state",
    "precondition_failed",
    "precondition_failed",
  ]);
  expect(fake.things()).toHaveLength(3);
});

test("whoever gives up names what is left", async () => {
  await makeCluster(fake, "r1");
  const found = await place.list({});
  world.change({ rules: [{ on: "delete", type: "Server", does: "hold" }] });
  const giveUp = new AbortController();
  const releasing = place.release(found, { signal: giveUp.signal });
  await world.arrived({ on: "delete", type: "Server" });
  giveUp.abort();
  expect((await releasing).map(({ why }) => why)).toEqual(found.map(() => expect.stringContaining("no time left")));
  world.change({});
});
