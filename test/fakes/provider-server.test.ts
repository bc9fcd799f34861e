import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import statusProto from "@pulumi/pulumi/proto/status_pb.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeAws } from "./aws/provider.ts";
import { FakeEquinixMetal } from "./equinix-metal.ts";
import { instantMachines } from "./machines.ts";
import type { FakeProvider, Properties } from "./provider.ts";
import { serveProvider } from "./provider-server.ts";
import { FakeScaleway } from "./scaleway/provider.ts";
import { messageOf } from "./wire.ts";
import { World } from "./world.ts";

const urn = "urn:pulumi:edge::edgecert::edgecert:infra:EquinixMetalCluster$equinix-metal:index/device:Device::edge-1";
const device = { hostname: "edge-1", tags: ["run=r1"], projectSshKeyIds: [] };
let open: AsyncDisposableStack;
let world: World;

beforeEach(() => {
  open = new AsyncDisposableStack();
  world = new World();
});
afterEach(() => open.disposeAsync());

/** A client as Pulumi's engine is one. */
async function attach(fake: FakeProvider): Promise<ResourceProviderClient> {
  const { attachment } = open.use(await serveProvider(fake, world));
  const client = new ResourceProviderClient(`127.0.0.1:${attachment.split(":")[1]}`, credentials.createInsecure());
  open.defer(() => client.close());
  return client;
}

function metal(): FakeEquinixMetal {
  return new FakeEquinixMetal({ version: "2.0.0", machines: instantMachines });
}

function create(client: ResourceProviderClient, inputs: Properties): Promise<provider.CreateResponse> {
  const request = new provider.CreateRequest();
  request.setUrn(urn);
  request.setProperties(messageOf(inputs));
  return new Promise((resolve, reject) => {
    client.create(request, (error, reply) => (error === null ? resolve(reply) : reject(error)));
  });
}

test("what was made is read until it is deleted, and deleting it twice succeeds", async () => {
  const fake = metal();
  const client = await attach(fake);
  const id = (await create(client, device)).getId();
  const read = new provider.ReadRequest();
  read.setId(id);
  read.setUrn(urn);
  const remove = new provider.DeleteRequest();
  remove.setId(id);
  remove.setUrn(urn);
  const reading = () =>
    new Promise((resolve, reject) =>
      client.read(read, (error, reply) => (error ? reject(error) : resolve(reply.getId()))),
    );
  const removing = () =>
    new Promise<void>((resolve, reject) => client.delete(remove, (error) => (error ? reject(error) : resolve())));
  expect(await reading()).toBe(id);
  await removing();
  expect(await reading()).toBe("");
  await removing();
  expect(fake.things()).toEqual([]);
});

test("a half creation carries the id of what exists, a lost reply does not", async () => {
  const fake = metal();
  const client = await attach(fake);
  world.change({
    rules: [
      { type: "Device", does: "half", code: "InternalError" },
      { type: "Device", does: "lose-reply" },
    ],
  });
  const half = await create(client, device).catch((error: ServiceError) => error);
  if (!("metadata" in half)) throw new Error("it succeeded");
  const [bytes] = half.metadata.get("grpc-status-details-bin");
  const [detail] = statusProto.Status.deserializeBinary(Buffer.from(bytes ?? "")).getDetailsList();
  const failed = provider.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
  expect(fake.things().map(({ id }) => id)).toEqual([failed.getId()]);
  const lost = await create(client, device).catch((error: ServiceError) => error);
  if (!("metadata" in lost)) throw new Error("it succeeded");
  expect(lost.metadata.get("grpc-status-details-bin")).toEqual([]);
  expect(fake.things()).toHaveLength(2);
});

test("throttling is tried again by the provider, a shortage of devices is not", async () => {
  const client = await attach(metal());
  world.change({ rules: [{ type: "Device", does: "refuse", code: "Throttled" }] });
  await create(client, device);
  world.change({ rules: [{ type: "Device", does: "refuse", code: "NoCapacity" }] });
  await expect(create(client, device)).rejects.toThrow(/422 The facility has no provisionable servers/);
  expect(world.calls).toHaveLength(3);
});

