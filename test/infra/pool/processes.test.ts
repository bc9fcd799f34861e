import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { listHolds, releaseListed } from "../../../infra/pool/release.ts";
import { inventoryHost, ownerOf, scriptedPool, servers } from "./scripted-pool.ts";

const hosts = [inventoryHost("a"), inventoryHost("b")];
const one = scriptedPool(hosts);
afterEach(() => one.remove());

function start(...words: readonly string[]) {
  const program = join(import.meta.dirname, "pool-process.ts");
  return spawn(process.execPath, [program, one.folder, ...words], { stdio: ["ignore", "pipe", "inherit"] });
}

describe("processes that share hosts", () => {
  it("never hold more of a host together than it has, and all get their turn", async () => {
    const children = ["w", "x", "y", "z", "q"].map((node) => start(node, "4"));
    const said = await Promise.all(children.map(({ stdout }) => text(stdout)));
    const lines = said.flatMap((all) => all.trim().split("\n"));
    expect(lines).toHaveLength(20);
    // Two servers of 6000 MiB fit on each host.
    for (const line of lines) expect(line).toMatch(/^[ab] [12]$/);
    expect(await listHolds({ folder: one.folder, home: "/home/a" }, {})).toEqual([]);
  });

  it("leave what they held when they are killed: it is listed, blocks others, and is given back", async () => {
    const child = start("killed");
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "close");
    const seat = { folder: one.folder, home: "/home/a" };
    const left = await listHolds(seat, { run: "run" });
    expect(left.map(({ kind, id }) => (kind === "lease" ? kind : id))).toEqual(["a/node1", "a/node2", "lease"]);
    await expect(one.pool.claim(servers(9000, 9000), ownerOf("next"), one.io)).rejects.toThrow(/No room/);
    const [first] = left;
    if (first === undefined) throw new Error("nothing is left");
    await releaseListed(seat, first, one.io.signal);
    expect(await one.pool.claim(servers(9000, 9000), ownerOf("next"), one.io)).toHaveLength(2);
  });
});
