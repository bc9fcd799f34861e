import { describe, expect, it } from "vitest";
import type { Certificate, CertifiedLeftover } from "../../reports/certificate-document.ts";
import { exitCode, type RunEnd } from "../../reports/exit-code.ts";
import type { Blame, Verdict } from "../../reports/verdict.ts";
import { emptyCertificate } from "../fixtures/reports/empty.ts";

function certificate(
  cells: readonly (readonly [Verdict, Blame])[],
  given: Partial<Pick<Certificate, "leftovers" | "leaks">> = {},
): Certificate {
  const empty = emptyCertificate();
  const [template] = empty.cells;
  return {
    ...empty,
    plan: { ...empty.plan, suites: cells.length },
    cells: template === undefined ? [] : cells.map(([verdict, blame]) => ({ ...template, verdict, blame })),
    leftovers: [],
    ...given,
  };
}

const left = (kept: boolean): CertifiedLeftover => ({ provider: "local", id: "x", node: "servers", kept });
const leak: Certificate["leaks"][number] = {
  node: "undo:servers",
  failure: { reason: "x", class: "fatal", title: "No answer", detail: "None.", next: "Try again." },
};
const passed = ["passed", "nobody"] as const;
const failed = ["failed", "product"] as const;
const unclear = ["inconclusive", "evidence"] as const;
const noServer = ["not-run", "infrastructure"] as const;
const noBuild = ["not-run", "product"] as const;
const stopped = ["not-run", "person"] as const;

describe("exitCode", () => {
  it.each<[string, number, RunEnd]>([
    ["all passed", 0, { certificate: certificate([passed, passed]), outcome: "passed" }],
    ["a retry", 0, { certificate: certificate([["passed-with-retries", "nobody"]]), outcome: "passed" }],
    ["a failed test", 1, { certificate: certificate([passed, failed]), outcome: "failed" }],
    ["an inconclusive cell", 1, { certificate: certificate([unclear]), outcome: "failed" }],
    ["a product that does not build", 1, { certificate: certificate([noBuild]), outcome: "failed" }],
    ["no server", 3, { certificate: certificate([passed, noServer]), outcome: "failed" }],
    ["no server and a failed test", 1, { certificate: certificate([noServer, failed]), outcome: "failed" }],
    ["a later stage that failed", 3, { certificate: certificate([passed]), outcome: "failed" }],
    ["nothing to certify yet", 3, { certificate: null, outcome: "failed" }],
    ["a plan without suites", 0, { certificate: certificate([]), outcome: "passed" }],
    ["waiting", 5, { certificate: certificate([passed]), outcome: "waiting" }],
    ["waiting with a failed test", 1, { certificate: certificate([failed]), outcome: "waiting" }],
    ["cancelled", 6, { certificate: certificate([passed, stopped]), outcome: "cancelled" }],
    ["cancelled after a failed test", 1, { certificate: certificate([failed, stopped]), outcome: "cancelled" }],
    ["cancelled, and a server was missing", 3, { certificate: certificate([noServer, stopped]), outcome: "cancelled" }],
    ["rejected", 6, { certificate: certificate([passed]), outcome: "rejected" }],
    ["over budget", 6, { certificate: certificate([passed]), outcome: "over-budget" }],
    ["something left", 4, { certificate: certificate([passed], { leftovers: [left(false)] }), outcome: "passed" }],
    ["something kept", 1, { certificate: certificate([failed], { leftovers: [left(true)] }), outcome: "failed" }],
    [
      "nobody could list what is left",
      4,
      { certificate: certificate([passed], { leftovers: null }), outcome: "passed" },
    ],
    ["a leak and a failed test", 4, { certificate: certificate([failed]), outcome: "failed", leaked: 1 }],
    [
      "a leak that was given back since",
      0,
      { certificate: certificate([passed], { leaks: [leak] }), outcome: "passed", leaked: 0, held: 0 },
    ],
    [
      "a leak of which something is still listed",
      4,
      { certificate: certificate([passed], { leaks: [leak] }), outcome: "passed", leaked: 0, held: 1 },
    ],
    ["places that cannot be asked, and no certificate", 4, { certificate: null, outcome: "failed", held: null }],
    [
      "places that cannot be asked once a certificate has said that nothing is left",
      0,
      { certificate: certificate([passed]), outcome: "passed", leaked: 0, held: null },
    ],
    ["a wrong definition beats all", 2, { certificate: null, outcome: "failed", leaked: 1, wrongDefinition: true }],
  ])("%s: %i", (_what, code, end) => {
    expect(exitCode(end)).toBe(code);
  });
});
