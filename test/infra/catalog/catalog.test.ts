import { describe, expect, it, test } from "vitest";
import { findMachines, machineNamed, machines } from "../../../infra/catalog/catalog.ts";
import { cityCoordinates, cityNames, distanceKm } from "../../../infra/catalog/cities.ts";
import { dollarsPerHour } from "../../../infra/catalog/currency.ts";
import { locationNamed, locations } from "../../../infra/catalog/locations.ts";
import { nearestNames } from "../../../infra/catalog/names.ts";

const madrid = { latitude: 40.4, longitude: -3.7 };

describe("the catalogue of the original", () => {
  it("has all 20 types and 23 regions of EC2, 15 plans and 21 places of Packet", () => {
    const originals = (provider: string) => machines.filter((one) => one.provider === provider && one.original).length;
    const places = (provider: string) => locations.filter((one) => one.provider === provider && one.original).length;
    expect([originals("aws"), originals("equinix-metal")]).toEqual([20, 15]);
    expect([places("aws"), places("equinix-metal")]).toEqual([23, 21]);
  });

  it("never offers what is withdrawn, unless it is asked to", () => {
    expect(findMachines({ provider: "equinix-metal" })).toEqual([]);
    expect(findMachines({ provider: "equinix-metal", withdrawn: true })).toHaveLength(15);
    const i3 = ({ machine }: { machine: { name: string } }) => machine.name === "i3.metal";
    expect([findMachines({}).some(i3), findMachines({ withdrawn: true }).some(i3)]).toEqual([false, true]);
  });
});

test("every region that a machine is listed in is a known location", () => {
  const known = new Set(locations.map(({ provider, id }) => `${provider} ${id}`));
  const named = machines.flatMap(({ provider, locations }) => locations.map((id) => `${provider} ${id}`));
  expect([...new Set(named)].filter((place) => !known.has(place))).toEqual([]);
  expect(new Set(locations.map(({ provider, id }) => `${provider} ${id}`)).size).toBe(locations.length);
});

test.each([
  [{ minMemoryGiB: 64 }, (one: Machine) => one.memoryGiB >= 64],
  [{ minCores: 96, hostClass: "metal" }, (one: Machine) => one.cores >= 96 && one.hostClass === "metal"],
  [{ architecture: "arm64" }, (one: Machine) => one.architecture === "arm64"],
  [{ features: ["gpu"] }, (one: Machine) => one.gpus.length > 0],
  [{ minDiskGigabytes: 10_000 }, (one: Machine) => one.disks.reduce((sum, d) => sum + d.count * d.gigabytes, 0) >= 1e4],
  [{ maxDollarsPerHour: 1 }, (one: Machine) => one.price !== null && dollarsPerHour(one.price) <= 1],
  [{ minNetworkGbps: 100 }, (one: Machine) => (one.networkGbps ?? 0) >= 100],
  [{ location: "eu-central-1" }, (one: Machine) => one.locations.includes("eu-central-1")],
] as const)("%j finds all that satisfy it and nothing else", (query, holds) => {
  const found = findMachines(query).map(({ machine }) => machine);
  expect(found.length).toBeGreaterThan(0);
  expect(found.every(holds)).toBe(true);
  expect(machines.filter((one) => ["offered", "explicit"].includes(one.state) && holds(one))).toHaveLength(
    found.length,
  );
});

type Machine = (typeof machines)[number];

test("the nearest location comes first, then the cheapest machine", () => {
  const found = findMachines({ provider: "aws", near: madrid, minMemoryGiB: 64 });
  expect(found[0]).toMatchObject({ location: { id: "eu-south-2", city: "Zaragoza" } });
  const distances = found.map((one) => one.distanceKm ?? Number.POSITIVE_INFINITY);
  expect(distances).toEqual(distances.toSorted((left, right) => left - right));
  const prices = found.filter((one) => one.distanceKm === distances[0]).map((one) => one.machine.price?.perHour ?? 999);
  expect(prices).toEqual(prices.toSorted((left, right) => left - right));
});

test("distances are those of the globe", () => {
  const from = (name: string) => cityCoordinates(name) ?? madrid;
  expect(distanceKm(from("Paris"), from("Tokyo"))).toBeGreaterThan(9_600);
  expect(distanceKm(from("Paris"), from("Tokyo"))).toBeLessThan(9_800);
  expect(distanceKm(from("Sydney"), from("Sydney"))).toBe(0);
});

test.each([
  ["aws", "eu-west-3", "eu-west-3"],
  ["aws", "frankfurt", "eu-central-1"],
  ["equinix-metal", "Amsterdam", "am"],
  ["equinix-metal", "ams1", "am"],
  ["equinix-metal", "New York City", "ny"],
  ["scaleway", "Warsaw", "pl-waw-2"],
] as const)("%s calls %j %s", (provider, word, id) => {
  expect(locationNamed(provider, word)?.id).toBe(id);
});

test("what is not known is answered with the nearest names, and nothing where none is near", () => {
  expect(machineNamed("c5.metl")).toBeUndefined();
  expect(
    nearestNames(
      "c5.metl",
      machines.map(({ name }) => name),
    )[0],
  ).toBe("c5.metal");
  expect(nearestNames("Madird", cityNames)).toEqual(["Madrid"]);
  expect(nearestNames("xyzzyxyzzy", cityNames)).toEqual([]);
});
