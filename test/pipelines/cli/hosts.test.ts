import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import { inventoryFormat } from "../../../infra/inventory-document.ts";
import { inventoryClusters } from "../../../infra/providers/inventory/provider.ts";
import { changeHosts, checkHosts, listHosts } from "../../../pipelines/cli/hosts.ts";
import { hostFactsOf, ownerOf } from "../../infra/pool/scripted-pool.ts";

let folder = "";
let inventory = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-hosts-"));
  inventory = join(folder, "inventory.json");
  const [login, key] = [makeSshKeyPair("login"), makeSshKeyPair("host")];
  const privateKeyPath = join(folder, "login");
  writeFileSync(privateKeyPath, login.privateKey, { mode: 0o600 });
  // Because nobody listens at ports 1 and 2.
  const host = (name: string, port: number) => ({
    ...{ name, os: "debian-12", cores: 8, memoryMiB: 16_384 },
    ssh: { host: "127.0.0.1", port, user: "root", hostKey: key.publicKey, privateKeyPath },
  });
  writeFileSync(inventory, JSON.stringify({ format: inventoryFormat, hosts: [host("rack1", 1), host("rack2", 2)] }));
  vi.stubEnv("EDGECERT_POOLS", join(folder, "pools"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const cells = (lines: readonly string[], column: string) => {
  const at = lines[0]?.indexOf(column) ?? 0;
  return lines.slice(1).map((line) => line.slice(at).split(/ {2,}/)[0]?.trim());
};

describe("edgecert hosts", () => {
  it("lists the hosts of the inventory with what is free and who holds what", async () => {
    const pools = { file: inventory, folder: join(folder, "pools"), home: "/home/a", look: async () => hostFactsOf() };
    const request = { provider: "inventory", count: 1, os: "debian-12", settings: {} };
    const io = { signal: AbortSignal.timeout(10_000), note() {}, step() {} };
    await inventoryClusters(pools).provision(request, ownerOf("cluster@kvm", { run: "quick-otter" }), io);
    const { lines, json } = await listHosts({ inventory });
    expect(cells(lines, "HOST")).toEqual(["rack1", "rack2"]);
    expect(cells(lines, "FREE")).toEqual(["0.0 GiB", "16.0 GiB"]);
    expect(cells(lines, "HELD BY")).toEqual(["quick-otter cluster@kvm", "-"]);
    expect(json).toMatchObject([{ holds: [{ run: "quick-otter", server: null }] }, { holds: [], state: "ready" }]);
  });

  it("takes the inventory from the environment, and says so where none is named", async () => {
    vi.stubEnv("EDGECERT_INVENTORY", "");
    await expect(listHosts({})).rejects.toMatchObject({ failure: { reason: "no-inventory" } });
    vi.stubEnv("EDGECERT_INVENTORY", inventory);
    expect((await listHosts({})).json).toHaveLength(2);
  });

  it("drains and readies hosts by name; a wrong name changes none", async () => {
    await changeHosts(["rack1"], { state: "drained", reason: "new disks" }, { inventory });
    expect(cells((await listHosts({ inventory })).lines, "STATE")).toEqual(["drained", "ready"]);
    expect(cells((await listHosts({ inventory })).lines, "REASON")).toEqual(["new disks", "-"]);
    const wrong = changeHosts(["rack2", "rack3"], { state: "drained", reason: "" }, { inventory });
    await expect(wrong).rejects.toMatchObject({
      failure: { reason: "no-such-host", next: "Use one of rack1, rack2." },
    });
    expect(cells((await listHosts({ inventory })).lines, "STATE")).toEqual(["drained", "ready"]);
    await changeHosts(["rack1"], { state: "ready", reason: "" }, { inventory });
    expect(cells((await listHosts({ inventory })).lines, "STATE")).toEqual(["ready", "ready"]);
  });

  it("gives a drained host to nobody, and says why to who asked", async () => {
    await changeHosts(["rack1", "rack2"], { state: "drained", reason: "new disks" }, { inventory });
    const pools = { file: inventory, folder: join(folder, "pools"), home: "/home/a", patienceMs: 0 };
    const request = { provider: "inventory", count: 1, os: "debian-12", settings: {} };
    const io = { signal: AbortSignal.timeout(10_000), note() {}, step() {} };
    await expect(inventoryClusters(pools).provision(request, ownerOf("x"), io)).rejects.toThrow(
      /rack1 is drained: new disks/,
    );
  });

  it("sets a host aside that it finds unwell, with the reason and until when", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const { lines, json } = await checkHosts(["rack1"], { inventory });
    expect(cells(lines, "STATE")).toEqual(["quarantined"]);
    expect(lines[1]).toMatch(/No SSH server answers.*\(until 20\d\d-/);
    expect(json).toMatchObject([{ state: "quarantined", until: expect.any(String) }]);
    expect(said.mock.calls.join()).toContain("rack1 is set aside until");
    said.mockRestore();
  });
});
