import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { identityOf } from "../../../infra/hosts/process-table.ts";
import { groupFiles, placesIn, serverFiles } from "../../../infra/providers/local/places.ts";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import { processesWith } from "../../certify-process.ts";
import { recordedServer } from "./recorded-server.ts";

const home = mkdtempSync(join(tmpdir(), "edgecert-kept-"));
const places = placesIn(home);
const provider = localProvider({ home });
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true });
});

const inMs = (shift: number) => new Date(Date.now() + shift).toISOString();
const signal = () => AbortSignal.timeout(20_000);
const hour = 3_600_000;

async function server(run: string) {
  const made = await recordedServer(home, run, inMs(6 * hour));
  children.push(made.child);
  return made;
}

const listed = async (run: string) => (await provider.list({ run })).map(({ kind, expiresAt }) => [kind, expiresAt]);

describe("servers that are kept", () => {
  it("go at their time without any further command of ours", async () => {
    const { record, child } = await server("r1");
    const until = inMs(1500);
    await provider.keep(record, until, signal());
    expect(await listed("r1")).toEqual([
      ["virtual-machine", until],
      ["lease", until],
    ]);
    await expect.poll(() => identityOf(child.pid ?? 0), { timeout: 15_000 }).toBeUndefined();
    await expect.poll(() => listed("r1"), { timeout: 5_000 }).toEqual([]);
    expect(existsSync(serverFiles(places, record.id).folder)).toBe(false);
  });

  it("stay until the later time where they are kept for longer", async () => {
    const { record, child } = await server("r2");
    await provider.keep(record, inMs(1000), signal());
    const later = inMs(hour);
    await provider.keep(record, later, signal());
    const kept = groupFiles(places, record).kept;
    // Because only one that waits for the later time may be there still, the time of the first is waited for.
    await expect.poll(() => Date.parse(later) - hour + 2500 < Date.now(), { timeout: 5_000 }).toBe(true);
    expect(identityOf(child.pid ?? 0)).toBeDefined();
    expect((await listed("r2")).map(([, at]) => at)).toEqual([later, later]);
    await provider.destroy({ ...record, token: 2 }, signal());
    expect(existsSync(kept)).toBe(false);
    await expect.poll(() => processesWith("edgecert-reaper", kept), { timeout: 12_000 }).toEqual([]);
  });

  it("need no process where nothing is held", async () => {
    const nobody = { run: "r3", node: "servers" };
    await provider.keep(nobody, inMs(hour), signal());
    expect(processesWith("edgecert-reaper", groupFiles(places, nobody).kept)).toEqual([]);
  });
});
