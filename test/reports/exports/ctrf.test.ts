import { rm } from "node:fs/promises";
import { type CTRFReport, validate } from "ctrf";
import { expect, it } from "vitest";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { ctrf } from "../../../reports/exports/ctrf.ts";
import { systemTests } from "../../fixtures/reports/files.ts";
import { hostile } from "../../fixtures/reports/hostile.ts";
import { type CellStory, certified, inventedRun } from "../../fixtures/reports/run.ts";
import { notRun, redAndDamaged, redEverywhere, withRetry } from "../../fixtures/reports/stories.ts";

async function made(stories: Readonly<Record<string, CellStory>>): Promise<Certificate> {
  const { certificate, folder } = await certified(inventedRun(stories));
  await rm(folder, { recursive: true });
  return certificate;
}

function exported(certificate: Certificate): CTRFReport {
  return JSON.parse([...ctrf(certificate)].join(""));
}

it.each([
  ["all is well", {}],
  ["red", redEverywhere],
  ["damaged", redAndDamaged],
  ["not run", notRun],
  ["retried", withRetry],
])("validates as CTRF where %s, and counts what the certificate counts", async (_, stories) => {
  const certificate = await made(stories);
  const report = exported(certificate);
  expect(validate(report)).toMatchObject({ valid: true, errors: [] });
  const { summary, tests } = report.results;
  const counted = certificate.suites.flatMap((suite) => suite.tests);
  expect(summary.passed).toBe(counted.filter(({ status }) => status === "passed").length);
  expect(summary.failed).toBe(counted.filter(({ status }) => status === "failed" || status === "error").length);
  expect(summary.tests).toBe(tests.length);
  for (const status of ["passed", "failed", "skipped", "other"] as const) {
    expect([status, tests.filter((test) => test.status === status).length]).toEqual([status, summary[status]]);
  }
});

it("validates as CTRF with hostile texts in every field", async () => {
  expect(validate(exported(hostile(await made(redEverywhere))))).toMatchObject({ valid: true, errors: [] });
});

it("puts the cell into labels and suite", async () => {
  const { tests } = exported(await made(redEverywhere)).results;
  const [failed] = tests.filter(({ status, labels }) => status === "failed" && labels?.cell === "debian-13/kvm-ssh");
  expect(failed?.suite?.[0]).toBe("debian-13/kvm-ssh");
  expect(failed?.labels).toMatchObject({ os: "debian-13", environment: "kvm-ssh" });
  expect(failed?.message).not.toBe("");
});

it("shows a cell without a verdict as a test of status other", async () => {
  const { tests } = exported(await made(notRun)).results;
  const others = tests.filter(({ status }) => status === "other");
  expect(others.map(({ suite }) => suite)).toEqual([["debian-13/kvm-ssh"]]);
});

it("keeps what failed before it passed as attempts of a flaky test", async () => {
  const first = systemTests.map((test, index) =>
    index === 0 ? { ...test, status: "failed" as const, message: "too early" } : test,
  );
  const { tests, summary } = exported(await made({ "debian-12/kvm-ssh": { firstAttempt: first } })).results;
  const flaky = tests.filter((test) => test.flaky === true);
  expect(flaky).toHaveLength(1);
  expect(flaky[0]).toMatchObject({
    status: "passed",
    retries: 1,
    retryAttempts: [{ attempt: 1, status: "failed", message: "too early" }],
  });
  expect(summary.flaky).toBe(1);
});
