import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { findBrowser, printPage } from "../../../pipelines/cli/printing.ts";
import { writeCertificate } from "../../../reports/seal.ts";
import { certified, inventedRun } from "../../fixtures/reports/run.ts";
import { redAndDamaged } from "../../fixtures/reports/stories.ts";
import { unavailable } from "../../unavailable.ts";

it("prints a certificate with tags, an outline, every page and every failure", async (context) => {
  if (findBrowser() === null) return context.skip(unavailable.chromium);
  const { certificate, folder } = await certified(inventedRun(redAndDamaged));
  const { html } = await writeCertificate(folder, certificate);
  const before = readdirSync(folder);
  const pdf = await printPage(html);
  expect(readdirSync(folder).sort()).toEqual([...before, "certificate.pdf"].sort());
  const text = readFileSync(pdf, "latin1");
  expect(text.slice(0, 5)).toBe("%PDF-");
  expect(text).toMatch(/\/StructTreeRoot \d+ 0 R/);
  expect(text).toMatch(/\/Marked true/);
  expect(text).toMatch(/\/Outlines \d+ 0 R/);
  expect(text.match(/\/Type \/Page\b(?!s)/g)?.length ?? 0).toBeGreaterThan(1);
  expect(text).not.toMatch(/https?:\/\//);
  const words = spawnSync("pdftotext", [pdf, "-"], { encoding: "utf8" });
  if (words.status !== 0) return;
  for (const part of ["Not certified", "Verified platforms", "1,468,372", "page 1 of"])
    expect(words.stdout.replace(/\s+/g, " ")).toContain(part);
});
