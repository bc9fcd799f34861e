import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../pipelines/dsl/plan-document.ts";
import { isApprovable } from "../../pipelines/engine/scheduler/run-state.ts";
import type { Certificate } from "../../reports/certificate-document.ts";
import { exitCode } from "../../reports/exit-code.ts";
import { renderCertificate } from "../../reports/render.ts";
import { sealCertificate } from "../../reports/seal.ts";
import { plan } from "../fixtures/reports/plan.ts";
import { certified, InventedRun, inventedRun } from "../fixtures/reports/run.ts";

const [first, ...others] = plan.cells;
const gone = others.map((cell) => cell.id);
const without = (id: string) => gone.some((cell) => id.endsWith(`@${cell}`));

/** The invented run limited to its first cell. */
const partial: Plan = {
  ...plan,
  cells: first === undefined ? [] : [first],
  partial: { chosen: ["os=debian-12,environment=kvm-*"], cells: others, stages: ["release"] },
  nodes: plan.nodes.filter((node) => !without(node.id)),
};

let certificate: Certificate;
let folder: string;

beforeAll(async () => {
  const whole = inventedRun();
  const run = new InventedRun();
  for (const event of whole.events) if (!without(event.node ?? "")) run.events.push(event);
  for (const [path, text] of whole.files) run.files.set(path, text);
  const [started] = run.events;
  if (started?.type !== "run.started") throw new Error("a run begins with its start");
  run.events[0] = { ...started, data: { ...started.data, nodes: partial.nodes.length, follows: "2026-11-20.1" } };
  ({ certificate, folder } = await certified(run, { plan: partial }));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the certificate of a partial run whose selected cell passed", () => {
  it("shows every cell of the matrix, the others as not run and why", () => {
    expect(certificate.cells.map(({ id, verdict, blame }) => [id, verdict, blame])).toEqual([
      [first?.id, "passed", "nobody"],
      ...gone.map((id) => [id, "not-run", "selection"]),
    ]);
    expect(certificate.cells[1]?.reason).toContain("limited to os=debian-12,environment=kvm-*");
    expect(certificate.headline).toEqual({
      lead: "Passed in part",
      rest: "the one cell passed; 2 of 3 cells were not selected",
    });
  });

  it("has no verdict that could be approved, and the exit code of what was asked for", () => {
    expect(certificate.verdict).toBe("not-run");
    expect(isApprovable(certificate.verdict)).toBe(false);
    expect(exitCode({ certificate, outcome: "passed" })).toBe(0);
  });

  it("says what chose the cells, what was left out and which run it follows", () => {
    expect(certificate).toMatchObject({ partial: partial.partial && { stages: ["release"] }, follows: "2026-11-20.1" });
    const page = renderCertificate(sealCertificate(certificate))
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ");
    for (const words of [
      "This is a partial run.",
      "only a run of the whole matrix can be approved",
      "1 of 3 cells",
      "not selected",
      "without 2 cells of the matrix and release",
      "for the open cells of 2026-11-20.1",
    ]) {
      expect(page).toContain(words);
    }
  });
});
