import { describe, expect, it, test } from "vitest";
import { findMachines, machineNamed } from "../../../infra/catalog/catalog.ts";
import { equinixPlanSlug } from "../../../infra/catalog/equinix-plans.ts";
import { hostDefaults, hostSystems } from "../../../infra/catalog/host-systems.ts";
import { locationNamed } from "../../../infra/catalog/locations.ts";

/** Table 1.1 of the original system, July 2020, word for word. */
const table = {
  aws: {
    systems: "centos-7 ubuntu-16.04 ubuntu-18.04",
    machines: `m5dn.metal u-12tb1.metal i3.metal m5n.metal u-6tb1.metal u-9tb1.metal u-18tb1.metal r5dn.metal r5n.metal
      u-24tb1.metal c5.metal i3en.metal r5.metal r5d.metal m5.metal c5d.metal g4dn.metal m5d.metal z1d.metal c5n.metal`,
    places: `af-south-1 ap-east-1 ap-south-1 ap-northeast-3 ap-northeast-2 ap-southeast-1 ap-southeast-2 ap-northeast-1
      ca-central-1 eu-central-1 eu-west-1 eu-west-2 eu-west-3 eu-north-1 eu-south-1 me-south-1 sa-east-1 us-east-1
      us-east-2 us-west-1 us-west-2 us-gov-west-1 us-gov-east-1`.split(/\s+/),
  },
  "equinix-metal": {
    systems: "centos-7 ubuntu-16.04 ubuntu-18.04",
    machines: `t1.small.x86 c1.small.x86 c1.xlarge.x86 m1.xlarge.x86 x1.small.x86 s1.large.x86 c3.small.x86 c3.medium.x86
      m3.large.x86 s3.xlarge.x86 c2.medium.x86 m2.xlarge.x86 n2.xlarge.x86 x2.xlarge.x86 g2.large.x86`,
    places: [
      ...["Amsterdam", "Ashburn", "Dallas", "New York City", "Silicon Valley", "Singapore", "Tokyo", "Atlanta"],
      ...["Chicago", "Detroit", "Houston", "Kansas City", "Los Angeles", "Phoenix", "Pittsburgh", "Seattle"],
      ...["Toronto", "Frankfurt", "Hong Kong", "Marseille", "Sydney"],
    ],
  },
} as const;

describe.each(["aws", "equinix-metal"] as const)("the original's %s", (provider) => {
  const { systems, machines, places } = table[provider];

  it("has every machine", () => {
    for (const name of machines.split(/\s+/))
      expect(machineNamed(name, provider), name).toMatchObject({ original: true, hostClass: "metal" });
  });

  it("has every place", () => {
    for (const place of places) expect(locationNamed(provider, place), place).toMatchObject({ original: true });
    expect(new Set(places.map((place) => locationNamed(provider, place)?.id)).size).toBe(places.length);
  });

  it("has every operating system of hosts, marked as gone", () => {
    const own = hostSystems.filter((one) => one.provider === provider && one.original);
    expect(own.map(({ os }) => os)).toEqual(systems.split(" "));
    for (const { os, state, user } of own)
      expect({ state, user: user !== "" }, os).toEqual({ state: "withdrawn", user: true });
  });
});

test("every plan of the original has a slug", () => {
  for (const plan of table["equinix-metal"].machines.split(/\s+/)) expect(equinixPlanSlug(plan), plan).not.toBeNull();
});

test("the default of the original is found, and gone where it is", () => {
  const original = hostDefaults.filter((one) => one.of === "original");
  expect(original).toContainEqual({
    provider: "aws",
    of: "original",
    machine: "i3.metal",
    location: "us-east-1",
    os: "ubuntu-18.04",
  });
  expect(machineNamed("i3.metal")).toMatchObject({ state: "withdrawn" });
  expect(original.find(({ provider }) => provider === "equinix-metal")?.location).toBe("am");
});

test("what is proposed today can be had there, with that system", () => {
  const today = hostDefaults.filter((one) => one.of === "today");
  expect(today.map(({ provider }) => provider)).toEqual(["aws", "scaleway"]);
  for (const { provider, machine, location, os } of today) {
    const found = findMachines({ provider, location }).map((one) => one.machine.name);
    expect(found, provider).toContain(machine);
    expect(hostSystems, provider).toContainEqual(expect.objectContaining({ provider, os, state: "offered" }));
  }
});

test("no operating system is listed twice at a provider, and each has a user", () => {
  const names = hostSystems.map(({ provider, os }) => `${provider} ${os}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { os, user } of hostSystems) expect(user, os).toMatch(/^[a-z][a-z0-9-]+$/);
});
