import { describe, expect, it } from "vitest";
import { divided, reproductionPlan } from "../../../../pipelines/cli/reproduction/plan.ts";
import { cells, define, every } from "../../../../pipelines/dsl/index.ts";
import { planDigest } from "../../../../pipelines/dsl/plan.ts";
import type { PlanReproduction } from "../../../../pipelines/dsl/plan-document.ts";
import quickstart from "../../../../pipelines/quickstart.ts";

const cell = "debian-12/kvm-ssh";
const of: PlanReproduction = {
  run: "2026-11-21.1",
  cell,
  recalled: { source: { output: {}, told: [] }, "packages@debian-12": { output: {}, told: [] } },
  images: { [`servers@${cell}`]: { frontend: "aa", node1: "bb" } },
};
const one = await quickstart.plan({}, { cells: [cell] });

describe("the plan that repeats a cell of the quickstart", () => {
  const plan = reproductionPlan(one, of);
  const byId = new Map(plan.nodes.map((node) => [node.id, node]));

  it("builds nothing: source and packages are recalled, and the build server is not asked for", () => {
    expect([...byId.keys()]).toEqual([
      "source",
      "packages@debian-12",
      `servers@${cell}`,
      `results@${cell}`,
      `undo:servers@${cell}`,
    ]);
    expect(byId.get("packages@debian-12")).toMatchObject({ needs: {}, servers: [], suites: [] });
  });

  it("asks for fresh servers with the images of then, and keeps them whatever comes", () => {
    const servers = byId.get(`servers@${cell}`);
    expect(servers?.servers.map((server) => [server.name, server.imageDigest])).toEqual([
      ["frontend", "aa"],
      ["node1", "bb"],
    ]);
    expect(servers?.policies.keep.value).toBe("always");
    expect(byId.get(`undo:servers@${cell}`)?.policies.keep.value).toBe("always");
  });

  it("waits, before it gives back, for nothing that is not planned", () => {
    for (const { after } of plan.nodes) expect(after.filter((id) => !byId.has(id))).toEqual([]);
  });

  it("is bound by its digest, with what it repeats in it", () => {
    expect(planDigest(plan)).toBe(plan.digest);
    expect(planDigest({ ...plan, reproduces: { ...of, run: "another" } })).not.toBe(plan.digest);
    expect(plan.reproduces).toEqual(of);
  });

  it("runs one test of one suite where it is limited to it", () => {
    const limit = { suite: "library", class: "test_capacity.MeminfoTest", name: "test_damaged" };
    const limited = reproductionPlan(one, { ...of, test: "test_damaged", limit });
    const results = limited.nodes.find(({ id }) => id === `results@${cell}`);
    expect(results?.suites).toEqual([
      { name: "library", format: "unittest", only: { class: limit.class, name: limit.name } },
    ]);
  });
});

it("does again what works on the servers and what holds them, and leaves approvals and what follows them out", async () => {
  const { stage, once, approval, pipeline } = define("p", { matrix: cells({ os: "debian-12" }) });
  const nothing = { run: async () => ({}), undo: async () => {} };
  const node = { name: "n", role: "node", os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false };
  const made = once("made", { run: async () => ({}) });
  const checked = once("checked", { needs: { made }, run: async () => ({}) });
  const cluster = stage("cluster", nothing);
  const servers = stage("servers", { needs: { cluster }, servers: () => [node], ...nothing });
  const prepared = stage("prepared", { needs: { servers, checked }, run: async () => ({}) });
  const suites = () => [{ name: "s", format: "tap" } as const];
  const results = stage("results", { needs: { servers, prepared, made }, suites, run: async () => ({}) });
  const agreed = approval("agreed", { needs: { results: every(results) } });
  const published = once("published", { needs: { agreed }, run: async () => ({}) });
  const plan = await pipeline([published]).plan({});
  const division = divided(plan);
  expect([...division.recalled].sort()).toEqual(["checked", "made"]);
  expect([...division.fresh].sort()).toEqual(
    ["cluster", "prepared", "results", "servers"].map((stage) => `${stage}@debian-12`),
  );
  const again = reproductionPlan(plan, { run: "r", cell: "debian-12", recalled: {}, images: {} });
  expect(again.nodes.map(({ kind }) => kind)).not.toContain("approval");
  expect(again.nodes.map(({ stage }) => stage)).not.toContain("published");
});
