import { expectTypeOf } from "vitest";
import { type Approval, cells, define, every, type Settled } from "../../pipelines/dsl/index.ts";

const { stage, once, approval, pipeline } = define("needs", {
  matrix: cells(
    { os: ["debian-12", "debian-13"], environment: "kvm-ssh" },
    { os: "debian-12", environment: ["lxd-ssh", "firecracker-ssh"] },
  ),
});

type Packages = { sha256: string };
const source = once("source", { run: async () => ({ commit: "0123abc" }) });
const packages = stage("packages", { per: ["os"], run: async (): Promise<Packages> => ({ sha256: "00" }) });
const servers = stage("servers", { run: async () => ({ address: "10.0.0.1", ports: [22] }) });
const lxd = stage("lxd", { where: { environment: "lxd-ssh" }, run: async () => ({ socket: "/run/lxd" }) });
const quiet = stage("quiet", { run: async () => {} });

// Outputs arrive under the name and with the type of the need: same cell, fewer axes, no axes.
stage("results", {
  needs: { servers, packages, code: source, quiet },
  run: async (input) => {
    expectTypeOf(input.servers).toEqualTypeOf<{ address: string; ports: number[] }>();
    expectTypeOf(input.packages).toEqualTypeOf<Packages>();
    expectTypeOf(input.code.commit).toEqualTypeOf<string>();
    // @ts-expect-error the stage source is called code here
    input.source;
    // @ts-expect-error undeclared need
    input.lxd;
    // @ts-expect-error missing field
    input.servers.hostname;
    // @ts-expect-error a stage without output gives nothing
    input.quiet.anything;
  },
});

// A need that covers fewer cells may be absent; where the user is as narrow, it is there.
stage("may-be-absent", {
  needs: { lxd },
  run: async ({ lxd: found }) => {
    expectTypeOf(found).toEqualTypeOf<{ socket: string } | undefined>();
    // @ts-expect-error it may be undefined
    found.socket;
  },
});
stage("as-narrow", {
  where: { environment: "lxd-ssh" },
  needs: { lxd, servers },
  run: async (input) => {
    expectTypeOf(input.lxd).toEqualTypeOf<{ socket: string }>();
    expectTypeOf(input.servers.address).toEqualTypeOf<string>();
  },
});
const perNarrowOs = stage("per-narrow-os", {
  where: { environment: "lxd-ssh" },
  per: ["os"],
  run: async () => ({ ok: true }),
});
stage("wider-os", {
  per: ["os"],
  needs: { perNarrowOs },
  run: async (input) => expectTypeOf(input.perNarrowOs).toEqualTypeOf<{ ok: boolean } | undefined>(),
});

// A finer need is refused unless it says every.
once("finer-than-once", {
  // @ts-expect-error packages runs once per os
  needs: { packages },
  run: async () => {},
});
stage("finer-than-per", {
  per: ["os"],
  // @ts-expect-error servers runs once per os and environment
  needs: { servers },
  run: async () => {},
});
approval("finer-than-approval", {
  // @ts-expect-error an approval has no axes
  needs: { servers },
});
once("every-is-right", {
  needs: { all: every(packages) },
  run: async ({ all }) => {
    expectTypeOf(all).toExtend<readonly Settled<{ readonly os: "debian-12" | "debian-13" }, Packages>[]>();
    expectTypeOf(all.map((entry) => entry.outcome)).toEqualTypeOf<
      ("passed" | "failed" | "skipped" | "cancelled" | "leaked")[]
    >();
    for (const { cell, output } of all) {
      expectTypeOf(cell.os).toEqualTypeOf<"debian-12" | "debian-13">();
      // @ts-expect-error a node that did not pass has no output
      output.sha256;
    }
  },
});

// Names of the input are reserved.
stage("reserved", {
  // @ts-expect-error params is a name of the input
  needs: { params: source },
  run: async () => {},
});

// A need is a stage, never its name.
stage("by-name", {
  // @ts-expect-error a string is no stage
  needs: { source: "source" },
  run: async () => {},
});

// An undo gets the inputs, not the output.
stage("holder", {
  per: ["os"],
  needs: { source },
  run: async () => ({ id: "vm-1" }),
  undo: async (input, ctx) => {
    expectTypeOf(input.cell.os).toEqualTypeOf<"debian-12" | "debian-13">();
    expectTypeOf(input.source.commit).toEqualTypeOf<string>();
    expectTypeOf(ctx.owner.token).toEqualTypeOf<number>();
    // @ts-expect-error the output may never have been there
    input.id;
    // @ts-expect-error nor does it arrive under the name of the stage
    input.holder;
  },
});

const release = approval("release", { needs: { packages: every(packages), source }, expires: "7d" });
once("publish", {
  needs: { release },
  run: async (input) => {
    expectTypeOf(input.release).toEqualTypeOf<Approval>();
    expectTypeOf(input.release.approvedBy).toEqualTypeOf<string>();
    // @ts-expect-error missing field
    input.release.reason;
  },
});

pipeline([release, servers]);
// @ts-expect-error no goal
pipeline([]);
// @ts-expect-error a goal is a stage, never its name
pipeline(["release"]);

// A need with axes of its own does not compile in a sparse matrix either, and one of other cells is just absent.
const sparse = define("sparse", {
  matrix: cells({ provider: "aws", region: ["eu", "us"] }, { provider: "scaleway", zone: "fr-par-1", plan: "a" }),
});
const regional = sparse.stage("regional", { where: { provider: "aws" }, run: async () => ({ vpc: "v" }) });
sparse.stage("all", {
  needs: { regional },
  run: async ({ cell, regional: found }) => {
    expectTypeOf(found).toEqualTypeOf<{ vpc: string } | undefined>();
    expectTypeOf(cell.provider).toEqualTypeOf<"aws" | "scaleway">();
  },
});
sparse.stage("per-provider", {
  per: ["provider"],
  // @ts-expect-error regional has a region too
  needs: { regional },
  run: async () => {},
});
