import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { readinessOf } from "../../reports/readiness.ts";
import { readinessView } from "../../reports/view/readiness.ts";
import { plan } from "../fixtures/reports/plan.ts";
import { certified, inventedRun } from "../fixtures/reports/run.ts";
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

it("tells the places that were asked in vain, with reason and time, where a ladder was climbed", async () => {
  const run = inventedRun();
  const of = { node: "servers@debian-12/kvm-ssh" };
  const request = run.events.find(({ type, node }) => type === "server.requested" && node === of.node);
  const asked = (Date.parse(request?.at ?? "") - Date.parse("2026-11-21T14:02:00.000Z")) / 1000;
  const step = { provider: "local", place: "", phase: "servers", detail: null, dollarsPerHour: 0 } as const;
  const full = { ...step, rung: "local", outcome: "failed", reason: "no-room-in-time", class: "capacity" } as const;
  run.emit(asked + 2, { type: "ladder.rung", data: { ...full, next: "move", tookMs: 1500 } }, of);
  const ready = { ...step, rung: "edge", outcome: "done", reason: null, class: null, next: "ready" } as const;
  run.emit(asked + 29.95, { type: "ladder.rung", data: { ...ready, tookMs: 28_000 } }, of);
  const [first, second] = readinessOf(plan, run.stream());
  expect(first?.rungs?.map(({ rung, reason, tookMs }) => [rung, reason, tookMs])).toEqual([
    ["local", "no-room-in-time", 1500],
    ["edge", null, 28_000],
  ]);
  expect(second).not.toHaveProperty("rungs");
  const { certificate, folder } = await certified(run);
  await rm(folder, { recursive: true });
  const shown = readinessView(certificate)?.shown.map(({ place }) => place);
  expect(shown?.filter((place) => place.includes(", after local: no-room-in-time, "))).toHaveLength(1);
});
