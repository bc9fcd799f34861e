/** The plans that the original system offered in July 2020, each with the slug that the API knows it by. */
const plans: ReadonlyMap<string, string> = new Map([
  ["t1.small.x86", "baremetal_0"],
  ["c1.small.x86", "baremetal_1"],
  ["x1.small.x86", "baremetal_1e"],
  ["m1.xlarge.x86", "baremetal_2"],
  ["c1.xlarge.x86", "baremetal_3"],
  ["s1.large.x86", "baremetal_s"],
  ["c3.small.x86", "c3.small.x86"],
  ["c3.medium.x86", "c3.medium.x86"],
  ["m3.large.x86", "m3.large.x86"],
  ["s3.xlarge.x86", "s3.xlarge.x86"],
  ["c2.medium.x86", "c2.medium.x86"],
  ["m2.xlarge.x86", "m2.xlarge.x86"],
  ["n2.xlarge.x86", "n2.xlarge.x86"],
  ["x2.xlarge.x86", "x2.xlarge.x86"],
  ["g2.large.x86", "g2.large.x86"],
]);

/** Names of the plans that can be ordered. */
export const equinixPlans: readonly string[] = [...plans.keys()];

/** The API's slug of a plan; null for a plan that never was. */
export function equinixPlanSlug(plan: string): string | null {
  return plans.get(plan) ?? null;
}

/** The API's slug of an operating system: `debian-12` is `debian_12`, `almalinux-9` is `alma_9`. */
export function equinixSystemSlug(os: string): string {
  return os.replace(/^almalinux-/, "alma-").replaceAll(/[-.]/g, "_");
}
