import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { exportAsked, exportKindsOf, exportUnasked } from "../../../pipelines/cli/exporting.ts";
import { announceThrough } from "../../../pipelines/cli/output.ts";
import { exportsUnasked, mostTestsUnasked } from "../../../reports/exports/write.ts";
import { readCertificate, sealCertificate } from "../../../reports/seal.ts";
import { emptyCertificate } from "../../fixtures/reports/empty.ts";
import { certified, inventedRun } from "../../fixtures/reports/run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-exporting-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("refuses a kind that there is not, and names those that there are", () => {
  expect(() => exportKindsOf("ctrf,junti")).toThrow(/No such export: "junti"/);
  expect(exportKindsOf("junit, ctrf")).toEqual(["ctrf", "junit"]);
  expect(exportKindsOf("all")).toContain("markdown");
});

it("exports a certificate with its schema so that it can be read back", async () => {
  const { certificate, folder: written } = await certified(inventedRun());
  rmSync(written, { recursive: true });
  const sealed = sealCertificate(certificate);
  await exportAsked(sealed, "all", join(folder, "deep", "out"));
  expect(readdirSync(join(folder, "deep", "out")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  const read = await readCertificate(join(folder, "deep", "out"));
  expect(read.digest).toBe(sealed.digest);
  expect(JSON.parse(readFileSync(join(folder, "deep", "out", "certificate.schema.json"), "utf8")).$id).toMatch(/^urn:/);
});

it("says in one line that exports could not be written, and goes on", async () => {
  mkdirSync(join(folder, "runs"));
  writeFileSync(join(folder, "runs", emptyCertificate().run || "exports"), "a file where the folder should be");
  const said = vi.fn();
  using _ = announceThrough(said);
  await exportUnasked(folder, sealCertificate(emptyCertificate()));
  expect(said.mock.calls).toHaveLength(1);
  expect(String(said.mock.calls[0])).toMatch(/could be written: .*The certificate stands/);
});

it("leaves the lists of all tests out beside a large certificate, unless asked", () => {
  const { certificate, digest } = sealCertificate(emptyCertificate());
  const [suite] = certificate.suites;
  if (suite === undefined) throw new Error("the plan expects suites");
  const test = { class: "c", name: "n", status: "passed", durationMs: 1 } as const;
  const large = { ...certificate, suites: [{ ...suite, tests: Array(mostTestsUnasked + 1).fill(test) }] };
  expect(exportsUnasked({ certificate, digest })).toEqual(expect.arrayContaining(["ctrf", "junit", "markdown", "csv"]));
  const kept = exportsUnasked({ certificate: large, digest });
  expect(kept).toContain("markdown");
  for (const kind of ["ctrf", "junit", "csv"] as const) expect(kept).not.toContain(kind);
});

it("writes no attestations where there is nothing to attest, and says so", async () => {
  const said = vi.fn();
  using _ = announceThrough(said);
  expect(await exportAsked(sealCertificate(emptyCertificate()), "in-toto", folder)).toEqual([]);
  expect(String(said.mock.calls)).toMatch(/nothing to attest/);
});
