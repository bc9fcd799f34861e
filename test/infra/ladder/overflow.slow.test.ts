import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { taggedProcesses } from "../../../infra/hosts/process-table.ts";
import type { Rung } from "../../../infra/ladder/rung.ts";
import { ladderProvider } from "../../../infra/ladder.ts";
import type { Server } from "../../../infra/providers/provider.ts";
import { simulatorProvider } from "../../../infra/providers/simulator/provider.ts";
import { connect } from "../../../infra/ssh/connect.ts";
import type { LadderStep } from "../../../pipelines/dsl/event.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { fakeEdge, fakeHostServers } from "../../fakes/edge.ts";

const home = mkdtempSync(join(tmpdir(), "edgecert-overflow-"));
const signal = () => AbortSignal.timeout(120_000);
const request = (name: string): ServerRequest => ({
  ...{ name, role: name, os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false },
});
const requests = [request("node1"), request("node2")];
const owner = (node: string, token = 1) => ({
  ...{ run: "overflow", node, attempt: 1, token, expiresAt: "2040-01-01T00:00:00.000Z" },
});

/** Room for three servers of 512 MiB, each with 256 MiB that its emulator would need, beside 2 GiB for the system. */
const onPremises = simulatorProvider({
  ...{ home: join(home, "on-premises"), machine: { memoryMiB: 2048 + 3 * 768, cores: 8 }, capacityDeadlineMs: 0 },
});
const edge = fakeEdge("fake-edge");
const onEdge = simulatorProvider({ home: join(home, "edge") });
const rungs: readonly Rung[] = [
  { kind: "pool", name: "on-premises", provider: onPremises },
  {
    ...{ kind: "edge", name: "edge", provider: edge, hosts: fakeHostServers(onEdge) },
    places: [{ request: { provider: "fake-edge", count: 1, os: "debian-12", settings: {} } }],
  },
];
const ladder = ladderProvider({ rungs });

async function take(node: string) {
  const steps: LadderStep[] = [];
  const io = { signal: signal(), note() {}, ready() {}, rung: (step: LadderStep) => steps.push(step) };
  const servers = await ladder.provision(requests, owner(node), io);
  return { servers, said: steps.map(({ rung, phase, reason, next }) => `${rung} ${phase} ${reason} ${next}`) };
}

const isOf = (server: Server | undefined, place: string) =>
  taggedProcesses().some(
    ({ tags }) => tags.get("id") === server?.id && tags.get("home")?.startsWith(join(home, place)) === true,
  );

describe("a full pool on-premises", () => {
  afterAll(async () => {
    for (const node of ["first", "second", "third"]) await ladder.destroy(owner(node, 9), signal());
    for (const node of ["first", "second", "third"]) await onEdge.destroy(owner(node, 9), signal());
    expect(taggedProcesses().filter(({ tags }) => tags.get("home")?.startsWith(home))).toEqual([]);
    rmSync(home, { recursive: true, force: true });
  });

  it("overflows to the edge, whole, and takes servers again once there is room", async () => {
    const first = await take("first");
    expect(first.said).toEqual(["on-premises servers null ready"]);
    expect(isOf(first.servers[0], "on-premises")).toBe(true);

    const second = await take("second");
    expect(second.said).toEqual([
      "on-premises servers no-room-in-time move",
      "edge provision null on",
      "edge configure null on",
      "edge servers null ready",
    ]);
    expect(second.servers.map((server) => isOf(server, "edge"))).toEqual([true, true]);
    expect(await onPremises.list({ node: "second" })).toEqual([]);
    const [server] = second.servers;
    if (server === undefined) throw new Error("two were asked for");
    const connection = await connect(server.ssh, { signal: signal() });
    expect((await connection.must("hostname")).stdout.trim()).toBe("node1");
    connection.close();

    await ladder.destroy(owner("first", 2), signal());
    expect((await take("third")).said).toEqual(["on-premises servers null ready"]);
    await ladder.destroy(owner("second", 2), signal());
    expect([edge.held.size, (await onEdge.list({})).length]).toEqual([0, 0]);
  });

  it("says in its estimate what it can never hold", async () => {
    const large = [{ ...request("node1"), memoryMiB: 9000 }];
    expect(await onPremises.estimate(large)).toMatchObject({ reason: "never-fits" });
    expect(await ladder.estimate(large)).toEqual({ dollarsPerHour: 1, secondsToReady: 1 });
  });
});
