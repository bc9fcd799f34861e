import { DescribeInstancesCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { listEc2 } from "../../../../infra/providers/aws/listing.ts";
import { releaseEc2 } from "../../../../infra/providers/aws/release.ts";
import { awsTaggedPlace } from "../../../../infra/providers/aws/tagged-place.ts";
import { type Moto, startMoto } from "../../../fakes/moto/server.ts";
import { makeOrphans, orphanTypes } from "./orphans.ts";
import { type RefusingProxy, refusingProxy } from "./refusing-proxy.ts";

const region = "eu-central-1";
let moto: Moto;
let proxy: RefusingProxy;
let ec2: EC2Client;

beforeAll(async () => {
  moto = await startMoto(console.error);
  proxy = await refusingProxy(moto.url);
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_EC2: proxy.url,
    AWS_ACCESS_KEY_ID: "fake",
    AWS_SECRET_ACCESS_KEY: "fake",
    // The SDK's own repetitions would hide ours.
    AWS_MAX_ATTEMPTS: "1",
  }))
    vi.stubEnv(name, value);
  ec2 = new EC2Client({ region });
});
beforeEach(() => proxy.refuse("", 0, {}));
afterAll(async () => {
  ec2?.destroy();
  await proxy?.[Symbol.asyncDispose]();
  await moto?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

const io = (patienceMs = 20_000) => ({ signal: AbortSignal.timeout(60_000), patienceMs });

async function listedTypes(run: string): Promise<string[]> {
  return (await listEc2(region, { run })).map(({ type }) => type).sort();
}

test("a cluster that nobody remembers is given back by its tags, its instances first, and another's is left", async () => {
  await makeOrphans(ec2, "another");
  await makeOrphans(ec2, "mine");
  expect(await listedTypes("mine")).toEqual(orphanTypes);
  const found = await listEc2(region, { run: "mine" });
  proxy.actions.length = 0;

  expect(await releaseEc2(found.toReversed(), io())).toEqual([]);
  expect(await listedTypes("mine")).toEqual([]);
  expect(await listedTypes("another")).toEqual(orphanTypes);
  const removals = proxy.actions.filter((action) => /^(Cancel|Terminate|Delete|Detach)/.test(action));
  expect([...new Set(removals)]).toEqual([
    "CancelSpotInstanceRequests",
    "TerminateInstances",
    "DeleteNetworkInterface",
    "DeleteVolume",
    "DeleteSecurityGroup",
    "DeleteSubnet",
    "DetachInternetGateway",
    "DeleteInternetGateway",
    "DeleteVpc",
    "DeleteKeyPair",
  ]);

  // What is gone is released again without a complaint; the emulator breaks at a spot request that it does not know.
  const again = found.filter(({ type }) => type !== "spot-instances-request");
  expect(await releaseEc2(again, io())).toEqual([]);
});

test("what EC2 says will pass is tried again; what it refuses is left with its word, and the rest goes", async () => {
  await makeOrphans(ec2, "refused");
  proxy.refuse("RequestLimitExceeded", 503, { TerminateInstances: 2, DeleteSubnet: 1 });
  const found = await listEc2(region, { run: "refused" });
  expect(
    await releaseEc2(
      found.filter(({ type }) => type !== "key-pair"),
      io(),
    ),
  ).toEqual([]);

  proxy.refuse("UnauthorizedOperation", 403, { DeleteKeyPair: 100 });
  const left = await releaseEc2(await listEc2(region, { run: "refused" }), io());
  expect(left).toMatchObject([{ resource: { type: "key-pair" }, why: /^UnauthorizedOperation: refused by the test/ }]);

  proxy.refuse("Unavailable", 503, { DeleteKeyPair: 100 });
  const patient = await releaseEc2(await listEc2(region, { run: "refused" }), io(600));
  expect(patient).toMatchObject([{ why: /^Unavailable/ }]);
  const asked = proxy.actions.filter((action) => action === "DeleteKeyPair").length;
  expect(asked).toBeGreaterThan(3);
});

test("nothing without our tag is ever removed, whoever asks, and what we cannot remove is said", async () => {
  const { vpc } = await makeOrphans(ec2, "borrowed");
  const [instance] = (await listEc2(region, { run: "borrowed" })).filter(({ type }) => type === "instance");
  if (instance === undefined) throw new Error("no instance was made");
  const stranger = { ...instance, tags: new Map([["managed-by", "somebody"]]) };
  const unknown = { ...instance, id: "x-1", type: "nat-gateway" };
  const left = await releaseEc2([stranger, unknown], io());
  expect(left.map(({ why }) => why)).toEqual([
    "edgecert does not know how to remove a nat-gateway",
    "it carries no tag of edgecert",
  ]);
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instance.id] }));
  expect(Reservations[0]?.Instances?.[0]?.State?.Name).toBe("running");
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [vpc] }));
  expect(Vpcs).toHaveLength(1);
});

test("a region is a place that lists by run and node and gives back what it still lists", async () => {
  await makeOrphans(ec2, "placed");
  const place = awsTaggedPlace([region]);
  expect(await place.list({ run: "placed", node: "elsewhere" })).toEqual([]);
  const found = await place.list({ run: "placed", node: "cluster" });
  expect(found).toHaveLength(orphanTypes.length);
  expect(found[1]).toMatchObject({
    provider: "aws",
    kind: "instance",
    run: "placed",
    expiresAt: "2027-01-01T00:00:00Z",
  });
  const invented = {
    provider: "aws",
    id: `${region}/vpc-0123`,
    kind: "vpc",
    run: "placed",
    node: "cluster",
    expiresAt: "",
  };
  expect(await place.release([...found, invented], io())).toEqual([]);
  expect(await place.list({ run: "placed" })).toEqual([]);
});
