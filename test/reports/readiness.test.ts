import { expect, it } from "vitest";
import { readinessOf } from "../../reports/readiness.ts";
import { plan } from "../fixtures/reports/plan.ts";
import { inventedRun } from "../fixtures/reports/run.ts";
import { notRun, withRetry } from "../fixtures/reports/stories.ts";

const ms = (stories: Parameters<typeof inventedRun>[0]) =>
  readinessOf(plan, inventedRun(stories).stream()).map(({ node, provisionMs, configureMs }) => [
    node,
    provisionMs,
    configureMs,
  ]);

it("counts from the request to the last answer, and from the stage that sets up to its first suite", () => {
  // Ready at 36 s; the stage begins at 50 s, because it waits for packages, and its first suite at 64 s.
  expect(ms({})).toEqual([
    ["servers@debian-12/kvm-ssh", 29_900, 14_000],
    ["servers@debian-13/kvm-ssh", 29_900, 14_000],
    ["servers@debian-12/microvm-ssh", 29_900, 14_000],
  ]);
});

it("leaves out servers that nothing was tested on", () => {
  expect(ms(notRun).map(([node]) => node)).not.toContain("servers@debian-13/kvm-ssh");
});

it("takes the attempt that came to a suite", () => {
  expect(ms(withRetry)[2]).toEqual(["servers@debian-12/microvm-ssh", 29_900, 14_000]);
});
