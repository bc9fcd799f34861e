import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClusterIo } from "../../../infra/providers/cluster.ts";
import { standingClusters } from "../../../infra/standing/clusters.ts";
import type { StandingOptions } from "../../../infra/standing/options.ts";
import { kindOf, readRecords, standingRun } from "../../../infra/standing/record.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { fakeEdge } from "../../fakes/edge.ts";
import { ownerOf } from "../pool/scripted-pool.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-standing-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hour = 3_600_000;
const request: ClusterRequest = { provider: "fake-edge", count: 1, os: "debian-12", settings: { region: "r" } };

/** Standing clusters of a fake edge, closed to new users after eight hours and idle for one, by a clock of the test. */
function standingOf(more: Partial<StandingOptions> & { readonly shared?: number } = {}) {
  const { shared = 1, ...rest } = more;
  const terms = { name: "madrid", idleMs: hour, openMs: 8 * hour, shared };
  const edge = fakeEdge("fake-edge");
  const notes: string[] = [];
  const clock = { now: Date.now() };
  const io: ClusterIo = { signal: AbortSignal.timeout(20_000), note: (text) => notes.push(text), step() {} };
  const standing = standingClusters({
    ...{ provider: edge, folder, terms, now: () => clock.now, check: async () => {} },
    ...rest,
  });
  const take = async (node: string, of = request, token = 1) => {
    const expiresAt = new Date(clock.now + 6 * hour).toISOString();
    const { hosts } = await standing.provision(of, ownerOf(node, { token, expiresAt }), io);
    return hosts[0]?.name;
  };
  const giveBack = (node: string, token = 1) => standing.destroy(ownerOf(node, { token }), io.signal);
  return { edge, notes, clock, io, standing, terms, take, giveBack, tend: () => standing.tend([], io) };
}

