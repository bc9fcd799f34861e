import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Demand, demandOf, threadsOf } from "../../../infra/placement/demand.ts";
import type { PlaceableHost, Room } from "../../../infra/placement/host-room.ts";
import { type Placement, place } from "../../../infra/placement/place.ts";
import { leastOfAll } from "./brute-force.ts";
import { sampleDemand as demand, sampleHost as host } from "./sample.ts";

const room = (threads: number, memoryMiB: number): Room => ({ threads, memoryMiB });
/** What a placement came to, as one word for each server. */
function spots(placement: Placement): readonly string[] | string {
  if (placement.kind === "refused") return placement.detail;
  return placement.placed.map(({ server, host: at, node }) => `${server}@${at}${node === null ? "" : `#${node}`}`);
}

describe("a group is placed", () => {
  const pair = [host("a", [room(8, 8192)]), host("b", [room(8, 8192)])];

  it("whole, or not at all", () => {
    const three = ["x", "y", "z"].map((name) => demand(name, 2, 5000));
    expect(spots(place(pair, three.slice(0, 2)))).toEqual(["x@a#0", "y@b#0"]);
    expect(spots(place(pair, three))).toBe(
      "x, y, z need 15000 MiB and 6 virtual CPUs at the same time; on 2 hosts 16384 MiB and 16 threads are free, " +
        "and no arrangement fits",
    );
  });

  it("on few hosts, those in use first, when it is packed", () => {
    const two = [demand("x", 1, 1000), demand("y", 1, 1000)];
    expect(spots(place([...pair, host("c", [room(8, 4096)], { used: true })], two))).toEqual(["x@c#0", "y@c#0"]);
  });

  it("on many hosts when it is spread", () => {
    const four = ["w", "x", "y", "z"].map((name) => demand(name, 1, 1000));
    const placed = spots(place([...pair, host("c", [room(8, 4096)], { used: true })], four, "spread"));
    expect([...placed].map((word) => word.split("@")[1]?.slice(0, 1)).sort()).toEqual(["a", "a", "b", "c"]);
  });

  it("only where features, processor and nested KVM are right, and the reason names each host", () => {
    const hosts = [
      host("arm", [room(8, 8192)], { architecture: "arm64" }),
      host("plain", [room(8, 8192)]),
      host("old", [room(8, 8192)], { features: ["gpu"], nestedKvm: false }),
      host("full", [room(8, 512)], { features: ["gpu"] }),
    ];
    const wanted = demand("x", 1, 1000, { features: ["gpu"], nestedKvm: true });
    expect(spots(place(hosts, [wanted]))).toBe(
      "x needs 1000 MiB of memory and 1 virtual CPUs of a thread each: arm is arm64; plain is without gpu; " +
        "old gives guests no KVM of their own; full has 512 MiB free",
    );
    expect(spots(place([...hosts, host("fit", [room(1, 1000)], { features: ["gpu"] })], [wanted]))).toEqual([
      "x@fit#0",
    ]);
  });

  it("on the NUMA node that it fills best, over several only where it may", () => {
    const two = host("numa", [room(4, 4000), room(4, 3000)]);
    expect(spots(place([two], [demand("x", 2, 2500)]))).toEqual(["x@numa#1"]);
    expect(spots(place([two], [demand("x", 6, 6000)]))).toEqual(["x@numa"]);
    expect(place([two], [demand("x", 6, 6000)])).toMatchObject({ placed: [{ taken: [room(4, 4000), room(2, 2000)] }] });
    expect(spots(place([two], [demand("x", 6, 6000, { oneNode: true })]))).toBe(
      "x needs 6000 MiB of memory and 6 virtual CPUs of a thread each on one NUMA node: numa has no NUMA node with that much free",
    );
  });

  it("with the share of the processors that its policy asks for", () => {
    const four = [host("four", [room(4, 9999)])];
    const taken = (cpus: Demand["cpus"]) => threadsOf(demand("x", 2, 1, { cpus }), { threadsPerCore: 2 });
    expect([taken("shared"), taken("thread"), taken("core")]).toEqual([0.5, 2, 4]);
    const fits = (cpus: Demand["cpus"], count: number) =>
      place(
        four,
        Array.from({ length: count }, (_, index) => demand(`s${index}`, 2, 1, { cpus })),
      ).kind;
    expect([fits("shared", 8), fits("shared", 9)]).toEqual(["placed", "refused"]);
    expect([fits("thread", 2), fits("thread", 3)]).toEqual(["placed", "refused"]);
    expect([fits("core", 1), fits("core", 2)]).toEqual(["placed", "refused"]);
  });

  it("nowhere where there is no host, and nothing is placed on anything", () => {
    expect(spots(place([], [demand("x", 1, 1)]))).toBe("there is no host");
    expect(place([], [])).toEqual({ kind: "placed", placed: [], cost: 0 });
  });

  it("with what QEMU needs beside the guest's memory", () => {
    const request = {
      name: "n",
      role: "node",
      os: "debian-12",
      cores: 2,
      memoryMiB: 1024,
      packages: [],
      nestedKvm: true,
    };
    expect(demandOf({ ...request, host: { features: ["gpu"], cpus: "core", numa: "one-node" } })).toEqual({
      ...{ name: "n", cores: 2, memoryMiB: 1280, nestedKvm: true, architecture: "amd64" },
      ...{ cpus: "core", oneNode: true, features: ["gpu"] },
    });
  });
});

describe("any placement", () => {
  const anyHost = fc.record({
    threads: fc.integer({ min: 1, max: 8 }),
    memory: fc.integer({ min: 1, max: 8 }),
    used: fc.boolean(),
  });
  const anyDemand = fc.record({ cores: fc.integer({ min: 1, max: 4 }), memory: fc.integer({ min: 1, max: 5 }) });
  const cases = fc.tuple(
    fc.array(anyHost, { minLength: 1, maxLength: 4 }),
    fc.array(anyDemand, { minLength: 1, maxLength: 6 }),
    fc.constantFrom("pack" as const, "spread" as const),
  );
  type Case = Parameters<Parameters<typeof cases.map>[0]>[0];

  const read = ([hosts, demands]: Case) => ({
    hosts: hosts.map(({ threads, memory, used }, at) => host(`h${at}`, [room(threads, memory * 1024)], { used })),
    demands: demands.map(({ cores, memory }, at) => demand(`s${at}`, cores, memory * 1024)),
  });

  it("costs no more than the best of all arrangements, and is refused only where none fits", () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { hosts, demands } = read(one);
        const found = place(hosts, demands, one[2]);
        expect(found.kind === "placed" ? found.cost : Number.POSITIVE_INFINITY).toBe(
          leastOfAll(hosts, demands, one[2]),
        );
      }),
      { numRuns: 400 },
    );
  });

  it("holds every server once and overfills nothing, also with topologies and features", () => {
    const node = fc.record({
      threads: fc.integer({ min: 1, max: 16 }),
      memoryMiB: fc.integer({ min: 512, max: 9000 }),
    });
    const hosts = fc.array(fc.record({ free: fc.array(node, { minLength: 1, maxLength: 3 }), gpu: fc.boolean() }), {
      maxLength: 8,
    });
    const wanted = fc.array(
      fc.record({
        cores: fc.integer({ min: 1, max: 8 }),
        memory: fc.integer({ min: 256, max: 6000 }),
        gpu: fc.boolean(),
        oneNode: fc.boolean(),
      }),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(hosts, wanted, (places, asked) => {
        const all = places.map(({ free, gpu }, at) => host(`h${at}`, free, { features: gpu ? ["gpu"] : [] }));
        const group = asked.map(({ cores, memory, gpu, oneNode }, at) =>
          demand(`s${at}`, cores, memory, { features: gpu ? ["gpu"] : [], oneNode, cpus: "shared" }),
        );
        const found = place(all, group);
        if (found.kind === "refused") return;
        expect(found.placed.map(({ server }) => server)).toEqual(group.map(({ name }) => name));
        for (const one of all) checkRoom(one, group, found);
      }),
      { numRuns: 300 },
    );
  });
});

