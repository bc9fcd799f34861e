import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { homeFolder } from "../../../pipelines/cli/home.ts";
import { failureOf } from "../../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { buildServer } from "../../../pipelines/environments/build-server.ts";
import { serversOf } from "../../../pipelines/environments/environment.ts";
import { microvmSsh } from "../../../pipelines/environments/microvm-ssh.ts";
import { type BuiltPackages, buildPackages } from "../../../pipelines/stages/build.ts";
import { withMachines } from "../../../pipelines/stages/machine.ts";
import { type Allocation, allocateServers, providerOf } from "../../../pipelines/stages/provision.ts";
import { type FetchedSource, fetchSource } from "../../../pipelines/stages/source.ts";
import { releaseServers } from "../../../pipelines/stages/teardown.ts";
import { testCell } from "../../../pipelines/stages/test.ts";
import { readRspecJson } from "../../../reports/formats/rspec-json.ts";
import { readUnittest } from "../../../reports/formats/unittest.ts";
import { type Recorded, recordedContext } from "./stage-context.ts";

// Because images take minutes to make, the tests use those of this machine; nothing else of its home is touched.
const home = homeFolder();
const definitionFolder = join(import.meta.dirname, "../../../pipelines");

describe("a cell of a product that reports wrong memory, on real servers", () => {
  let root: string;
  let source: FetchedSource;
  let packages: BuiltPackages;
  let allocation: Allocation;
  const holders: Recorded[] = [];

  const context = (node: string, servers: readonly ServerRequest[] = [], attempt = 1): Recorded => {
    const recorded = recordedContext({ root, home, node, attempt, servers, definitionFolder });
    const ctx = { ...recorded.ctx, owner: { ...recorded.ctx.owner, run: root.split("/").at(-1) ?? "" } };
    return { ...recorded, ctx };
  };
  const allocate = async (node: string, servers: readonly ServerRequest[]): Promise<Allocation> => {
    const holder = context(node, servers);
    holders.push(holder);
    return allocateServers(holder.ctx);
  };

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), "edgecert-cell-"));
    source = await fetchSource(
      { name: "edgeprobe", url: "./quickstart/edgeprobe", ref: "HEAD" },
      context("source").ctx,
    );
    const { servers } = await allocate("builders@debian-12", buildServer("debian-12"));
    const env = { EDGEPROBE_MEMINFO_UNIT: "1000" };
    const command = 'packaging/build "$EDGECERT_OUT"';
    packages = await buildPackages({ source, servers, command, env }, context("packages@debian-12").ctx);
    allocation = await allocate("servers@debian-12/microvm-ssh", serversOf(microvmSsh, "debian-12"));
  });

  afterAll(async () => {
    for (const { ctx } of holders) await releaseServers(ctx);
    const run = holders[0]?.ctx.owner.run ?? "";
    expect(await providerOf({ home }).list({ run })).toEqual([]);
    rmSync(root, { recursive: true, force: true });
  });

  it("fails its suites with the tests that look at memory, and keeps evidence of every server", async () => {
    const { ctx, events, lines, notes } = context("results@debian-12/microvm-ssh");
    const cell = { environment: microvmSsh, packages, source, servers: allocation.servers };
    const failure = failureOf(await testCell(cell, ctx).catch((error: unknown) => error));
    expect(failure, [...notes, ...lines].join("\n")).toMatchObject({ reason: "suites-failed", class: "test" });

    const finished = events.flatMap(({ body }) => (body.type === "suite.finished" ? [body.data] : []));
    expect(finished.map(({ suite, exitCode }) => [suite, exitCode])).toEqual([
      ["library", 1],
      ["system", 1],
    ]);
    const [library = "", system = ""] = finished.map(({ results }) =>
      readFileSync(join(ctx.folder, results[0]?.path ?? "no results"), "utf8"),
    );
    const unit = readUnittest(library);
    const rspec = readRspecJson(system);
    expect([unit.damaged, rspec.damaged]).toEqual([null, null]);
    const failed = [...unit.tests, ...rspec.tests].filter(({ status }) => status !== "passed");
    expect(failed.map(({ name }) => name).sort()).toEqual([
      "state the memory that the node has",
      "test_a_kilobyte_of_the_kernel_has_1024_bytes",
      "test_a_real_report_of_this_machine",
      "test_nodes_in_numerical_order",
    ]);
    expect(rspec.tests.find(({ name }) => name === "are really run by KVM")?.status).toBe("passed");

    const evidence = events.flatMap(({ body, host }) =>
      body.type === "evidence" ? [`${host} ${body.data.kind}`] : [],
    );
    for (const expected of ["frontend console", "frontend journal", "node1 console", "node1 journal", "node1 log"]) {
      expect(evidence).toContain(expected);
    }
  });

  it("gives a later attempt the same evidence from the jobs that are already there", async () => {
    const { ctx, events, notes } = context("results@debian-12/microvm-ssh", [], 2);
    const cell = { environment: microvmSsh, packages, source, servers: allocation.servers };
    const failure = failureOf(await testCell(cell, ctx).catch((error: unknown) => error));
    expect(failure.reason).toBe("suites-failed");
    expect(notes).toContain("the servers were prepared by an earlier attempt");
    const results = events.flatMap(({ body }) => (body.type === "suite.finished" ? body.data.results : []));
    expect(results.every(({ path }) => path.includes("/2/") && existsSync(join(ctx.folder, path)))).toBe(true);
    expect(results).toHaveLength(2);
  });

  it("keeps the core dump of a service that crashed", async () => {
    const { ctx, events } = context("results@debian-12/microvm-ssh", [], 3);
    await withMachines(allocation.servers, async (machines) => {
      const node = machines.find(({ server }) => server.role === "node");
      const connection = await node?.connect();
      await connection?.must(
        "systemctl start edgeprobe-agent && systemctl kill --signal=SEGV edgeprobe-agent && " +
          'for i in $(seq 100); do [ -n "$(ls /var/lib/edgecert/cores)" ] && exit 0; sleep 0.1; done; exit 1',
      );
    });
    const cell = { environment: microvmSsh, packages, source, servers: allocation.servers };
    await testCell(cell, ctx).catch(() => undefined);
    const cores = events.flatMap(({ body }) =>
      body.type === "evidence" && body.data.kind === "core" ? [body.data] : [],
    );
    expect(cores.map(({ truncated }) => truncated)).toEqual([false]);
  });
});
