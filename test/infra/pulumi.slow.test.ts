import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { readInventory } from "../../infra/inventory-document.ts";
import { type Ec2Resource, listEc2 } from "../../infra/providers/aws/listing.ts";
import { listEquinixMetal } from "../../infra/providers/equinix-metal/listing.ts";
import { listScaleway, releaseScaleway } from "../../infra/providers/scaleway/listing.ts";
import { type Clouds, startClouds } from "../fakes/clouds.ts";
import { pulumiEngine } from "../pulumi/engine.ts";
import { exampleStack, type RehearsedProvider } from "../pulumi/example-stack.ts";
import { Workspace } from "../pulumi/workspace.ts";

/** One engine and one set of fakes for all; each workspace is attached to the fake of its own provider alone. */
let clouds: Clouds;
let engine: string;
const folder = mkdtempSync(join(tmpdir(), "edgecert-pulumi-"));

beforeAll(async () => {
  engine = join((await pulumiEngine()).root, "bin");
  clouds = await startClouds({ tell: console.error });
  for (const [name, value] of Object.entries(clouds.environment))
    if (/^(AWS|SCW|METAL)_/.test(name)) vi.stubEnv(name, value);
}, 1_200_000);
beforeEach(() => clouds.world.change({}));
afterAll(async () => {
  await clouds?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A workspace in which no plugin but the one of the provider can be had. */
async function workspaceFor(provider: RehearsedProvider, infra: "linked" | "copied" = "linked"): Promise<Workspace> {
  const attached = clouds.environment.PULUMI_DEBUG_PROVIDERS?.split(",").find((one) => one.startsWith(`${provider}:`));
  const environment = { ...clouds.environment, PULUMI_DEBUG_PROVIDERS: attached ?? "" };
  return Workspace.open({ folder: join(folder, `${provider}-${infra}`), engine, infra, environment });
}

async function listed(): Promise<readonly Ec2Resource[]> {
  return listEc2("eu-central-1", { run: "edge" });
}

const madeByAws = [
  "instance",
  "instance",
  "internet-gateway",
  "key-pair",
  "route-table",
  "security-group",
  "subnet",
  "volume",
  "volume",
  "vpc",
];

test("preview, up, refresh and destroy of aws, where no other provider's plugin can be had", async () => {
  const workspace = await workspaceFor("aws");
  await workspace.stack("edge", exampleStack("aws", 2));

  expect(await workspace.must(["preview", "--stack", "edge"])).toMatch(/\+ 11 to create/);
  expect(clouds.world.calls.filter(({ on }) => on !== "lookup")).toEqual([]);

  await workspace.must(["up", "--yes", "--skip-preview", "--stack", "edge"]);
  const hosts = JSON.parse(await workspace.must(["stack", "output", "hosts", "--json", "--stack", "edge"]));
  expect(hosts).toMatchObject([
    { name: "edge-1", user: "admin", hostClass: "nested", address: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) },
    { name: "edge-2", hostKey: expect.stringMatching(/^ssh-ed25519 /) },
  ]);
  const outputs = JSON.parse(await workspace.must(["stack", "output", "--json", "--stack", "edge"]));
  const inventory = readInventory(JSON.stringify(outputs.inventory), "the output inventory");
  expect(inventory.hosts).toMatchObject([{ name: "edge-1", rented: { provider: "aws" } }, { name: "edge-2" }]);
  expect(outputs.ssh[1]).toBe(
    `ssh -o UserKnownHostsFile=knownHosts -o StrictHostKeyChecking=yes admin@${outputs.addresses[1]}`,
  );
  expect(outputs.price).toMatchObject({ currency: "USD" });
  const made = await listed();
  expect(made.map(({ type }) => type).sort()).toEqual(madeByAws);
  for (const { type, tags } of made)
    expect(Object.fromEntries(tags), type).toMatchObject({ "managed-by": "edgecert", run: "edge", node: "cluster" });
  expect(await listEc2("eu-central-1", { run: "another" })).toEqual([]);

  expect(await workspace.must(["refresh", "--yes", "--stack", "edge"])).toMatch(/11 unchanged/);
  await workspace.must(["destroy", "--yes", "--stack", "edge"]);
  expect(await listed()).toEqual([]);
});

test("preview, up, refresh and destroy of equinix-metal, where no other provider's plugin can be had", async () => {
  const workspace = await workspaceFor("equinix-metal");
  const { plain, secret } = exampleStack("equinix-metal", 2);
  await workspace.stack("edge", { plain: { ...plain, projectId: "", metro: "ams1", "vlans[0]": "1000" }, secret });

  expect(await workspace.must(["preview", "--stack", "edge"])).toMatch(/\+ 12 to create/);
  expect(clouds.equinixMetal.things()).toEqual([]);

  await workspace.must(["up", "--yes", "--skip-preview", "--stack", "edge"]);
  const hosts = JSON.parse(await workspace.must(["stack", "output", "hosts", "--json", "--stack", "edge"]));
  expect(hosts).toMatchObject([
    { name: "edge-1", user: "root", hostClass: "metal" },
    { name: "edge-2", address: expect.stringMatching(/^198\.51\.100\./) },
  ]);
  const made = await listEquinixMetal(null, { run: "edge" });
  expect(made.map(({ type }) => type)).toEqual(["device", "device", "virtual-network", "ssh-key", "project"]);
  expect(clouds.equinixMetal.things()).toHaveLength(5);

  expect(await workspace.must(["refresh", "--yes", "--stack", "edge"])).toMatch(/12 unchanged/);
  await workspace.must(["destroy", "--yes", "--stack", "edge"]);
  expect(clouds.equinixMetal.things()).toEqual([]);
});

test("preview, up, refresh and destroy of scaleway, where no other provider's plugin can be had", async () => {
  const workspace = await workspaceFor("scaleway");
  await workspace.stack("edge", exampleStack("scaleway", 2));

  expect(await workspace.must(["preview", "--stack", "edge"])).toMatch(/\+ 8 to create/);
  expect(clouds.scaleway.things()).toEqual([]);

  await workspace.must(["up", "--yes", "--skip-preview", "--stack", "edge"]);
  const hosts = JSON.parse(await workspace.must(["stack", "output", "hosts", "--json", "--stack", "edge"]));
  expect(hosts).toMatchObject([
    { name: "edge-1", user: "root", hostClass: "metal", location: "fr-par-1", price: { currency: "EUR" } },
    {
      name: "edge-2",
      address: expect.stringMatching(/^198\.51\.100\./),
      privateAddress: expect.stringMatching(/^10\.70/),
    },
  ]);
  const made = await listScaleway(["fr-par-1"], { run: "edge" });
  expect(made.map(({ type }) => type)).toEqual(["server", "server", "private-network", "vpc", "ssh-key"]);
  expect(clouds.scaleway.things()).toHaveLength(5);
  expect(await workspace.must(["stack", "export", "--stack", "edge"])).not.toContain("OPENSSH PRIVATE KEY");

  expect(await workspace.must(["refresh", "--yes", "--stack", "edge"])).toMatch(/8 unchanged/);
  await workspace.must(["destroy", "--yes", "--stack", "edge"]);
  expect(clouds.scaleway.things()).toEqual([]);
});

test("a server of scaleway whose reply was lost is unknown to Pulumi; its tags find it, and all of it is released", async () => {
  const workspace = await workspaceFor("scaleway");
  await workspace.stack("lost", exampleStack("scaleway", 2));
  clouds.world.change({
    rules: [
      { type: "Server", name: "lost-1", does: "lose-reply" },
      { type: "Server", name: "lost-2", does: "refuse", code: "out_of_stock" },
    ],
  });
  const { code, output } = await workspace.pulumi(["up", "--yes", "--skip-preview", "--stack", "lost"]);
  expect(code).not.toBe(0);
  expect(output).toMatch(/EM-B220E-NVME is out of stock/);

  const { signal } = new AbortController();
  const made = await listScaleway(["fr-par-1"], { run: "lost" });
  const [server] = made.filter(({ type }) => type === "server");
  expect(made.map(({ type }) => type)).toEqual(["server", "private-network", "vpc", "ssh-key"]);
  expect(await workspace.must(["stack", "export", "--stack", "lost"])).not.toContain(server?.id);
  for (const resource of made) await releaseScaleway(resource, signal);
  expect(clouds.scaleway.things()).toEqual([]);
});

test("what a lost reply made is unknown to Pulumi, and found by its tags", async () => {
  const workspace = await workspaceFor("aws");
  await workspace.stack("lost", exampleStack("aws", 2));
  clouds.world.change({
    rules: [
      { type: "Instance", name: "lost-1", does: "lose-reply" },
      { type: "Instance", name: "lost-2", does: "half", code: "InternalError" },
    ],
  });
  const { code, output } = await workspace.pulumi(["up", "--yes", "--skip-preview", "--stack", "lost"]);
  expect(code).not.toBe(0);
  expect(output).toMatch(/connection reset by peer/);
  expect(output).toMatch(/api error InternalError/);

  const instances = (await listEc2("eu-central-1", { run: "lost" })).filter(({ type }) => type === "instance");
  const state = await workspace.must(["stack", "export", "--stack", "lost"]);
  expect(instances.map(({ id, tags }) => [tags.get("Name"), state.includes(id)]).sort()).toEqual([
    ["lost-1", false],
    ["lost-2", true],
  ]);

  clouds.world.change({});
  const destroyed = await workspace.pulumi(["destroy", "--yes", "--stack", "lost", "--continue-on-error"]);
  const left = await listEc2("eu-central-1", { run: "lost" });
  expect(left.filter(({ type }) => type === "instance").map(({ tags }) => tags.get("Name"))).toEqual(["lost-1"]);
  expect(destroyed.output).toMatch(/DependencyViolation/);
});

test("a wrong stack is answered with every mistake at once, before anything is asked of a provider", async () => {
  const workspace = await workspaceFor("aws");
  const { plain, secret } = exampleStack("aws");
  const wrong = { region: "eu-centrl-1", instanceType: "i3.mettal", "sshFrom[0]": "0.0.0.0/0", expiresAt: "tomorrow" };
  await workspace.stack("wrong", { plain: { ...plain, ...wrong }, secret });
  const before = clouds.world.calls.length;
  const { code, output } = await workspace.pulumi(["preview", "--stack", "wrong"]);
  expect(code).not.toBe(0);
  for (const part of [/Did you mean eu-central-1/, /Did you mean i3\.metal/, /every address there is/, /expiresAt: /])
    expect(output).toMatch(part);
  expect(output).not.toContain("OPENSSH PRIVATE KEY");
  expect(clouds.world.calls.length).toBe(before);
});

test("a type error in infra fails the command before anything is asked of a provider", async () => {
  const workspace = await workspaceFor("aws", "copied");
  await workspace.stack("edge", exampleStack("aws"));
  const before = clouds.world.calls.length;
  appendFileSync(join(workspace.folder, "infra", "programs", "aws.ts"), "\nexport const wrong: number = `text`;\n");
  const { code, output } = await workspace.pulumi(["preview", "--stack", "edge"]);
  expect(code).not.toBe(0);
  expect(output).toMatch(/aws\.ts.*\n?.*TS2322: Type 'string' is not assignable to type 'number'/);
  expect(clouds.world.calls.length).toBe(before);
});
