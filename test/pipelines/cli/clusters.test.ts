import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { newRecord } from "../../../infra/standing/making.ts";
import { putRecord, standingFolder } from "../../../infra/standing/record.ts";
import { downClusters, keepClusters, listClusters, upClusters } from "../../../pipelines/cli/clusters.ts";
import { clustersFormat, readClusters } from "../../../pipelines/cli/clusters-file.ts";
import { UsageError } from "../../../pipelines/cli/exit.ts";
import { fakeEdge } from "../../fakes/edge.ts";
import { ownerOf } from "../../infra/pool/scripted-pool.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-clusters-"));
  file = join(folder, "clusters.json");
  vi.stubEnv("EDGECERT_HOME", folder);
  vi.stubEnv("EDGECERT_CLUSTERS", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const entry = { name: "edge", provider: "local-edge", count: 1, os: "debian-12", settings: { memoryMiB: 1024 } };
const write = (...clusters: readonly object[]) => {
  writeFileSync(file, JSON.stringify({ format: clustersFormat, clusters }));
  return file;
};
const problemsOf = (path: string | undefined) => {
  try {
    readClusters(path);
  } catch (error) {
    if (error instanceof UsageError) return `${error.failure.detail} ${error.failure.next}`;
  }
  return expect.fail("nothing was refused");
};

/** A cluster of the file that stands, without a machine: a record that was written by the library. */
async function stand(more: object = {}) {
  const [minimum] = readClusters(write(entry));
  const records = standingFolder(folder, "local-edge");
  const provider = { ...fakeEdge("fake-edge"), name: "local-edge" };
  const made = await newRecord({ provider, folder: records }, minimum ?? expect.fail("no entry"), []);
  const cluster = JSON.stringify({ provider: "local-edge", hosts: [], dollarsPerHour: 1.5, expiresAt: made.expiresAt });
  await putRecord(records, { ...made, state: "ready", worker: null, cluster, ...more });
  return made.id;
}

it("a file of clusters has defaults for how they stand", () => {
  expect(readClusters(write(entry))).toEqual([
    {
      request: { provider: "local-edge", count: 1, os: "debian-12", settings: { memoryMiB: 1024 } },
      ready: 0,
      terms: { name: "edge", idleMs: 3_600_000, openMs: 8 * 3_600_000, shared: 1 },
    },
  ]);
});

it.each([
  [{ ...entry, idle: "soon" }, ["clusters.0.idle: is not a duration such as 30m, 8h or 7d"]],
  [{ ...entry, name: "Edge 1", counts: 2 }, ["clusters.0.name: is not a name", "counts"]],
  [{ ...entry, settings: { memory: 1 } }, ["edge: The settings of the local-edge cluster are wrong", "memory"]],
  [{ ...entry, provider: "amazon" }, ["amazon"]],
])("every problem of %j is named", (wrong, words) => {
  for (const word of words) expect(problemsOf(write(wrong))).toContain(word);
});

it("two entries that mean the same, a file that is none, and no file at all are refused with the form", () => {
  expect(problemsOf(write(entry, { ...entry, mostDollarsPerHour: 2 }))).toMatch(/name of two[\s\S]*ask for the same/);
  expect(problemsOf(join(folder, "absent.json"))).toMatch(/absent\.json[\s\S]*no such file/);
  expect(problemsOf(undefined)).toContain("--clusters FILE; it is JSON such as");
});

it("what stands is listed with state, price and users, and what of the file does not", async () => {
  expect((await listClusters({ clusters: write(entry) })).lines).toEqual([
    "No cluster stands.",
    "edge: none stands, 0 ready are asked for",
  ]);
  const id = await stand({ users: [ownerOf("edge@kvm", { run: "quick-otter" })] });
  const { lines, json, code } = await listClusters({});
  expect(lines[1]).toMatch(
    new RegExp(`^edge +${id} +local-edge +1 debian-12 +used +\\$1\\.50 +20.* quick-otter edge@kvm$`),
  );
  expect([json, code]).toMatchObject([[{ id, state: "used", users: [{ run: "quick-otter" }] }], 0]);
});

it("a name that nothing has is refused with the nearest, before anything is changed", async () => {
  await expect(downClusters(["edge"], { now: false })).rejects.toMatchObject({
    failure: { next: "nothing stands: edgecert clusters up NAME" },
  });
  await stand();
  const nearest = { failure: { next: "did you mean edge?" } };
  await expect(downClusters(["edgy"], { now: false })).rejects.toMatchObject(nearest);
  await expect(upClusters(["edgy"], { clusters: file })).rejects.toMatchObject(nearest);
  expect((await listClusters({})).json).toMatchObject([{ state: "free" }]);
});

it("a cluster that is used takes no more users by down and stays, and one that is still made cannot be kept", async () => {
  const said = vi.spyOn(console, "error").mockReturnValue();
  const id = await stand({ users: [ownerOf("edge@kvm")] });
  expect(await downClusters(["edge"], { now: false })).toMatchObject({ code: 0, json: [{ id, state: "closed" }] });
  await stand({ state: "making" });
  const soon = new Date(Date.now() + 60_000).toISOString();
  await expect(keepClusters(["edge"], soon)).rejects.toMatchObject({ failure: { reason: "not-standing" } });
  said.mockRestore();
});
