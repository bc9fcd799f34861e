import { describe, expect, it } from "vitest";
import type { EdgeRung, Rung } from "../../../infra/ladder/rung.ts";
import type { LadderPolicy } from "../../../infra/ladder/shape.ts";
import { ladderProvider } from "../../../infra/ladder.ts";
import type { Elsewhere } from "../../../infra/providers/fault.ts";
import type { ProvisionIo } from "../../../infra/providers/provider.ts";
import type { LadderStep } from "../../../pipelines/dsl/event.ts";
import type { Failure, FailureClass } from "../../../pipelines/dsl/failure.ts";
import type { ClusterRequest, ServerRequest } from "../../../pipelines/dsl/request.ts";
import { type FakeEdge, fakeEdge, fakeHostServers } from "../../fakes/edge.ts";
import { fakePool } from "../../fakes/pool.ts";

const request = (name: string): ServerRequest => ({
  ...{ name, role: "node", os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false },
});
const requests = [request("node1"), request("node2")];
const owner = { run: "run", node: "servers", attempt: 1, token: 1, expiresAt: "2040-01-01T00:00:00.000Z" };
const failure = (kind: FailureClass, reason: string, elsewhere?: Elsewhere): Failure => ({
  ...{ reason, class: kind, title: reason, detail: `${reason} was scripted`, next: "-" },
  ...(elsewhere === undefined ? {} : { elsewhere }),
});
const full = failure("capacity", "no-room-in-time");

function edgeRung(
  provider: FakeEdge,
  places: readonly Partial<EdgeRung["places"][number]>[],
  more: Partial<EdgeRung> = {},
) {
  const cluster: ClusterRequest = { provider: provider.name, count: 2, os: "debian-12", settings: {} };
  const rung: EdgeRung = {
    ...{ kind: "edge", name: provider.name, provider, hosts: fakeHostServers(fakePool("fake-servers")) },
    places: places.map((place) => ({ request: cluster, ...place })),
    ...more,
  };
  return rung;
}

/** A ladder over rungs, and all that it said. */
function laddered(rungs: readonly Rung[], policy: Partial<LadderPolicy> = {}, mostDollarsPerHour?: number) {
  const steps: LadderStep[] = [];
  const notes: string[] = [];
  const most = mostDollarsPerHour === undefined ? {} : { mostDollarsPerHour };
  const ladder = ladderProvider({ rungs, policy, pauseMs: 1, ...most });
  const io: ProvisionIo = {
    ...{ signal: AbortSignal.timeout(10_000), ready() {} },
    note: (text) => notes.push(text),
    rung: (step) => steps.push(step),
  };
  const said = () =>
    steps.map(({ rung, place, phase, outcome, reason, next }) =>
      [rung, place, phase, outcome, reason, next].filter((word) => word !== "" && word !== null).join(" "),
    );
  return { ladder, io, steps, notes, said, climb: (by = owner) => ladder.provision(requests, by, io) };
}

