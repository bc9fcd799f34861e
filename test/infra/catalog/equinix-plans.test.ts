import { Plan } from "@pulumi/equinix-metal/types/enums/index.js";
import { expect, test } from "vitest";
import { equinixPlanSlug, equinixPlans, equinixSystemSlug } from "../../../infra/catalog/equinix-plans.ts";

test("the fifteen plans have slugs that the package knows", () => {
  expect(equinixPlans).toHaveLength(15);
  const slugs = new Set<string>(Object.values(Plan));
  for (const plan of equinixPlans) expect(slugs, plan).toContain(equinixPlanSlug(plan));
});

test.each([
  ["debian-12", "debian_12"],
  ["ubuntu-24.04", "ubuntu_24_04"],
  ["almalinux-9", "alma_9"],
])("%s is %s", (os, slug) => {
  expect(equinixSystemSlug(os)).toBe(slug);
});

test("a plan that never was has no slug", () => {
  expect(equinixPlanSlug("z9.huge.x86")).toBeNull();
});
