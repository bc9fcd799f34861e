import { expectTypeOf } from "vitest";
import { cells, define } from "../../pipelines/dsl/index.ts";

const grid = cells(
  { os: ["debian-12", "debian-13"], environment: "kvm-ssh" },
  { os: "debian-12", environment: ["lxd-ssh", "firecracker-ssh"] },
);

type Cell =
  | { readonly os: "debian-12" | "debian-13"; readonly environment: "kvm-ssh" }
  | { readonly os: "debian-12"; readonly environment: "lxd-ssh" | "firecracker-ssh" };

const { stage, once } = define("cells", { matrix: grid });

// Blocks become a union that a test of one axis narrows.
stage("all", {
  run: async ({ cell }) => {
    expectTypeOf(cell).toEqualTypeOf<Cell>();
    if (cell.environment === "lxd-ssh") expectTypeOf(cell.os).toEqualTypeOf<"debian-12">();
    // @ts-expect-error no cell has this value
    if (cell.os === "debian-14") return;
    // @ts-expect-error no cell has this axis
    cell.region;
  },
});

// `per` leaves only its axes, in every function of the stage.
stage("per-os", {
  per: ["os"],
  servers: ({ cell }) => {
    expectTypeOf(cell.os).toEqualTypeOf<"debian-12" | "debian-13">();
    return [];
  },
  run: async ({ cell }) => {
    expectTypeOf(cell.os).toEqualTypeOf<"debian-12" | "debian-13">();
    // @ts-expect-error the axis is not in per
    cell.environment;
  },
  undo: async ({ cell }) => {
    // @ts-expect-error the axis is not in per
    cell.environment;
  },
});

once("once", {
  run: async ({ cell }) => {
    // @ts-expect-error what runs once has no cell
    cell.os;
  },
});

// `where` narrows the cell, by one value or several, alone or with `per`.
stage("one-value", {
  where: { environment: "lxd-ssh" },
  run: async ({ cell }) =>
    expectTypeOf(cell).toEqualTypeOf<{ readonly os: "debian-12"; readonly environment: "lxd-ssh" }>(),
});
stage("several-values", {
  where: { environment: ["kvm-ssh", "lxd-ssh"] },
  run: async ({ cell }) => expectTypeOf(cell.environment).toEqualTypeOf<"kvm-ssh" | "lxd-ssh">(),
});
stage("where-and-per", {
  where: { environment: "firecracker-ssh" },
  per: ["os"],
  run: async ({ cell }) => expectTypeOf(cell).toEqualTypeOf<{ readonly os: "debian-12" }>(),
});

stage("unknown-axis", {
  // @ts-expect-error no cell has this axis
  where: { region: "eu-west-1" },
  run: async () => {},
});
stage("known-and-unknown-axis", {
  // @ts-expect-error one axis exists, the other does not
  where: { os: "debian-12", region: "eu-west-1" },
  run: async () => {},
});
stage("unknown-value", {
  // @ts-expect-error no cell has this value
  where: { os: "debian-14" },
  run: async () => {},
});
stage("unknown-value-of-several", {
  // @ts-expect-error no cell has this value
  where: { os: ["debian-12", "debian-14"] },
  run: async () => {},
});
stage("unknown-per", {
  // @ts-expect-error no cell has this axis
  per: ["region"],
  run: async () => {},
});

// A hole names axes and values that exist.
grid.hole({ os: "debian-13", environment: ["lxd-ssh", "firecracker-ssh"] }, "not supported");
// @ts-expect-error unknown value
grid.hole({ os: "debian-13", environment: "lxc-ssh" }, "not supported");
// @ts-expect-error an axis is missing
grid.hole({ os: "debian-13" }, "not supported");
// @ts-expect-error unknown axis
grid.hole({ os: "debian-13", environment: "lxd-ssh", region: "eu" }, "not supported");

// Blocks may have different axes: the common one tells them apart.
const sparse = define("sparse", {
  matrix: cells(
    { provider: "aws", region: ["eu-west-1", "us-east-1"] },
    { provider: "scaleway", zone: ["fr-par-1"], plan: "EM-A210R" },
  ),
});
sparse.stage("all", {
  run: async ({ cell }) => {
    // @ts-expect-error only some cells have a region
    cell.region;
    if (cell.provider === "aws") expectTypeOf(cell.region).toEqualTypeOf<"eu-west-1" | "us-east-1">();
    else expectTypeOf(cell.zone).toEqualTypeOf<"fr-par-1">();
  },
});
sparse.stage("per-region", {
  where: { provider: "aws" },
  per: ["region"],
  run: async ({ cell }) => expectTypeOf(cell).toEqualTypeOf<{ readonly region: "eu-west-1" | "us-east-1" }>(),
});
sparse.stage("per-region-everywhere", {
  // @ts-expect-error not every cell has a region
  per: ["region"],
  run: async () => {},
});

// Values that are computed stay usable: they are strings.
const computed: readonly string[] = ["debian-12"].map((name) => name);
define("computed", { matrix: cells({ os: computed, environment: "kvm-ssh" }) }).stage("all", {
  run: async ({ cell }) => {
    expectTypeOf(cell.os).toEqualTypeOf<string>();
    // @ts-expect-error no cell has this axis
    cell.region;
  },
});

// Without a matrix no stage has a cell.
define("plain").stage("alone", {
  run: async ({ cell }) => {
    // @ts-expect-error there are no axes
    cell.os;
  },
});
