import type { Demand } from "../../infra/placement/demand.ts";
import { type PlaceableHost, spotOn } from "../../infra/placement/host-room.ts";
import { place } from "../../infra/placement/place.ts";
import { leastOfAll } from "../infra/placement/brute-force.ts";
import { sampleDemand, sampleHost } from "../infra/placement/sample.ts";
import { seededNumbers } from "../seeded-numbers.ts";

const rounds = 7;
const smallCases = 300;

/**
 * 1,000 servers onto 50 hosts, one request after another and as one group, beside plain first fit on the same hosts; and
 * how many hosts small groups need, beside the best of all arrangements.
 */
export function benchPlacement(): void {
  const random = seededNumbers(7);
  const pick = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const hosts = Array.from({ length: 50 }, (_, at) => {
    const [threads, memoryMiB] = at % 3 === 0 ? [96, 262_144] : [48, 131_072];
    return sampleHost(`host${at}`, [
      { threads: threads / 2, memoryMiB: memoryMiB / 2 },
      { threads: threads / 2, memoryMiB: memoryMiB / 2 },
    ]);
  });
  const demands = Array.from({ length: 1000 }, (_, at) =>
    sampleDemand(`server${at}`, pick(1, 8), 256 + 1024 * pick(1, 12), { cpus: "shared", oneNode: at % 4 === 0 }),
  );
  const plain = repeated(() => firstFit(hosts, demands));
  const single = repeated(() => oneByOne(hosts, demands));
  const group = repeated(() => asGroup(hosts, demands));
  const aim = (ms: number) => `aim 1,000 ms: ${ms <= 1000 ? "met" : "missed"}`;
  const line = (name: string, { ms, used }: Timed) =>
    console.log(
      `placement: 1,000 servers, 50 hosts, ${name}: ${ms.toFixed(0)} ms (${aim(ms)}), ${used} hosts in use, ` +
        `${(ms / plain.ms).toFixed(1)}x the time and ${(used / plain.used).toFixed(2)}x the hosts of first fit`,
    );
  line("1,000 requests one after another", single);
  line("one group", group);
  console.log(`placement: no arrangement has fewer than ${leastByMemory(hosts, demands)} hosts in use`);
  benchSmall(pick);
}

/** Small groups: hosts in use, beside the best of all arrangements. */
function benchSmall(pick: (from: number, to: number) => number): void {
  let [ours, best, worst] = [0, 0, 1];
  for (let round = 0; round < smallCases; round += 1) {
    const hosts = Array.from({ length: 4 }, (_, at) =>
      sampleHost(`h${at}`, [{ threads: pick(4, 10), memoryMiB: pick(4, 10) * 1024 }]),
    );
    const demands = Array.from({ length: 7 }, (_, at) => sampleDemand(`s${at}`, pick(1, 4), pick(1, 4) * 1024));
    const least = leastOfAll(hosts, demands, "pack");
    const found = place(hosts, demands);
    if (Number.isFinite(least) !== (found.kind === "placed")) throw new Error("a group that fits was refused, or not");
    if (found.kind === "refused") continue;
    ours += found.cost;
    best += least;
    worst = Math.max(worst, found.cost / least);
  }
  const ratio = ours / best;
  console.log(
    `placement: ${smallCases} groups of 7 on 4 hosts: ${ratio.toFixed(3)}x the hosts of the best packing, ` +
      `${worst.toFixed(2)}x at worst (aim 1.05x: ${ratio <= 1.05 ? "met" : "missed"})`,
  );
}

interface Timed {
  readonly ms: number;
  readonly used: number;
}

function repeated(work: () => number): Timed {
  const times: number[] = [];
  let used = 0;
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    used = work();
    times.push(performance.now() - began);
  }
  const sorted = times.toSorted((left, right) => left - right);
  return { ms: sorted[Math.floor(rounds / 2)] ?? Number.NaN, used };
}

/** The hosts as they are once a group is on them. */
function taken(hosts: readonly PlaceableHost[], demands: readonly Demand[]): readonly PlaceableHost[] {
  const placement = place(hosts, demands);
  if (placement.kind === "refused") throw new Error(placement.detail);
  const after = new Map(hosts.map((host) => [host.name, host]));
  for (const [index, { host: name }] of placement.placed.entries()) {
    const [host, demand] = [after.get(name), demands[index]];
    const spot = host === undefined || demand === undefined ? undefined : spotOn(host, host.free, demand);
    if (host !== undefined && spot !== undefined) after.set(name, { ...host, used: true, free: spot.free });
  }
  return [...after.values()];
}

function oneByOne(hosts: readonly PlaceableHost[], demands: readonly Demand[]): number {
  const after = demands.reduce((now, demand) => taken(now, [demand]), hosts);
  return after.filter(({ used }) => used).length;
}

function asGroup(hosts: readonly PlaceableHost[], demands: readonly Demand[]): number {
  const placement = place(hosts, demands);
  if (placement.kind === "refused") throw new Error(placement.detail);
  return placement.cost;
}

function firstFit(hosts: readonly PlaceableHost[], demands: readonly Demand[]): number {
  const free = hosts.map((host) => host.free);
  const used = new Set<number>();
  for (const demand of demands) {
    for (const [at, host] of hosts.entries()) {
      const spot = spotOn(host, free[at] ?? [], demand);
      if (spot === undefined) continue;
      free[at] = spot.free;
      used.add(at);
      break;
    }
  }
  return used.size;
}

/** As many of the largest hosts as hold the memory of all. */
function leastByMemory(hosts: readonly PlaceableHost[], demands: readonly Demand[]): number {
  const rooms = hosts.map(({ free }) => free.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0));
  let rest = demands.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  let count = 0;
  for (const room of rooms.toSorted((left, right) => right - left)) {
    if (rest <= 0) break;
    rest -= room;
    count += 1;
  }
  return count;
}
