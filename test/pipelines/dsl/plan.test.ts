import { describe, expect, it } from "vitest";
import { z } from "zod";
import { cells, define, every, type PlanNode, plan, planDigest, printPlan } from "../../../pipelines/dsl/index.ts";
import { nodesOfNeed } from "../../../pipelines/dsl/nodes.ts";
import { nightly } from "./nightly.ts";

const fixtures = "../../fixtures/dsl";

async function nodes(pipeline: ReturnType<typeof nightly>, params: unknown = {}): Promise<Map<string, PlanNode>> {
  return new Map((await plan(pipeline, params)).nodes.map((node) => [node.id, node]));
}

describe("a plan", () => {
  it("is printed as text, Mermaid and JSON", async () => {
    const made = await plan(nightly(), {});
    await expect(printPlan(made)).toMatchFileSnapshot(`${fixtures}/nightly.plan.txt`);
    await expect(printPlan(made, "mermaid")).toMatchFileSnapshot(`${fixtures}/nightly.plan.mmd`);
    expect(JSON.parse(printPlan(made, "json"))).toEqual(made);
  });

  it("is the same value every time, and another one for other parameters", async () => {
    const [first, second, other] = await Promise.all([
      plan(nightly(), {}),
      plan(nightly(), { ref: "main" }),
      plan(nightly(), { ref: "v2" }),
    ]);
    expect(second).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
    expect(other.sources.product).toEqual({ name: "product", url: "./product", ref: "v2" });
  });

  it("has a digest over everything else, also after it was stored and read back", async () => {
    const made = await plan(nightly(), {});
    expect(made.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(planDigest(JSON.parse(JSON.stringify(made)))).toBe(made.digest);
    expect(planDigest({ ...made, holes: [] })).not.toBe(made.digest);
  });

  it("cannot be changed", async () => {
    const made = await plan(nightly(), {});
    expect(() => Object.assign(made.nodes[0] ?? {}, { stage: "other" })).toThrow(TypeError);
  });

  it("puts every node after all that it needs or waits for", async () => {
    const seen = new Set<string>();
    for (const node of (await plan(nightly(), {})).nodes) {
      const before = Object.values(node.needs).flatMap(nodesOfNeed);
      for (const id of [...before, ...node.after]) expect(seen, `${node.id} after ${id}`).toContain(id);
      seen.add(node.id);
    }
    expect(seen.size).toBe(18);
  });

  it("gives each node the instances that match its own cell", async () => {
    const { needs } = (await nodes(nightly())).get("results@debian-12/microvm-ssh") ?? {};
    expect(needs).toEqual({
      servers: { kind: "one", node: "servers@debian-12/microvm-ssh" },
      packages: { kind: "one", node: "packages@debian-12" },
    });
  });

  it("lets an undo wait for its holder and for the direct users only", async () => {
    const undo = (await nodes(nightly())).get("undo:builders@debian-12");
    expect(undo).toMatchObject({
      kind: "undo",
      undoOf: "builders@debian-12",
      needs: { source: { kind: "one", node: "source" } },
      after: ["builders@debian-12", "packages@debian-12"],
      servers: [],
    });
  });

  it("gives back in the opposite order what was built on each other", async () => {
    //   hosts <-- guests <-- probe
    const { once, pipeline } = define("stacked");
    const hosts = once("hosts", { run: async () => {}, undo: async () => {} });
    const guests = once("guests", { needs: { hosts }, run: async () => {}, undo: async () => {} });
    const probe = once("probe", { needs: { guests }, run: async () => {} });
    const made = await nodes(pipeline([probe]));
    expect([...made.keys()]).toEqual(["hosts", "guests", "probe", "undo:guests", "undo:hosts"]);
    expect(made.get("undo:hosts")?.after).toEqual(["hosts", "guests", "undo:guests"]);
  });

  it("counts an every need and a need under two names as one user", async () => {
    const { stage, once, pipeline } = define("twice", { matrix: cells({ os: ["a", "b"] }) });
    const servers = stage("servers", { run: async () => {}, undo: async () => {} });
    const sum = once("sum", { needs: { one: every(servers), two: every(servers) }, run: async () => {} });
    const made = await nodes(pipeline([sum]));
    expect(made.get("undo:servers@a")?.after).toEqual(["servers@a", "sum"]);
  });

  it.each([
    [undefined, undefined, { transient: 1 }, "default", { value: 1, from: "default" }],
    [{ transient: 2 }, undefined, { transient: 2 }, "stage", { value: 1, from: "default" }],
    [{ lost: 3 }, { transient: 2 }, { transient: 2 }, "pipeline", { value: 3, from: "stage" }],
    [{}, { lost: 0, transient: 2 }, {}, "stage", { value: 0, from: "pipeline" }],
  ] as const)(
    "has a budget for what a holder loses apart from its retries: %j, %j",
    async (own, all, retry, from, lost) => {
      const policies = all === undefined ? {} : { retry: all };
      const { once, pipeline } = define("lossy", { policies });
      const run = async () => {};
      const servers = once("servers", { ...(own === undefined ? {} : { retry: own }), run, undo: run });
      const made = await nodes(pipeline([once("results", { needs: { servers }, run })]));
      expect(made.get("servers")?.policies).toMatchObject({ retry: { value: retry, from }, lost });
      expect(made.get("results")?.policies.lost).toEqual({ value: 0, from: "default" });
    },
  );

  it("says where a policy came from", async () => {
    const made = await nodes(nightly());
    expect(made.get("results@debian-12/kvm-ssh")?.policies).toEqual({
      timeout: { value: 7_200_000, from: "stage" },
      stall: { value: 600_000, from: "stage" },
      retry: { value: { transient: 2 }, from: "pipeline" },
      lost: { value: 0, from: "default" },
      keep: { value: "never", from: "default" },
      expires: { value: null, from: "default" },
    });
    expect(made.get("undo:servers@debian-12/kvm-ssh")?.policies).toMatchObject({
      timeout: { value: 600_000, from: "default" },
      keep: { value: "on-failure", from: "stage" },
    });
    expect(made.get("servers@debian-12/kvm-ssh")?.policies.lost).toEqual({ value: 1, from: "default" });
    expect(made.get("release")?.policies).toMatchObject({
      timeout: { value: null, from: "default" },
      retry: { value: {}, from: "default" },
      expires: { value: 604_800_000, from: "stage" },
    });
  });

  it("holds only what the goals need", async () => {
    const { once, pipeline } = define("part");
    const first = once("first", { run: async () => {} });
    once("unused", { run: async () => {} });
    const last = once("last", { needs: { first }, run: async () => {} });
    expect([...(await nodes(pipeline([last]))).keys()]).toEqual(["first", "last"]);
  });

  it("gives nothing for a need that does not cover the cell", async () => {
    const { stage, pipeline } = define("narrow", { matrix: cells({ os: "a", environment: ["kvm", "lxd"] }) });
    const lxd = stage("lxd", { where: { environment: ["lxd"] }, run: async () => ({ a: 1 }) });
    const all = stage("all", { needs: { lxd }, run: async () => {} });
    const made = await nodes(pipeline([all]));
    expect(made.get("all@a/kvm")?.needs).toEqual({ lxd: { kind: "optional", node: null } });
    expect(made.get("all@a/lxd")?.needs).toEqual({ lxd: { kind: "one", node: "lxd@a/lxd" } });
  });

  it("narrows every to the cells that agree with the user", async () => {
    const { stage, pipeline } = define("scoped", { matrix: cells({ os: ["a", "b"], environment: ["kvm", "lxd"] }) });
    const results = stage("results", { run: async () => {} });
    const sum = stage("sum", { per: ["os"], needs: { results: every(results) }, run: async () => {} });
    const { needs } = (await nodes(pipeline([sum]))).get("sum@b") ?? {};
    expect(needs?.results).toEqual({ kind: "every", nodes: ["results@b/kvm", "results@b/lxd"] });
  });

  it("orders the values of an id by the axes, whatever the order in per or in a block", async () => {
    const { stage, pipeline } = define("order", {
      matrix: cells(
        { os: "a", environment: "kvm", disk: ["raw", "qcow2"] },
        { disk: "raw", environment: "lxd", os: "a" },
      ),
    });
    const pair = stage("pair", { per: ["disk", "os"], run: async () => {} });
    const full = stage("full", { run: async () => {} });
    expect([...(await nodes(pipeline([pair, full]))).keys()]).toEqual([
      "pair@a/raw",
      "pair@a/qcow2",
      "full@a/kvm/raw",
      "full@a/kvm/qcow2",
      "full@a/lxd/raw",
    ]);
  });

  it("knows cells with different axes", async () => {
    const { stage, pipeline } = define("sparse", {
      matrix: cells({ provider: "aws", region: ["eu", "us"] }, { provider: "scaleway", zone: "fr-par-1", plan: "a" }),
    });
    const vpc = stage("vpc", { where: { provider: "aws" }, per: ["provider", "region"], run: async () => {} });
    const hosts = stage("hosts", { needs: { vpc }, run: async () => {} });
    const made = await nodes(pipeline([hosts]));
    expect([...made.keys()]).toEqual([
      "vpc@aws/eu",
      "vpc@aws/us",
      "hosts@aws/eu",
      "hosts@aws/us",
      "hosts@scaleway/fr-par-1/a",
    ]);
    expect(made.get("hosts@aws/us")?.needs.vpc).toEqual({ kind: "one", node: "vpc@aws/us" });
    expect(made.get("hosts@scaleway/fr-par-1/a")?.needs.vpc).toEqual({ kind: "optional", node: null });
  });

  it("of some cells says what it leaves out, and ends before the approval", async () => {
    const made = await plan(nightly(), {}, { cells: ["debian-13/kvm-ssh"] });
    expect(made.cells.map((cell) => cell.id)).toEqual(["debian-13/kvm-ssh"]);
    expect(made.partial).toEqual({
      chosen: ["debian-13/kvm-ssh"],
      cells: [
        { id: "debian-12/kvm-ssh", values: { os: "debian-12", environment: "kvm-ssh" } },
        { id: "debian-12/microvm-ssh", values: { os: "debian-12", environment: "microvm-ssh" } },
      ],
      stages: ["release", "publish"],
    });
    expect(printPlan(made)).toMatch(
      /^Partial\n {2}chosen by +debian-13.kvm-ssh\n {2}not run +debian-12.kvm-ssh\n.*\n {2}left out +release, publish$/m,
    );
    expect(planDigest({ ...made, partial: { chosen: ["*"], cells: [], stages: [] } })).not.toBe(made.digest);
    expect(made.nodes.map((node) => node.id)).toEqual([
      "source",
      "builders@debian-13",
      "packages@debian-13",
      "undo:builders@debian-13",
      "servers@debian-13/kvm-ssh",
      "results@debian-13/kvm-ssh",
      "undo:servers@debian-13/kvm-ssh",
    ]);
  });

  it("of patterns that choose every cell is the whole plan", async () => {
    const whole = await plan(nightly(), {});
    expect(await plan(nightly(), {}, { cells: ["os=*-12", "debian-13/*"] })).toEqual(whole);
    expect(whole.partial).toBeUndefined();
  });

  it("of some cells holds nothing that only an approved run needs", async () => {
    const { stage, once, approval, pipeline } = define("late", { matrix: cells({ os: ["a", "b"] }) });
    const results = stage("results", { run: async () => {} });
    const release = approval("release", { needs: { results: every(results) } });
    const target = once("target", { run: async () => {}, undo: async () => {} });
    const publish = once("publish", { needs: { release, target }, run: async () => {} });
    const made = await plan(pipeline([publish]), {}, { cells: ["os=a"] });
    expect(made.nodes.map((node) => node.id)).toEqual(["results@a"]);
    expect(made.partial?.stages).toEqual(["release", "target", "publish"]);
  });

  it("asks once per node whether its servers can exist", async () => {
    const asked: string[] = [];
    await plan(nightly(), {}, { refuse: (requests, node) => void asked.push(`${node}: ${requests.length}`) });
    expect(asked).toEqual([
      "builders@debian-12: 1",
      "builders@debian-13: 1",
      "servers@debian-12/kvm-ssh: 2",
      "servers@debian-13/kvm-ssh: 2",
      "servers@debian-12/microvm-ssh: 2",
    ]);
  });

  it("has no cells where the definition has no matrix", async () => {
    const { stage, pipeline } = define("plain", { params: z.object({ n: z.coerce.number() }) });
    const made = await plan(pipeline([stage("alone", { run: async () => {} })]), { n: "3" });
    expect(made).toMatchObject({ axes: [], cells: [], params: { n: 3 } });
    expect(made.nodes.map((node) => node.id)).toEqual(["alone"]);
  });

  it("of a thousand cells is made at once", async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const { stage, once, pipeline } = define("wide", { matrix: cells({ node: many }) });
    const held = stage("held", { run: async () => {}, undo: async () => {} });
    const used = stage("used", { needs: { held }, run: async () => {} });
    const started = performance.now();
    const made = await plan(pipeline([once("end", { needs: { used: every(used) }, run: async () => {} })]));
    expect(made.nodes).toHaveLength(3001);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
