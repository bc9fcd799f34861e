import { expect, test } from "vitest";
import { catalogRows } from "../../../pipelines/cli/catalog.ts";
import { catalogCommand } from "../../../pipelines/cli/commands/catalog.ts";
import { UsageError } from "../../../pipelines/cli/exit.ts";

/** The lines of the table, without heading and notes. */
function rowsOf(lines: readonly string[]): readonly string[] {
  return lines.slice(1, lines.indexOf(""));
}

test("a query is a table with one line a machine, prices with their date, and the nearest place", () => {
  const { lines, json } = catalogRows(undefined, {
    provider: "aws",
    near: "Madrid",
    minMemory: 64 * 2 ** 30,
    maxPrice: 3,
    width: 200,
  });
  expect(lines[0]).toMatch(/^NAME .*PER HOUR +NEAREST$/);
  expect(lines[1]).toMatch(/eu-south-2 270 km$/);
  expect(json).toHaveLength(rowsOf(lines).length);
  expect(lines.slice(lines.indexOf("") + 1)).toEqual([
    `${json.length} machines: aws.`,
    "Prices per hour, without volumes and traffic:",
    expect.stringContaining("2026-01-19, in us-east-1."),
  ]);
});

test("what all machines have in common is said once, and a table of one provider fits 80 columns", () => {
  const { lines } = catalogRows(undefined, { provider: "scaleway", near: "Madrid", minMemory: 64 * 2 ** 30 });
  for (const row of [lines[0], ...rowsOf(lines)]) expect(row?.length).toBeLessThanOrEqual(80);
  expect(lines).toContain("17 machines: scaleway, metal.");
});

test.each([[{}], [{ all: true }], [{ near: "Madrid", all: true }], [{ near: "Madrid", feature: ["gpu"] }]])(
  "machines of all providers fit 100 columns with %j, and nothing of them is left out",
  (words) => {
    const wide = catalogRows(undefined, { ...words, width: 1000 });
    const { lines } = catalogRows(undefined, { ...words, width: 100 });
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
    const facts = (some: readonly string[]) =>
      some
        .join(" ")
        .split(/[\s,]+/)
        .filter((word) => word !== "-");
    const kept = new Set(facts(lines));
    expect(facts(wide.lines).filter((word) => word !== "offered" && !kept.has(word))).toEqual([]);
    expect(lines.join("\n")).toMatch("all" in words ? /EM-L101X-SATA .*\n? .*2x6TB hdd, unsuitable/ : /2x L4\b|L40S/);
  },
);

test("a machine in full fits 80 columns", () => {
  for (const line of catalogRows("m8i.8xlarge", { width: 80 }).lines) expect(line.length).toBeLessThanOrEqual(80);
});

test("prices in euro are compared with those in dollars, and the rate is said with its day", () => {
  const { lines, json } = catalogRows(undefined, { maxPrice: 0.47, feature: ["nvme"], class: "metal", width: 200 });
  expect(json).toMatchObject([
    { machine: { name: "EM-A610R-NVME", features: ["nvme"], dollarsPerHour: expect.closeTo(0.1647, 4) } },
    { machine: { name: "EM-B220E-NVME", price: { currency: "EUR", perHour: 0.333 } } },
  ]);
  expect(lines.join("\n")).toMatch(/1\.1761 USD for a euro: European Central Bank.*2026-05-08/);
  expect(lines.join("\n")).toMatch(/private network costs 0\.03 to 0\.09 EUR more/);
});

test("features add up", () => {
  const { json } = catalogRows(undefined, { feature: ["fast-network"], gpu: true, provider: "scaleway" });
  expect(json).toMatchObject([{ machine: { name: "EM-T220E-L40S" } }, { machine: { name: "EM-T620E-H100" } }]);
});

test.each([
  ["i3.metal", ["state      withdrawn", "original   offered by the system of 2020"]],
  [
    "EM-B220E-NVME",
    ["price      0.33 EUR per hour, and 0.06 EUR on a private network", "stock      available on that day"],
  ],
  ["EM-B112X-SSD", [expect.stringMatching(/^state +unsuitable: takes no cloud-init/)]],
])("%s is told in full", (name, lines) => {
  expect(catalogRows(name, {}).lines).toEqual(expect.arrayContaining(lines));
});

test.each([
  ["locations", {}, "scaleway  nl-ams-1        Amsterdam      open"],
  ["locations", { all: true, provider: "equinix-metal" } as const, "equinix-metal  am   Amsterdam       closed  2020"],
  ["images", {}, "scaleway  debian-12     root      offered"],
  ["images", { all: true } as const, "aws            centos-7      centos    withdrawn  2020"],
  ["defaults", { provider: "aws" } as const, "aws       original  i3.metal    us-east-1  ubuntu-18.04"],
  ["features", {}, "gpu           a GPU"],
  ["locations", { provider: "equinix-metal" } as const, "None that can be had; --all shows what is gone."],
] as const)("--list %s with %j has %s", (list, words, line) => {
  expect(catalogRows(undefined, { list, ...words }).lines).toContain(line);
});

test.each([
  ["c5.metl", {}, "c5.metal"],
  ["EM-B220E-NVMe", {}, "EM-B220E-NVME"],
  [undefined, { near: "Madird" }, "Madrid"],
  [undefined, { near: "91,0" }, "latitude"],
  [undefined, { location: "Frankfrt" }, "Frankfurt"],
  [undefined, { location: "nowhere-at-all", provider: "scaleway" }, "fr-par-1"],
  [undefined, { feature: ["gpus"] }, "Did you mean gpu?"],
  [undefined, { feature: ["quantum"] }, "one of gpu, nvme"],
] as const)("%j with %j is refused, and %s is proposed", (name, words, proposed) => {
  const act = () => catalogRows(name, words);
  expect(act).toThrow(UsageError);
  expect(failure(act).next).toContain(proposed);
});

test("what nothing satisfies is said", () => {
  expect(catalogRows(undefined, { minCores: 100_000 })).toEqual({
    lines: ["No machine of the catalogue has all that: leave out or lower one of the options."],
    json: [],
  });
});

test("the command reads both names of the processor, and features one after another", async () => {
  const words = ["--arch", "arm64", "--feature", "gpu", "--feature", "fast-network", "--architecture", "amd64"];
  const command = catalogCommand().exitOverride();
  command.parseOptions(words);
  expect(command.opts()).toEqual({ architecture: "amd64", feature: ["gpu", "fast-network"] });
});

function failure(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error.failure;
  }
  throw new Error("nothing was refused");
}
