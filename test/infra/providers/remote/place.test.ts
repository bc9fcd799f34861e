import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { makeSshKeyPair } from "../../../../infra/hosts/ssh-key-pair.ts";
import { noteHosts, type ServingHost } from "../../../../infra/providers/remote/group-record.ts";
import { hostsPlace } from "../../../../infra/providers/remote/place.ts";
import { throughHost } from "../../../../infra/providers/remote/provision.ts";

const home = mkdtempSync(join(tmpdir(), "edgecert-hosts-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const expiresAt = "2040-01-01T00:00:00.000Z";
const owner = { run: "r", node: "servers", attempt: 1, token: 1, expiresAt };
const loginKey = join(home, "login");
writeFileSync(loginKey, makeSshKeyPair("login").privateKey, { mode: 0o600 });
/** Nobody listens there. */
const ssh = {
  host: "127.0.0.1",
  port: 1,
  user: "root",
  hostKey: makeSshKeyPair("nobody").publicKey,
  privateKeyPath: loginKey,
};
const host = (provider: string): ServingHost => ({ id: "edge-1", name: "edge-1", hostClass: "nested", provider, ssh });
const place = hostsPlace(home);
const signal = () => AbortSignal.timeout(30_000);

describe("servers on hosts", () => {
  beforeEach(() => rmSync(join(home, "hosts"), { recursive: true, force: true }));

  it("are listed from before their host is asked for them", async () => {
    await noteHosts(home, { run: "r", node: "servers", expiresAt, hosts: [host("local-edge")] });
    expect(await place.list({ run: "r" })).toMatchObject([
      { provider: "hosts", id: "servers-on-edge-1", node: "servers" },
    ]);
    expect(await place.list({ run: "other" })).toEqual([]);
  });

  it("go with a host that is gone, which its own provider lists by tag", async () => {
    await noteHosts(home, { run: "r", node: "servers", expiresAt, hosts: [host("local-edge")] });
    expect(await place.destroy(owner, signal())).toHaveLength(1);
    expect(await place.list({})).toEqual([]);
  });

  it("stay listed on a machine of one's own that does not answer", async () => {
    await noteHosts(home, { run: "r", node: "servers", expiresAt, hosts: [host("inventory")] });
    await expect(place.destroy(owner, signal())).rejects.toMatchObject({ failure: { reason: "ssh-unreachable" } });
    expect(await place.list({})).toHaveLength(1);
  });

  it("are reached through their host, by its way and after its own jumps", () => {
    const facts = { provider: "local", hostClass: "on-premises", acceleration: "kvm" } as const;
    const server = {
      ...{ id: "node1-1", name: "node1", role: "node", os: "debian-12", privateAddress: "10.99.0.11" },
      ssh: { ...ssh, host: "127.64.0.9", port: 2022, privateKeyPath: "/var/lib/there" },
      facts: { ...facts, imageDigest: "d", startMode: "cold", kernel: "6.1", readyMs: 1 } as const,
    };
    const gate = { host: "gate", port: 22, user: "g" };
    const behind = { ...host("aws"), ssh: { ...ssh, jumps: [gate], proxy: "socks5://p:1" } };
    expect(throughHost(server, { host: behind, privateKeyPath: "/here", readyMs: 7 })).toMatchObject({
      ssh: { host: "127.64.0.9", port: 2022, privateKeyPath: "/here", jumps: [gate, ssh], proxy: "socks5://p:1" },
      facts: { provider: "aws", hostClass: "nested", readyMs: 7, acceleration: "kvm" },
    });
  });
});
