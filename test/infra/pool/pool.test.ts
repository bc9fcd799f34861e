import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { InfraError } from "../../../infra/failure.ts";
import type { InventoryHost } from "../../../infra/inventory-document.ts";
import type { HeldHost } from "../../../infra/pool/host-pool.ts";
import type { PoolOptions } from "../../../infra/pool/pool.ts";
import { extendHolds, listHolds, releaseListed } from "../../../infra/pool/release.ts";
import { sshError } from "../../../infra/ssh/failures.ts";
import { hostFactsOf, inventoryHost, ownerOf, scriptedPool, servers, wholeHosts } from "./scripted-pool.ts";

const made: { remove(): void }[] = [];
const poolOf = (hosts: readonly InventoryHost[], more: Partial<PoolOptions> = {}) => {
  const one = scriptedPool(hosts, more);
  made.push(one);
  return one;
};
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

const [a, b] = [inventoryHost("a"), inventoryHost("b")];
const reason = (word: string) => ({ failure: { reason: word } });
const where = (held: readonly HeldHost[]) =>
  held.map(({ host, servers: on }) => `${host.name}:${on.map(({ name }) => name).join("+")}`);

describe("a pool of hosts", () => {
  it("gives servers room on hosts, several runs at once, until none is left", async () => {
    const { pool, io } = poolOf([a, b]);
    expect(where(await pool.claim(servers(6000, 6000), ownerOf("x"), io))).toEqual(["a:node1+node2"]);
    expect(where(await pool.claim(servers(9000), ownerOf("y"), io))).toEqual(["b:node1"]);
    const refused = pool.claim(servers(6000), ownerOf("z"), io);
    await expect(refused).rejects.toMatchObject({ failure: { reason: "no-room-in-time", class: "capacity" } });
    await expect(refused).rejects.toThrow(/node1 needs 6000 MiB.*a has 2336 MiB free; b has 5336 MiB free/);
    await pool.release(ownerOf("y"), io.signal);
    expect(where(await pool.claim(servers(6000), ownerOf("z"), io))).toEqual(["b:node1"]);
  });

  it("gives a group all of its room or none", async () => {
    const { pool, io, folder } = poolOf([a, b]);
    await expect(pool.claim(servers(9000, 9000, 9000), ownerOf("x"), io)).rejects.toMatchObject(reason("never-fits"));
    expect(await listHolds({ folder, home: "/home/a" }, {})).toEqual([]);
  });

  it("gives a whole host only where nobody has anything, the smallest that suffices", async () => {
    const { pool, io, answers } = poolOf([a, b]);
    answers.set("b", () => hostFactsOf({ nodes: [{ threads: 4, memoryMiB: 8192 }] }));
    expect(where(await pool.claim(wholeHosts(1), ownerOf("x"), io))).toEqual(["b:"]);
    await pool.claim(servers(100), ownerOf("y"), io);
    await expect(pool.claim(wholeHosts(1), ownerOf("z"), io)).rejects.toThrow(/1 host is wanted.*in use: a, b/);
    await expect(pool.claim(wholeHosts(3), ownerOf("z"), io)).rejects.toMatchObject(reason("never-fits"));
  });

  it("waits for room as long as its patience, and says for what", async () => {
    const { pool, io, notes, other } = poolOf([a]);
    await pool.claim(servers(9000), ownerOf("x"), io);
    const waiting = other({ patienceMs: 60_000 }).claim(servers(9000), ownerOf("y"), io);
    await expect.poll(() => notes.join("\n")).toMatch(/waiting for hosts of inventory: node1 needs 9000 MiB/);
    await pool.release(ownerOf("x"), io.signal);
    expect(where(await waiting)).toEqual(["a:node1"]);
  });

  it("ends its waiting with the signal, and then holds nothing", async () => {
    const { pool, io, folder, other, notes } = poolOf([a]);
    await pool.claim(servers(9000), ownerOf("x"), io);
    const stop = new AbortController();
    const own = { ...io, signal: stop.signal };
    const waiting = other({ patienceMs: 60_000 }).claim(servers(9000), ownerOf("y"), own);
    await expect.poll(() => notes.length).toBeGreaterThan(0);
    stop.abort(new Error("cancelled"));
    await expect(waiting).rejects.toThrow("cancelled");
    expect((await listHolds({ folder, home: "/home/a" }, { node: "y" })).length).toBe(0);
  });

  it("refuses an older token, and a later one takes the room over", async () => {
    const { pool, io } = poolOf([a]);
    await pool.claim(servers(9000), ownerOf("x", { token: 5 }), io);
    await expect(pool.claim(servers(1), ownerOf("x", { token: 4 }), io)).rejects.toMatchObject(reason("older-token"));
    await expect(pool.release(ownerOf("x", { token: 4 }), io.signal)).rejects.toMatchObject(reason("older-token"));
    expect(where(await pool.claim(servers(9000), ownerOf("x", { token: 6 }), io))).toEqual(["a:node1"]);
    expect(await pool.release(ownerOf("x", { token: 6 }), io.signal)).toHaveLength(2);
    expect(await pool.release(ownerOf("x", { token: 6 }), io.signal)).toEqual([]);
  });

  it("keeps runs of the same name in two homes apart, and each home lists its own", async () => {
    const { pool, io, folder, other } = poolOf([a]);
    const elsewhere = other({ home: "/home/b" });
    await pool.claim(servers(6000), ownerOf("x"), io);
    await elsewhere.claim(servers(6000), ownerOf("x"), io);
    const ids = async (home: string) => (await listHolds({ folder, home }, {})).map(({ kind, id }) => `${kind} ${id}`);
    expect(await ids("/home/a")).toEqual(["room a/node1", expect.stringMatching(/^lease /)]);
    await elsewhere.release(ownerOf("x"), io.signal);
    expect([await ids("/home/a"), await ids("/home/b")]).toMatchObject([{ length: 2 }, { length: 0 }]);
  });

  it("lets what has expired go to others, and tells its holder so", async () => {
    const { pool, io, folder } = poolOf([a]);
    const seat = { folder, home: "/home/a" };
    await pool.claim(servers(9000), ownerOf("x", { expiresAt: new Date(Date.now() + 60_000).toISOString() }), io);
    expect(await extendHolds(seat, ownerOf("x"), new Date(Date.now() - 1).toISOString(), io.signal)).toBe(true);
    expect(await extendHolds(seat, ownerOf("nobody"), new Date().toISOString(), io.signal)).toBe(false);
    expect(where(await pool.claim(servers(9000), ownerOf("y"), io))).toEqual(["a:node1"]);
    expect((await listHolds(seat, { node: "x" })).map(({ kind }) => kind)).toEqual([]);
  });

  it("gives back a listed part with its whole group", async () => {
    const { pool, io, folder } = poolOf([a, b]);
    const seat = { folder, home: "/home/a" };
    await pool.claim(servers(9000, 9000), ownerOf("x"), io);
    const [first] = await listHolds(seat, { run: "run" });
    if (first === undefined) throw new Error("nothing is listed");
    await releaseListed(seat, first, io.signal);
    await releaseListed(seat, first, io.signal);
    expect(await listHolds(seat, {})).toEqual([]);
  });

  it("does not give anything away while its ledger cannot be read", async () => {
    const { pool, io, folder } = poolOf([a]);
    await pool.claim(servers(100), ownerOf("x"), io);
    writeFileSync(join(folder, "ledger.json"), readFileSync(join(folder, "ledger.json"), "utf8").slice(0, 40));
    await expect(pool.claim(servers(100), ownerOf("y"), io)).rejects.toMatchObject(reason("damaged-ledger"));
    await expect(pool.survey()).rejects.toMatchObject(reason("damaged-ledger"));
  });
});