describe("clusters that stand between runs", () => {
  it("are joined by the next of their kind once the last has left, and made beside while it has not", async () => {
    const { edge, take, giveBack, notes } = standingOf();
    const first = await take("a");
    expect(await take("b")).not.toBe(first);
    await giveBack("a");
    expect(await take("c")).toBe(first);
    expect(edge.asked.length).toBe(2);
    expect(notes).toEqual([expect.stringMatching(/^joined standing-[0-9a-f]{8}, which stands at fake-edge until 20/)]);
  });

  it("are shared where that is said, and serve no request of another kind", async () => {
    const { take, edge } = standingOf({ shared: 2 });
    expect(await take("b")).toBe(await take("a"));
    await take("c", { ...request, settings: { region: "s" } });
    expect(edge.asked.length).toBe(2);
    expect(kindOf({ ...request, mostDollarsPerHour: 9 })).toBe(kindOf(request));
    const sorted = { ...request, settings: { b: 1, a: { d: 1, c: 2 } } };
    expect(kindOf({ ...request, settings: { a: { c: 2, d: 1 }, b: 1 } })).toBe(kindOf(sorted));
  });

  it("belong to no run: its listing shows nothing when it ends, and that of everything shows them", async () => {
    const { standing, take, giveBack } = standingOf();
    await take("a");
    await giveBack("a");
    expect(await standing.list({ run: "run" })).toEqual([]);
    expect((await standing.list({})).map(({ run }) => run)).toEqual([standingRun]);
  });

  it("go when they were idle long enough, or are closed, and never under their users", async () => {
    const { take, giveBack, clock, tend, edge } = standingOf();
    await take("a");
    clock.now += 5 * hour;
    expect(await tend()).toEqual({ ended: [], made: [], failed: [] });
    await giveBack("a");
    clock.now += hour - 1;
    expect((await tend()).ended).toEqual([]);
    clock.now += 1;
    expect((await tend()).ended).toHaveLength(1);
    expect([edge.held.size, (await readRecords(folder)).length]).toEqual([0, 0]);
    await take("b");
    clock.now += 8 * hour;
    await giveBack("b");
    expect((await tend()).ended).toHaveLength(1);
  });

  it("take no new user once they are closed, and live as long as those need who came before", async () => {
    const { take, clock, standing, edge, giveBack } = standingOf();
    await take("a");
    await giveBack("a");
    clock.now += 7 * hour;
    await take("b");
    const until = new Date(clock.now + 6 * hour).toISOString();
    expect((await standing.list({})).map(({ expiresAt }) => expiresAt)).toEqual([until]);
    expect((await readRecords(folder))[0]?.expiresAt).toBe(until);
    await giveBack("b");
    clock.now += hour;
    await take("c");
    expect(edge.asked.length).toBe(2);
  });

  it("are kept ready without users to the number that is asked for", async () => {
    const { standing, io, take, edge, clock, giveBack, terms } = standingOf();
    const minimum = [{ request, ready: 2, terms }];
    expect((await standing.tend(minimum, io)).made).toHaveLength(2);
    expect(await standing.tend(minimum, io)).toEqual({ ended: [], made: [], failed: [] });
    await take("a");
    expect((await standing.tend(minimum, io)).made).toHaveLength(1);
    await giveBack("a");
    clock.now += 2 * hour;
    expect((await standing.tend(minimum, io)).ended).toHaveLength(1);
    expect([edge.asked.length, edge.held.size]).toEqual([3, 2]);
  });

  it("that do not answer any more are not used: they are ended, and another is made", async () => {
    const dead = { names: new Set<string>() };
    const { take, giveBack, edge, notes } = standingOf({
      check: async ({ hosts }) => {
        if (hosts.some(({ name }) => dead.names.has(name))) throw new Error("no SSH server answers");
      },
    });
    const first = await take("a");
    await giveBack("a");
    dead.names.add(first ?? "");
    expect(await take("b")).not.toBe(first);
    expect([edge.held.size, (await readRecords(folder)).length]).toEqual([1, 1]);
    expect(notes.join()).toMatch(/standing-\w+ does not serve any more: no SSH server answers/);
  });

  it("that cannot be made leave neither record nor machine, and the failure is the provider's", async () => {
    const { take, edge } = standingOf();
    const failure = { reason: "no-capacity", class: "capacity", title: "None", detail: "none", next: "-" } as const;
    edge.answers.push(failure);
    await expect(take("a")).rejects.toMatchObject({ failure });
    expect([edge.held.size, (await readRecords(folder)).length]).toEqual([0, 0]);
  });

  it("that cannot be ended now are ended by the next who tends", async () => {
    const { take, edge, giveBack, clock, tend } = standingOf();
    await take("a");
    await giveBack("a");
    clock.now += 9 * hour;
    edge.broken.push({ reason: "unreachable", class: "transient", title: "Away", detail: "away", next: "-" });
    expect((await tend()).failed).toMatchObject([{ what: "end", failure: { reason: "unreachable" } }]);
    expect([edge.held.size, (await readRecords(folder))[0]?.state]).toEqual([1, "ending"]);
    expect((await tend()).ended).toHaveLength(1);
    expect(edge.held.size).toBe(0);
  });

  it("forget a user whose lease has expired, as one whose process was killed and never resumed", async () => {
    const { take, clock, tend } = standingOf();
    await take("a");
    clock.now += 6 * hour;
    expect((await tend()).ended).toEqual([]);
    clock.now += hour;
    expect((await tend()).ended).toHaveLength(1);
  });

  it("refuse an older token, and are given back by it to nobody", async () => {
    const { take, giveBack } = standingOf();
    const first = await take("a", request, 5);
    const refused = { failure: { reason: "older-token" } };
    await expect(take("a", request, 4)).rejects.toMatchObject(refused);
    await expect(giveBack("a", 4)).rejects.toMatchObject(refused);
    expect(await take("a", request, 6)).toBe(first);
  });

  it("go with their record when a person gives back what is listed", async () => {
    const { standing, take, io } = standingOf();
    await take("a");
    const [listed] = await standing.list({});
    if (listed === undefined) throw new Error("nothing is listed");
    await standing.release(listed, io.signal);
    expect([await standing.list({}), await readRecords(folder)]).toEqual([[], []]);
  });

  it("that a killed process was making are ended by the next who tends, and by its own undo", async () => {
    for (const finish of ["tend", "undo"]) {
      const words = [join(import.meta.dirname, "standing-process.ts"), folder];
      const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      const { tend, giveBack, edge } = standingOf();
      expect((await tend()).ended).toEqual([]);
      child.kill("SIGKILL");
      await once(child, "close");
      expect((await readRecords(folder)).map(({ state }) => state)).toEqual(["making"]);
      if (finish === "tend") expect((await tend()).ended).toHaveLength(1);
      else await giveBack("killed", 2);
      expect([edge.held.size, (await readRecords(folder)).length]).toEqual([0, 0]);
    }
  });
});