test("a type that nobody faked is refused by its name", async () => {
  const client = await attach(metal());
  const request = new provider.CreateRequest();
  request.setUrn("urn:pulumi:edge::edgecert::equinix-metal:index/volume:Volume::v");
  const failing = new Promise((resolve, reject) =>
    client.create(request, (error, reply) => (error ? reject(error) : resolve(reply))),
  );
  await expect(failing).rejects.toThrow(/this fake has no equinix-metal:index\/volume:Volume/);
});

test("a change of tags updates, any other replaces, and a name once given stays", async () => {
  const client = await attach(
    fakeAws({
      ...{ url: "http://127.0.0.1:1", version: "7.0.0", machines: instantMachines },
      ended: AbortSignal.abort(),
    }),
  );
  const keyUrn = "urn:pulumi:edge::edgecert::aws:ec2/keyPair:KeyPair::edge";
  const diff = (before: Properties, after: Properties) => {
    const request = new provider.DiffRequest();
    request.setUrn(keyUrn);
    request.setOldInputs(messageOf(before));
    request.setNews(messageOf(after));
    return new Promise<string[][]>((resolve, reject) =>
      client.diff(request, (error, reply) =>
        error ? reject(error) : resolve([reply.getDiffsList(), reply.getReplacesList()]),
      ),
    );
  };
  expect(await diff({ tags: { a: "1" }, publicKey: "k" }, { tags: { a: "2" }, publicKey: "k" })).toEqual([
    ["tags"],
    [],
  ]);
  expect(await diff({ publicKey: "k" }, { publicKey: "l" })).toEqual([["publicKey"], ["publicKey"]]);
  const check = (olds: Properties) => {
    const request = new provider.CheckRequest();
    request.setUrn(keyUrn);
    request.setOlds(messageOf(olds));
    request.setNews(messageOf({ publicKey: "k" }));
    return new Promise<string>((resolve, reject) =>
      client.check(request, (error, reply) =>
        error ? reject(error) : resolve(String(reply.getInputs()?.toJavaScript().keyName)),
      ),
    );
  };
  expect(await check({})).toMatch(/^edge-[0-9a-f]{7}$/);
  expect(await check({ keyName: "edge-1234567" })).toBe("edge-1234567");
});

const server = {
  name: "edge-1",
  hostname: "edge-1",
  zone: "fr-par-1",
  offer: "fr-par-1/EM-B220E-NVME",
  os: "fr-par-1/debian-12",
  cloudInit: "",
  sshKeyIds: [],
};

function createServer(client: ResourceProviderClient, inputs: Properties): Promise<provider.CreateResponse> {
  const request = new provider.CreateRequest();
  request.setUrn("urn:pulumi:edge::edgecert::scaleway:elasticmetal/server:Server::edge-1");
  request.setProperties(messageOf(inputs));
  return new Promise((resolve, reject) => {
    client.create(request, (error, reply) => (error === null ? resolve(reply) : reject(error)));
  });
}

test.each([
  ["out_of_stock", /resource EM-B220E-NVME is out of stock/, 1],
  ["quotas_exceeded", /quota exceeded\(s\): EM_B220E_NVMe has reached its quota \(1\/1\)/, 1],
  ["too_many_requests", /http error 429 Too Many Requests/, 4],
])(
  "Scaleway's %s comes in the words of its provider, and is tried again if it may pass",
  async (code, words, calls) => {
    const client = await attach(new FakeScaleway({ version: "1.54.0", machines: instantMachines }));
    world.change({ rules: [{ type: "Server", does: "refuse", code, times: "always" }] });
    await expect(createServer(client, server)).rejects.toThrow(words);
    expect(world.calls).toHaveLength(calls);
  },
);

test.each([
  [{ privateNetworks: [{ id: "fr-par/n" }] }, /private network option needs to be enabled/],
  [{ offer: "fr-par-1/EM-B112X-SSD" }, /cloud-init is not available/],
])("Scaleway's provider refuses a server with %j", async (wrong, words) => {
  const fake = new FakeScaleway({ version: "1.54.0", machines: instantMachines });
  await expect(createServer(await attach(fake), { ...server, ...wrong })).rejects.toThrow(words);
  expect(fake.things()).toEqual([]);
});
