import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listEquinixMetal, releaseEquinixMetal } from "../../../../infra/providers/equinix-metal/listing.ts";
import { equinixMetalTaggedPlace } from "../../../../infra/providers/equinix-metal/tagged-place.ts";
import { encodeTags, tagsOf } from "../../../../infra/tags.ts";
import { FakeEquinixMetal } from "../../../fakes/equinix-metal.ts";
import { serveEquinixMetalApi } from "../../../fakes/equinix-metal-api.ts";
import { instantMachines } from "../../../fakes/machines.ts";
import { World } from "../../../fakes/world.ts";

const { signal } = new AbortController();
const tags = tagsOf({ run: "r1", node: "servers@debian-12", attempt: 1, token: 1, expiresAt: "2027-01-31T18:00:00Z" });
let fake: FakeEquinixMetal;
let world: World;
let open: AsyncDisposableStack;

beforeEach(async () => {
  open = new AsyncDisposableStack();
  world = new World();
  fake = new FakeEquinixMetal({ version: "2.0.0", machines: instantMachines });
  const api = open.use(await serveEquinixMetalApi(fake, world));
  vi.stubEnv("METAL_API_URL", api.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await open.disposeAsync();
});

function device(run: string, projectId = "p1") {
  const words = Object.entries({ ...tags, run }).map(([name, value]) => `${name}=${value}`);
  return fake.create(
    { type: "equinix-metal:index/device:Device", name: `${run}-1` },
    { hostname: `${run}-1`, tags: words, projectId, projectSshKeyIds: [] },
  );
}

function key(name: string, projectId = "p1") {
  const type = "equinix-metal:index/projectSshKey:ProjectSshKey";
  return fake.create({ type, name: "edge" }, { name, publicKey: "ssh-ed25519 AAAA", projectId });
}

test("devices and keys of a run are found in its project, and released", async () => {
  await device("r1");
  await device("r2");
  await device("r1", "p2");
  await key(encodeTags({ ...tags }));
  await key("somebody's");
  const found = await listEquinixMetal("p1", { run: "r1" });
  expect(found.map(({ type }) => type)).toEqual(["device", "ssh-key"]);
  for (const { type, tags: own } of found) expect(Object.fromEntries(own), type).toEqual(tags);
  for (const resource of [...found, ...found]) await releaseEquinixMetal(resource, signal);
  expect(await listEquinixMetal("p1")).toMatchObject([{ type: "device" }]);
  expect(fake.things()).toHaveLength(3);
});

test("a project of a cluster is found without being named, with all in it, in an order in which it can be deleted", async () => {
  const name = encodeTags({ ...tags });
  const project = await fake.create({ type: "equinix-metal:index/project:Project", name: "edge" }, { name });
  const vlan = { description: name, vxlan: 1000, projectId: project.id };
  await fake.create({ type: "equinix-metal:index/vlan:Vlan", name: "edge-1000" }, vlan);
  await key(name, project.id);
  await device("r1", project.id);
  await device("r2");
  const found = await listEquinixMetal(null, { run: "r1" });
  expect(found.map(({ type }) => type)).toEqual(["device", "virtual-network", "ssh-key", "project"]);
  expect(new Set(found.map(({ place }) => place))).toEqual(new Set([project.id]));
  await expect(releaseEquinixMetal({ type: "project", id: project.id }, signal)).rejects.toThrow(/active devices/);
  for (const resource of found) await releaseEquinixMetal(resource, signal);
  expect(fake.things()).toHaveLength(1);
  expect(await listEquinixMetal(null, { run: "r1" })).toEqual([]);
});

test("as a place it gives back a cluster with a project of its own, whatever the order it is named in", async () => {
  const name = encodeTags({ ...tags });
  const project = await fake.create({ type: "equinix-metal:index/project:Project", name: "edge" }, { name });
  await key(name, project.id);
  await device("r1", project.id);
  const place = equinixMetalTaggedPlace(null);
  const found = await place.list({ run: "r1", node: "servers@debian-12" });
  expect(found.map(({ kind }) => kind)).toEqual(["device", "ssh-key", "project"]);
  expect(await place.release(found.toReversed(), { signal })).toEqual([]);
  expect(fake.things()).toEqual([]);
});

test("lists of more than one page are read to their end", async () => {
  for (let index = 0; index < 205; index += 1) await device("r1");
  expect(await listEquinixMetal("p1")).toHaveLength(205);
});

test("a refused delete fails, and what was not deleted is still listed", async () => {
  await device("r1");
  const [stuck] = await listEquinixMetal("p1");
  if (stuck === undefined) throw new Error("nothing is listed");
  world.change({ rules: [{ on: "delete", type: "Device", does: "refuse", code: "Locked", times: "always" }] });
  await expect(releaseEquinixMetal(stuck, signal)).rejects.toMatchObject({ failure: { code: "InvalidRequest" } });
  expect(await listEquinixMetal("p1")).toHaveLength(1);
});

test.each([
  ["", "provider-ended"],
  ["http://api.equinix.com", "unsafe-api-address"],
])("an API at %j fails with %s", async (address, reason) => {
  vi.stubEnv("METAL_API_URL", address);
  await expect(listEquinixMetal("p1")).rejects.toMatchObject({ failure: { reason } });
});
