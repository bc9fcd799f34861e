import { expect, test } from "vitest";
import { ec2InstanceType, originalEc2Types } from "../../../infra/catalog/ec2-instances.ts";

test("the twenty types of the original are metal, and only the u- types are not chosen by us", () => {
  expect(new Set(originalEc2Types).size).toBe(20);
  for (const name of originalEc2Types)
    expect(ec2InstanceType(name)).toEqual({
      name,
      hostClass: "metal",
      architecture: "amd64",
      choice: name.startsWith("u-") ? "explicit" : "automatic",
    });
});

test.each(["a1.metal", "c6gd.metal", "x2gd.metal", "g5g.metal", "i8ge.metal-24xl", "m9gd.metal-48xl"])(
  "%s is arm64",
  (name) => {
    expect(ec2InstanceType(name)).toMatchObject({ hostClass: "metal", architecture: "arm64" });
  },
);

test.each(["c8i.large", "m8i-flex.2xlarge", "r8id.96xlarge"])("%s runs guests by nested virtualisation", (name) => {
  expect(ec2InstanceType(name)).toMatchObject({ hostClass: "nested", architecture: "amd64" });
});

test.each(["c8i.metal-48xl", "m8azn.metal-12xl", "g4dn.metal"])("%s is x86 metal", (name) => {
  expect(ec2InstanceType(name)).toMatchObject({ hostClass: "metal", architecture: "amd64" });
});

test.each(["t3.micro", "c8a.large", "c8g.large", "mac1.metal", "c5", "c5.metal.x", ""])("%j is no KVM host", (name) => {
  expect(ec2InstanceType(name)).toBeNull();
});
