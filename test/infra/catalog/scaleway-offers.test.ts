import { expect, test } from "vitest";
import { findMachines, machineNamed, machines } from "../../../infra/catalog/catalog.ts";
import { dollarsPerHour, euroRate } from "../../../infra/catalog/currency.ts";
import { scalewayMachines, scalewayOffers } from "../../../infra/catalog/scaleway-offers.ts";

/** Some of Scaleway's list of 2026-09-25 for fr-par-1, as it was printed. */
test.each([
  ["EM-A116X-SSD", 0.077, 0.03, 4, 32],
  ["EM-B220E-NVME", 0.333, 0.06, 16, 64],
  ["EM-I120E-NVME", 0.356, 0.09, 16, 64],
  ["EM-B111X-SATA", 0.263, 0.03, 24, 192],
  ["EM-I525E-NVME", 1.781, 0.09, 96, 384],
  ["EM-L620E-NVME", 2.055, 0.06, 128, 576],
])("%s costs %d euro, and %d on a private network", (name, perHour, privateNetworkPerHour, cores, memoryGiB) => {
  expect(machineNamed(name, "scaleway")).toMatchObject({
    cores,
    memoryGiB,
    price: { currency: "EUR", perHour, privateNetworkPerHour, asOf: "2026-09-25", location: "fr-par-1" },
  });
});

test("every price of every provider has its day, its place and where it was read", () => {
  const priced = machines.filter(({ price }) => price !== null);
  expect(priced.length).toBeGreaterThan(250);
  for (const { name, price, locations, state } of priced) {
    expect(price, name).toMatchObject({
      asOf: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      source: expect.stringMatching(/\w{3}/),
    });
    expect(price?.perHour, name).toBeGreaterThan(0);
    if (state === "offered" && price?.currency === "EUR") expect(locations, name).toContain(price.location);
  }
});

test("every offer has a plausible size and price, a place, and a processor", () => {
  expect(scalewayMachines).toHaveLength(32);
  expect(new Set(scalewayMachines.map(({ name }) => name)).size).toBe(32);
  for (const { name, cores, memoryGiB, disks, price, cpu, locations, gpus } of scalewayMachines) {
    // Between 0.8 and 2.5 cents a thread without GPU: a slip of the decimal point would leave that.
    const each = (price?.perHour ?? 0) / cores;
    if (gpus.length === 0) expect(each, name).toSatisfy((cents: number) => cents > 0.008 && cents < 0.05);
    expect(memoryGiB, name).toBeGreaterThanOrEqual(16);
    expect(disks[0]?.gigabytes, name).toBeGreaterThanOrEqual(960);
    expect(disks[0]?.kind, name).toBe(
      name.endsWith("NVME") || gpus.length > 0 ? "nvme" : name.endsWith("SSD") ? "ssd" : "hdd",
    );
    expect(cpu, name).toMatch(/^(2x )?(AMD|Intel) /);
    expect(locations.length, name).toBeGreaterThan(0);
  }
});

test("an offer without cloud-init is known, and never chosen", () => {
  expect(machineNamed("EM-B112X-SSD")).toMatchObject({ state: "unsuitable" });
  expect(scalewayOffers).not.toContain("EM-B112X-SSD");
  expect(scalewayOffers).toHaveLength(20);
  const found = findMachines({ provider: "scaleway" });
  expect(found.map(({ machine }) => machine.name).toSorted()).toEqual(scalewayOffers.toSorted());
  expect(findMachines({ provider: "scaleway", withdrawn: true })).toHaveLength(32);
});

test("euro and dollars are compared by a rate that has its day", () => {
  expect(euroRate.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  const euro = machineNamed("EM-B220E-NVME")?.price;
  const dollars = machineNamed("a1.metal")?.price;
  if (!euro || !dollars) throw new Error("no price");
  expect(dollarsPerHour(dollars)).toBe(0.408);
  expect(dollarsPerHour(euro)).toBeCloseTo((0.333 + 0.06) * 1.1761, 10);
  const names = findMachines({ maxDollarsPerHour: 0.47 }).map(({ machine }) => machine.name);
  expect(names.indexOf("a1.metal")).toBeGreaterThan(0);
  expect(names.indexOf("EM-B220E-NVME")).toBeGreaterThan(names.indexOf("a1.metal"));
  expect(names).not.toContain("EM-B420E-NVME");
});