describe("a host that is looked at before it is handed out", () => {
  it("is set aside with the reason when it does not answer, for ten minutes, and another is taken", async () => {
    const { pool, io, answers, notes } = poolOf([a, b]);
    answers.set("a", () => {
      throw sshError("ssh-unreachable", "root@a.example:22: connection refused");
    });
    expect(where(await pool.claim(servers(100), ownerOf("x"), io))).toEqual(["b:node1"]);
    const [first] = await pool.survey();
    expect(first?.condition).toMatchObject({ state: "quarantined", reason: expect.stringContaining("refused") });
    const until = Date.parse(first?.condition.until ?? "");
    expect(until - Date.now()).toBeGreaterThan(590_000);
    expect(notes.join()).toMatch(/^a is set aside until 20.*refused/);
  });

  it("is set aside until a person says otherwise when it shows another host key, and the reason is told to who waits", async () => {
    const { pool, io, answers } = poolOf([a]);
    answers.set("a", () => {
      throw sshError("ssh-host-key-changed", "SHA256:other");
    });
    await expect(pool.claim(servers(100), ownerOf("x"), io)).rejects.toThrow(/a is quarantined: .*SHA256:other/);
    expect((await pool.survey())[0]?.condition.until).toBeNull();
  });

  it("is not set aside when the trouble is our own, such as a login key that is missing", async () => {
    const { pool, io, answers, folder } = poolOf([a]);
    answers.set("a", () => {
      throw sshError("ssh-private-key", "/nowhere");
    });
    await expect(pool.claim(servers(100), ownerOf("x"), io)).rejects.toMatchObject(reason("ssh-private-key"));
    expect((await pool.survey())[0]?.condition.state).toBe("ready");
    expect(await listHolds({ folder, home: "/home/a" }, {})).toEqual([]);
  });

  it("is placed by what it says, not by what the inventory says", async () => {
    const small = inventoryHost("a", { cores: 64, memoryMiB: 200_000 });
    const { pool, io, looked } = poolOf([small, b]);
    expect(where(await pool.claim(servers(15_000), ownerOf("x"), io))).toEqual(["a:node1"]);
    await pool.release(ownerOf("x"), io.signal);
    await expect(pool.claim(servers(17_000), ownerOf("x"), io)).rejects.toMatchObject(reason("never-fits"));
    expect(looked).toContain("a");
  });

  it("is asked once for its size before anything is promised of it", async () => {
    const { pool, io, looked } = poolOf([a]);
    expect(await pool.neverFits(servers(99_000))).toBeUndefined();
    await expect(pool.claim(servers(99_000), ownerOf("x"), io)).rejects.toMatchObject(reason("never-fits"));
    expect(looked).toEqual(["a"]);
    expect(await pool.neverFits(servers(99_000))).toMatch(/a has 14336 MiB free/);
  });

  it("carries the boot that it was handed out in", async () => {
    const { pool, io } = poolOf([a]);
    await pool.claim(servers(100), ownerOf("x"), io);
    expect((await pool.survey())[0]?.holds).toMatchObject([{ server: "node1", bootId: "boot-1", pool: "inventory" }]);
  });

  it("is not held any more when looking at it ends in a defect", async () => {
    const { io, folder, other } = poolOf([a]);
    const broken = other({
      look: async () => {
        throw new InfraError({ reason: "odd", class: "fatal", title: "Odd", detail: "odd", next: "-" });
      },
    });
    await expect(broken.claim(servers(100), ownerOf("x"), io)).rejects.toMatchObject({
      failure: { class: "capacity" },
    });
    expect(await listHolds({ folder, home: "/home/a" }, {})).toEqual([]);
  });
});
