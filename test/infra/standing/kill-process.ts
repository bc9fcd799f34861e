import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Resource } from "../../../infra/providers/provider.ts";
import { standingClusters } from "../../../infra/standing/clusters.ts";
import type { Tended } from "../../../infra/standing/options.ts";
import { readRecords } from "../../../infra/standing/record.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";
import { type FakeEdge, fakeEdge } from "../../fakes/edge.ts";

/** Where a process kills itself: before or after what it asks its provider for. */
export const killPoints = ["provision", "destroy", "keep"].flatMap((call) => [`before ${call}`, `after ${call}`]);

/** The request that clusters of these tests are made by, and how they stand. */
export const request: ClusterRequest = { provider: "fake-edge", count: 1, os: "debian-12", settings: {} };
export const terms = { name: "madrid", idleMs: 3_600_000, openMs: 8 * 3_600_000, shared: 1 };

/** A fake edge whose machines lie on disk: what a killed process made is still there for the next. */
export function edgeOnDisk(folder: string, reached: (point: string) => void = () => {}): FakeEdge {
  const machines = join(folder, "machines");
  mkdirSync(machines, { recursive: true });
  const edge = fakeEdge("fake-edge");
  const listed = (): Resource[] =>
    readdirSync(machines).map((name) => JSON.parse(readFileSync(join(machines, name), "utf8")));
  const write = (one: Resource) => writeFileSync(join(machines, `${one.node}.json`), JSON.stringify(one));
  const around = async <Value>(call: string, work: () => Promise<Value>): Promise<Value> => {
    reached(`before ${call}`);
    const value = await work();
    reached(`after ${call}`);
    return value;
  };
  return {
    ...edge,
    provision: (asked, owner, io) =>
      around("provision", async () => {
        const cluster = await edge.provision(asked, owner, io);
        const { run, node, expiresAt } = owner;
        write({ provider: edge.name, id: node, kind: "host", run, node, expiresAt });
        return cluster;
      }),
    destroy: ({ node }) =>
      around("destroy", async () => {
        rmSync(join(machines, `${node}.json`), { force: true });
        return [];
      }),
    keep: ({ node }, until) =>
      around("keep", async () => {
        for (const one of listed()) if (one.node === node) write({ ...one, expiresAt: until });
      }),
    list: async () => listed(),
  };
}

/** Standing clusters over {@link edgeOnDisk}. */
export function standingOnDisk(folder: string, reached?: (point: string) => void) {
  const provider = edgeOnDisk(folder, reached);
  const standing = standingClusters({ provider, folder: join(folder, "records"), check: async () => {} });
  return { provider, standing, records: () => readRecords(join(folder, "records")) };
}

/** Brings one up, keeps it and takes it down: all that is done to a cluster by commands. */
export async function wholeLife(standing: Tended, records: () => ReturnType<typeof readRecords>): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  await standing.bringUp([{ request, ready: 1, terms }], { signal, note() {}, step() {} });
  const ids = (await records()).map(({ id }) => id);
  for (const id of ids) await standing.keepStanding(id, new Date(Date.now() + 24 * 3_600_000).toISOString(), signal);
  await standing.takeDown(ids, "without-users", signal);
}

/** Lives a whole life and kills itself at a point: `kill-process FOLDER POINT`. */
const [folder, point] = process.argv.slice(2);
if (import.meta.main && folder !== undefined) {
  const { standing, records } = standingOnDisk(folder, (at) => at === point && process.kill(process.pid, "SIGKILL"));
  await wholeLife(standing, records);
}
