import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inventoryFormat } from "../../../../infra/inventory-document.ts";
import type { ClusterIo } from "../../../../infra/providers/cluster.ts";
import { clusterProviders } from "../../../../infra/providers/cluster-providers.ts";
import { inventoryClusters } from "../../../../infra/providers/inventory/provider.ts";
import { inventoryOffer } from "../../../../infra/providers/inventory/request.ts";
import type { Json } from "../../../../pipelines/dsl/json.ts";
import type { ClusterRequest } from "../../../../pipelines/dsl/request.ts";
import { inventoryCluster } from "../../../../pipelines/stages/cluster-request.ts";
import { hostFactsOf, ownerOf } from "../../pool/scripted-pool.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-inventory-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const io: ClusterIo = { signal: new AbortController().signal, note() {}, step() {} };
const request = (count: number, settings: Readonly<Record<string, Json>> = {}, os = "debian-12"): ClusterRequest => ({
  ...{ provider: "inventory", count, os, settings },
});
const machine = (name: string, more: object = {}) => ({
  ...{ name, os: "debian-12", ssh: { host: `${name}.example`, user: "root", hostKey: `ssh-ed25519 ${name}` } },
  ...more,
});

/** The provider over an inventory file with these hosts, all of which are well. */
function provider(...hosts: readonly object[]) {
  const file = join(folder, "inventory.json");
  writeFileSync(file, JSON.stringify({ format: inventoryFormat, hosts }));
  return inventoryClusters({
    ...{ file, folder: join(folder, "pools"), home: "/home/a", patienceMs: 0 },
    look: async () => hostFactsOf(),
  });
}

describe("machines of an inventory as clusters", () => {
  it("are handed out whole, as their inventory describes them, to one at a time, and listed by run and node", async () => {
    const inventory = provider(machine("rack1"), machine("rack2", { features: ["gpu"], privateAddress: "10.1.0.2" }));
    const cluster = await inventory.provision(request(1, { features: ["gpu"] }), ownerOf("x"), io);
    expect(cluster).toMatchObject({
      ...{ provider: "inventory", dollarsPerHour: 0 },
      hosts: [
        {
          ...{ name: "rack2", address: "rack2.example", privateAddress: "10.1.0.2", sshPort: 22, user: "root" },
          ...{ hostKey: "ssh-ed25519 rack2", hostClass: "on-premises", os: "debian-12" },
        },
      ],
    });
    expect((await inventory.provision(request(1), ownerOf("y"), io)).hosts[0]?.name).toBe("rack1");
    await expect(inventory.provision(request(1), ownerOf("z"), io)).rejects.toMatchObject({
      failure: { reason: "no-room-in-time", class: "capacity" },
    });
    const listed = await inventory.list({ run: "run" });
    expect(listed.filter(({ kind }) => kind === "host").map(({ id, node }) => `${id} ${node}`)).toEqual([
      "rack2 x",
      "rack1 y",
    ]);
    await inventory.keep(ownerOf("x"), "2040-01-01T00:00:00.000Z", io.signal);
    expect(new Set((await inventory.list({ node: "x" })).map(({ expiresAt }) => expiresAt))).toEqual(
      new Set(["2040-01-01T00:00:00.000Z"]),
    );
    expect((await inventory.destroy(ownerOf("x"), io.signal)).length).toBe(2);
    expect(await inventory.destroy(ownerOf("x"), io.signal)).toEqual([]);
  });

  it("are given back without their inventory", async () => {
    const inventory = provider(machine("rack1"));
    await inventory.provision(request(1), ownerOf("x"), io);
    const without = inventoryClusters({ file: undefined, folder: join(folder, "pools"), home: "/home/a" });
    expect((await without.list({})).length).toBe(2);
    await without.destroy(ownerOf("x"), io.signal);
    expect(await without.list({})).toEqual([]);
  });

  it.each<[string, ClusterRequest, RegExp]>([
    ["more hosts than there are", request(3), /3 hosts are wanted: 2 whole hosts are free/],
    ["another system", request(1, {}, "debian-13"), /there is no host/],
    ["another processor", request(1, { architecture: "arm64" }), /rack1, rack2 is amd64/],
    ["a feature that none has", request(1, { features: ["gpu"] }), /without gpu/],
    ["more memory", request(1, { minMemoryMiB: 64_000 }), /has 32000 MiB free/],
    ["a word that it does not know", request(1, { region: "here" }), /Unrecognized key: "region"/],
    ["a feature that is none", request(1, { features: ["quick"] }), /features\.0: is not the name of a feature/],
  ])("refuse %s before anything is held", async (_, asked, why) => {
    const size = { cores: 16, memoryMiB: 32_000 };
    const inventory = provider(machine("rack1", size), machine("rack2", size));
    expect(await inventory.estimate(asked)).toMatchObject({ detail: expect.stringMatching(why) });
    await expect(inventory.provision(asked, ownerOf("x"), io)).rejects.toThrow(why);
    expect(await inventory.list({})).toEqual([]);
  });

  it("cost nothing more, and are ready in seconds", async () => {
    expect(await provider(machine("rack1")).estimate(request(1))).toEqual({ dollarsPerHour: 0, secondsToReady: 5 });
  });

  it("are known to stages and plans by name, and a plan refuses what its inventory can never give, without asking a host", () => {
    const home = join(folder, "home");
    const size = { cores: 16, memoryMiB: 32_000 };
    provider(machine("rack1", size), machine("rack2"));
    const environment = { EDGECERT_INVENTORY: join(folder, "inventory.json"), EDGECERT_POOLS: join(folder, "pools") };
    expect(clusterProviders(home, environment).map(({ name }) => name)).toContain("inventory");
    const offer = (asked: ClusterRequest) => inventoryOffer(asked, environment);
    expect(offer(inventoryCluster({ count: 2, os: "debian-12" }))).toEqual({ dollarsPerHour: 0, secondsToReady: 5 });
    expect(offer(request(1, {}, "debian-11"))).toMatchObject({ reason: "never-fits" });
    expect(inventoryOffer(request(1), {})).toMatchObject({ reason: "no-inventory" });
    provider(machine("rack1", size));
    expect(offer(inventoryCluster({ count: 1, os: "debian-12" }, { minMemoryMiB: 64_000 }))).toMatchObject({
      reason: "never-fits",
      detail: expect.stringContaining("rack1 has 32000 MiB free"),
    });
  });

  it("name the file that is missing or that is no inventory", async () => {
    const at = (file: string | undefined) => inventoryClusters({ file, folder, home: "/home/a" }).estimate(request(1));
    expect(await at(undefined)).toMatchObject({ reason: "no-inventory" });
    expect(await at(join(folder, "none.json"))).toMatchObject({
      reason: "inventory-unreadable",
      detail: expect.stringContaining("none.json"),
    });
    writeFileSync(join(folder, "bad.json"), "{}");
    expect(await at(join(folder, "bad.json"))).toMatchObject({ reason: "invalid-inventory" });
  });
});
