import { expect, test } from "vitest";
import { awsMachines, originalEc2Types } from "../../../infra/catalog/aws-machines.ts";
import { ec2InstanceType } from "../../../infra/catalog/ec2-instances.ts";

test("the twenty types of the original are metal; what is withdrawn or sold for years is not chosen by us", () => {
  expect(new Set(originalEc2Types).size).toBe(20);
  for (const name of originalEc2Types)
    expect(ec2InstanceType(name)).toEqual({
      name,
      hostClass: "metal",
      architecture: "amd64",
      choice: name.startsWith("u-") || name === "i3.metal" ? "explicit" : "automatic",
    });
});

test.each(["a1.metal", "c6gd.metal", "x2gd.metal", "g5g.metal", "i8ge.metal-24xl", "m9gd.metal-48xl"])(
  "%s is arm64",
  (name) => {
    expect(ec2InstanceType(name)).toMatchObject({ hostClass: "metal", architecture: "arm64" });
  },
);

test.each(["c8i.large", "m8i-flex.2xlarge", "r8id.96xlarge", "m7i.48xlarge", "x8i.128xlarge"])(
  "%s runs guests by nested virtualisation",
  (name) => {
    expect(ec2InstanceType(name)).toMatchObject({ hostClass: "nested", architecture: "amd64" });
  },
);

test.each(["c8i.metal-48xl", "m8azn.metal-12xl", "g4dn.metal", "z9q.metal-96xl"])("%s is x86 metal", (name) => {
  expect(ec2InstanceType(name)).toMatchObject({ hostClass: "metal", architecture: "amd64" });
});

test.each(["t3.micro", "c8a.large", "c8g.large", "mac1.metal", "c5", "c5.metal.x", ""])("%j is no KVM host", (name) => {
  expect(ec2InstanceType(name)).toBeNull();
});

test("every machine of the catalogue has a size, a place and a plausible price", () => {
  expect(awsMachines.length).toBeGreaterThan(300);
  for (const { name, cores, memoryGiB, price, locations, state } of awsMachines) {
    expect(cores, name).toBeGreaterThanOrEqual(1);
    expect(memoryGiB, name).toBeGreaterThanOrEqual(2);
    // Between 2 and 30 cents a core: a slip of the decimal point would leave that.
    if (price !== null) expect(price.perHour / cores, name).toSatisfy((each: number) => each > 0.02 && each < 0.3);
    expect(locations.length > 0, name).toBe(state === "offered");
  }
});
