import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listScaleway, releaseScaleway, scalewayZones } from "../../../../infra/providers/scaleway/listing.ts";
import { instantMachines } from "../../../fakes/machines.ts";
import { serveScalewayApi } from "../../../fakes/scaleway/api.ts";
import { FakeScaleway } from "../../../fakes/scaleway/provider.ts";
import { World } from "../../../fakes/world.ts";
import { makeCluster, ownerTags, words } from "./cluster-things.ts";

const { signal } = new AbortController();
let fake: FakeScaleway;
let world: World;
let open: AsyncDisposableStack;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  world = new World();
  fake = new FakeScaleway({ version: "1.0.0", machines: instantMachines });
  const api = open.use(await serveScalewayApi(fake, world));
  vi.stubEnv("SCW_API_URL", api.url);
  vi.stubEnv("SCW_SECRET_KEY", "fake");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await open.disposeAsync();
});

const all = ["server", "private-network", "vpc", "ssh-key"];

test("all of a run is found in every zone, in an order in which it can be deleted, and nothing of others", async () => {
  await makeCluster(fake, "r1", "pl-waw-3");
  await makeCluster(fake, "r2");
  await fake.create(
    { type: "scaleway:network/vpc:Vpc", name: "theirs" },
    { name: "theirs", region: "fr-par", tags: ["a=b", "plain"] },
  );
  const found = await listScaleway(scalewayZones, { run: "r1" });
  expect(found.map(({ type, place }) => [type, place])).toEqual([
    ["server", "pl-waw-3"],
    ["private-network", "pl-waw"],
    ["vpc", "pl-waw"],
    ["ssh-key", ""],
  ]);
  for (const { type, tags } of found) expect(Object.fromEntries(tags), type).toEqual(ownerTags("r1"));
  expect(await listScaleway()).toHaveLength(8);
  expect(await listScaleway(["fr-par-1"], { run: "r1" })).toMatchObject([{ type: "ssh-key" }]);
});

test("lists of more than one page are read to their end", async () => {
  for (let index = 0; index < 205; index += 1)
    await fake.create(
      { type: "scaleway:network/vpc:Vpc", name: "v" },
      { name: "v", region: "fr-par", tags: words("r1") },
    );
  expect(await listScaleway(["fr-par-1"])).toHaveLength(205);
});

test("what is released in the order of the list is gone, and releasing it again succeeds", async () => {
  await makeCluster(fake, "r1");
  const found = await listScaleway();
  expect(found.map(({ type }) => type)).toEqual(all);
  for (const resource of found) await releaseScaleway(resource, signal);
  expect(await listScaleway()).toEqual([]);
  expect(fake.things()).toEqual([]);
  for (const resource of found) await releaseScaleway(resource, signal);
});

test("a server that is being deleted is still listed, and its release waits until it is gone", async () => {
  await makeCluster(fake, "r1");
  const [server] = await listScaleway();
  if (server === undefined) throw new Error("nothing is listed");
  await releaseScaleway(server, signal);
  expect(world.calls.filter(({ on }) => on === "delete")).toHaveLength(1);
  expect((await listScaleway()).map(({ type }) => type)).toEqual(all.slice(1));
});

test("a network that a server stands in is refused as passing trouble", async () => {
  await makeCluster(fake, "r1");
  const network = (await listScaleway()).find(({ type }) => type === "private-network");
  if (network === undefined) throw new Error("nothing is listed");
  await expect(releaseScaleway(network, signal)).rejects.toMatchObject({
    failure: { class: "transient", code: "precondition_failed", provider: "scaleway" },
  });
});

test.each([
  ["permissions_denied", "configuration"],
  ["denied_authentication", "configuration"],
] as const)("a list that is refused with %s fails: it is not an empty one", async (code, failureClass) => {
  world.change({ rules: [{ on: "lookup", type: "vpcs", does: "refuse", code, times: "always" }] });
  await expect(listScaleway()).rejects.toMatchObject({ failure: { class: failureClass, code } });
});

test("throttling and a cut connection are tried again", async () => {
  await makeCluster(fake, "r1");
  world.change({
    rules: [
      { on: "lookup", type: "servers", does: "refuse", code: "too_many_requests" },
      { on: "lookup", type: "ssh-keys", does: "lose-reply" },
    ],
  });
  expect(await listScaleway(["fr-par-1"])).toHaveLength(4);
});

test.each([
  [{ SCW_SECRET_KEY: "" }, "no-api-token"],
  [{ SCW_API_URL: "http://api.example.org" }, "unsafe-api-address"],
  [{ SCW_API_URL: "api.scaleway.com" }, "unsafe-api-address"],
  [{ SCW_SECRET_KEY: "wrong" }, "provider-refusal"],
])("%j fails with %s, and shows no key", async (environment, reason) => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const failing = listScaleway();
  await expect(failing).rejects.toMatchObject({ failure: { reason } });
  await expect(failing).rejects.not.toThrow("wrong");
});