function checkRoom(one: PlaceableHost, group: readonly Demand[], found: Extract<Placement, { kind: "placed" }>): void {
  const here = found.placed.filter(({ host: at }) => at === one.name);
  const asked = (server: string) => group.find(({ name }) => name === server) ?? demand("none", 0, 0);
  const sum = (of: (server: Demand) => number, spot: (node: number | null) => boolean) =>
    here.filter(({ node }) => spot(node)).reduce((total, { server }) => total + of(asked(server)), 0);
  for (const [index, free] of one.free.entries()) {
    expect(
      sum(
        ({ memoryMiB }) => memoryMiB,
        (node) => node === index,
      ),
    ).toBeLessThanOrEqual(free.memoryMiB);
    expect(
      sum(
        ({ cores }) => cores / 4,
        (node) => node === index,
      ),
    ).toBeLessThanOrEqual(free.threads);
  }
  const total = one.free.reduce((all, free) => all + free.memoryMiB, 0);
  expect(
    sum(
      ({ memoryMiB }) => memoryMiB,
      () => true,
    ),
  ).toBeLessThanOrEqual(total);
  for (const { server, node } of here) {
    expect(asked(server).features.every((feature) => one.features.includes(feature))).toBe(true);
    if (asked(server).oneNode) expect(node).not.toBeNull();
  }
}