describe("a ladder", () => {
  it("takes servers on-premises while there is room, and asks nobody else", async () => {
    const [pool, edge] = [fakePool("fake-local"), fakeEdge("fake-aws")];
    const { climb, said } = laddered([{ kind: "pool", name: "this machine", provider: pool }, edgeRung(edge, [{}])]);
    expect((await climb()).map(({ id }) => id)).toEqual(["fake-local-node1", "fake-local-node2"]);
    expect(said()).toEqual(["this machine servers done ready"]);
    expect(edge.asked).toEqual([]);
  });

  it("overflows to the edge when the pool is full: machines, hosts, servers, each a step with its time", async () => {
    const [pool, edge] = [fakePool("fake-local"), fakeEdge("fake-aws", { dollarsPerHour: 3 })];
    pool.answers.push(full);
    const { climb, said, steps } = laddered([
      { kind: "pool", name: "this machine", provider: pool },
      edgeRung(edge, [{ region: "eu-central-1", type: "m8i.8xlarge" }]),
    ]);
    expect((await climb()).map(({ id }) => id)).toEqual(["fake-servers-node1", "fake-servers-node2"]);
    expect(said()).toEqual([
      "this machine servers failed no-room-in-time move",
      "fake-aws eu-central-1/m8i.8xlarge provision done on",
      "fake-aws eu-central-1/m8i.8xlarge configure done on",
      "fake-aws eu-central-1/m8i.8xlarge servers done ready",
    ]);
    expect(pool.calls).toEqual(["provision", "destroy"]);
    expect(steps.map(({ dollarsPerHour }) => dollarsPerHour)).toEqual([0, 3, 3, 3]);
    for (const { tookMs } of steps) expect(tookMs).toBeGreaterThanOrEqual(0);
  });

  it("goes from zone to region to provider by what each failure says, and gives back what each made", async () => {
    const [aws, scaleway] = [fakeEdge("fake-aws"), fakeEdge("fake-scaleway")];
    aws.answers.push(failure("capacity", "no-capacity", "zone"), failure("quota", "no-quota", "region"));
    const places = [
      { region: "eu-central-1", zone: "a" },
      { region: "eu-central-1", zone: "b" },
      { region: "eu-central-1", zone: "c" },
    ];
    const { climb, said } = laddered([edgeRung(aws, places), edgeRung(scaleway, [{}])]);
    await climb();
    expect(said().slice(0, 3)).toEqual([
      "fake-aws eu-central-1/a provision failed no-capacity move",
      "fake-aws eu-central-1/b provision failed no-quota move",
      "fake-scaleway provision done on",
    ]);
    expect([aws.held.size, scaleway.held.size]).toEqual([0, 1]);
  });

  it("does not ask again in the same run where a quota ended, and does in another run", async () => {
    const [aws, scaleway] = [fakeEdge("fake-aws"), fakeEdge("fake-scaleway")];
    aws.answers.push(failure("quota", "no-quota", "region"));
    const { climb } = laddered([edgeRung(aws, [{ region: "eu-central-1" }]), edgeRung(scaleway, [{}])]);
    await climb();
    await climb({ ...owner, node: "other" });
    expect([aws.asked.length, scaleway.asked.length]).toEqual([1, 2]);
    await climb({ ...owner, run: "next" });
    expect(aws.asked.length).toBe(2);
  });

  it("tries what passes by itself again at the same place", async () => {
    const edge = fakeEdge("fake-aws");
    edge.answers.push(failure("transient", "throttled"));
    const { climb, said } = laddered([edgeRung(edge, [{}])]);
    await climb();
    expect(said().slice(0, 2)).toEqual(["fake-aws provision failed throttled again", "fake-aws provision done on"]);
  });

  it("goes on without a host that fails its proof where the others suffice, and to the next place where not", async () => {
    const unfit = failure("fatal", "no-kvm");
    const [few, many] = [fakeEdge("fake-few"), fakeEdge("fake-many")];
    const hosts = () => fakeHostServers(fakePool("fake-servers"), [unfit], 2);
    const skipping = laddered([edgeRung(many, [{}], { hosts: hosts() })]);
    await skipping.climb();
    expect(skipping.said()[1]).toBe("fake-many configure failed no-kvm on");
    expect(skipping.notes).toEqual(["fake-many-1-1 is not used: no-kvm: no-kvm was scripted"]);
    const tight = fakeHostServers(fakePool("fake-servers"), [failure("lost", "no-kvm"), failure("lost", "no-kvm")], 1);
    const moving = laddered([edgeRung(few, [{}], { hosts: tight }), edgeRung(many, [{}])], { retries: 0 });
    await moving.climb();
    expect(moving.said().slice(1, 3)).toEqual(["fake-few configure failed no-kvm move", "fake-many provision done on"]);
    expect(few.held.size).toBe(0);
  });

  it("asks for nothing that costs too much, comes too late or is too small, and says why", async () => {
    const [dear, late, small] = [
      fakeEdge("fake-dear", { dollarsPerHour: 9 }),
      fakeEdge("fake-late", { secondsToReady: 7200 }),
      fakeEdge("fake-small"),
    ];
    const hosts = fakeHostServers(fakePool("fake-servers"), [], 0);
    const rungs = [edgeRung(dear, [{}]), edgeRung(late, [{}]), edgeRung(small, [{}], { hosts })];
    const { climb, said } = laddered(rungs, {}, 5);
    const stopped = climb();
    await expect(stopped).rejects.toMatchObject({ failure: { reason: "ladder-exhausted", class: "capacity" } });
    await expect(stopped).rejects.toThrow(
      /fake-dear: over-budget \(9\.00 .* 5\.00 .*fake-late: too-late.*fake-small: never-fits/,
    );
    expect(said()).toEqual([
      "fake-dear provision refused over-budget move",
      "fake-late provision refused too-late move",
      "fake-small provision refused never-fits stop",
    ]);
    expect([dear, late, small].flatMap(({ asked }) => asked)).toEqual([]);
  });

  it("stops at what no other place changes, with that very failure, and gives back what was made", async () => {
    const [edge, other] = [fakeEdge("fake-aws"), fakeEdge("fake-scaleway")];
    edge.answers.push(failure("configuration", "no-credentials"));
    const { climb } = laddered([edgeRung(edge, [{}]), edgeRung(other, [{}])]);
    await expect(climb()).rejects.toMatchObject({ failure: { reason: "no-credentials" } });
    expect([edge.held.size, other.asked.length]).toEqual([0, 0]);
  });

  it("leaves all as it is when its fail mode is quit, for the undo to give back", async () => {
    const edge = fakeEdge("fake-aws");
    edge.answers.push(failure("transient", "odd"));
    const modes = { provision: ["quit"], configure: ["quit"], servers: ["quit"] } as const;
    const { climb, ladder, io } = laddered([edgeRung(edge, [{}])], { modes });
    await expect(climb()).rejects.toMatchObject({ failure: { reason: "odd" } });
    expect((await ladder.list({ run: "run" })).length).toBe(2);
    expect((await ladder.destroy(owner, io.signal)).length).toBe(2);
    expect(await ladder.list({})).toEqual([]);
  });

  it("goes on where something cannot be given back yet, and what it leaves is listed and owed", async () => {
    const [edge, other] = [fakeEdge("fake-aws"), fakeEdge("fake-scaleway")];
    edge.answers.push(full);
    edge.broken.push(failure("transient", "unreachable"), failure("transient", "unreachable"));
    const { climb, ladder, io, notes } = laddered([edgeRung(edge, [{}]), edgeRung(other, [{}])]);
    await climb();
    expect(notes[0]).toMatch(/^what fake-aws made could not be given back yet: unreachable/);
    expect(new Set((await ladder.list({})).map(({ provider }) => provider))).toEqual(
      new Set(["fake-aws", "fake-scaleway"]),
    );
    await expect(ladder.destroy(owner, io.signal)).rejects.toMatchObject({ failure: { reason: "unreachable" } });
    expect((await ladder.list({})).map(({ provider }) => provider)).toEqual(["fake-aws", "fake-aws"]);
    await ladder.destroy(owner, io.signal);
    expect(await ladder.list({})).toEqual([]);
  });

  it("ends at its deadline, wherever it stands, and gives back what it holds", async () => {
    const edge = fakeEdge("fake-aws", { secondsToReady: 0 });
    const hung = { ...edge, provision: (...words: Parameters<FakeEdge["provision"]>) => hang(edge, words) };
    const { climb } = laddered([edgeRung(hung, [{}])], { deadlineMs: 100 });
    await expect(climb()).rejects.toMatchObject({ failure: { reason: "ladder-deadline", class: "capacity" } });
    expect(edge.held.size).toBe(0);
  });

  it("ends at once when it is cancelled, with the reason of the signal", async () => {
    const edge = fakeEdge("fake-aws");
    const hung = { ...edge, provision: (...words: Parameters<FakeEdge["provision"]>) => hang(edge, words) };
    const { ladder, io } = laddered([edgeRung(hung, [{}])]);
    const stop = new AbortController();
    const climbing = ladder.provision(requests, owner, { ...io, signal: stop.signal });
    await expect.poll(() => edge.asked.length).toBe(1);
    stop.abort(new Error("cancelled by a person"));
    await expect(climbing).rejects.toThrow("cancelled by a person");
  });

  it("estimates by the first rung that can ever serve, and says of each why it cannot", async () => {
    const [pool, edge] = [fakePool("fake-local"), fakeEdge("fake-aws", { dollarsPerHour: 4, secondsToReady: 300 })];
    pool.never = failure("capacity", "never-fits");
    const rungs: readonly Rung[] = [{ kind: "pool", name: "this machine", provider: pool }, edgeRung(edge, [{}])];
    expect(await laddered(rungs).ladder.estimate(requests)).toEqual({ dollarsPerHour: 4, secondsToReady: 300 });
    const refused = await laddered(rungs.slice(0, 1)).ladder.estimate(requests);
    expect(refused).toMatchObject({
      reason: "ladder-exhausted",
      detail: "this machine: never-fits (never-fits was scripted)",
    });
    expect(await laddered([]).ladder.estimate(requests)).toMatchObject({ reason: "no-rung" });
    await expect(laddered([]).climb()).rejects.toMatchObject({ failure: { reason: "no-rung" } });
  });
});

/** Holds something, and waits for its signal. */
async function hang(edge: FakeEdge, [request, by, io]: Parameters<FakeEdge["provision"]>): Promise<never> {
  await edge.provision(request, by, io);
  return new Promise((_, reject) => io.signal.addEventListener("abort", () => reject(io.signal.reason)));
}
