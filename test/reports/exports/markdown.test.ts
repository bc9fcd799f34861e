import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { markdown, summaryLimit } from "../../../reports/exports/markdown.ts";
import { sealCertificate } from "../../../reports/seal.ts";
import { hostile } from "../../fixtures/reports/hostile.ts";
import { certified, inventedRun } from "../../fixtures/reports/run.ts";
import { redEverywhere } from "../../fixtures/reports/stories.ts";

async function red(): Promise<Certificate> {
  const { certificate, folder } = await certified(inventedRun(redEverywhere));
  await rm(folder, { recursive: true });
  return certificate;
}

it("tells verdict, cells, failed tests and digest", async () => {
  const sealed = sealCertificate(await red());
  const text = markdown(sealed);
  expect(text).toMatch(/^## ❌ Not certified&#58; all 3 cells failed$/m);
  expect(text.match(/^\| <code>debian.*❌ failed/gm)).toHaveLength(3);
  expect(text.match(/^- <code>.*CapacityTest test&#95;memory&#95;of&#95;proc&#95;meminfo/gm)).toHaveLength(3);
  expect(text).toContain(sealed.digest);
});

it("never exceeds its limit, and counts what it leaves out", async () => {
  const certificate = await red();
  const [cell] = certificate.cells;
  const [failure] = certificate.failures;
  if (cell === undefined || failure === undefined) throw new Error("the red certificate has a failure");
  const failures = Array.from({ length: 1_000 }, (_, index) => ({
    ...failure,
    anchor: `t${index}`,
    message: "é".repeat(2_000),
  }));
  const causes = certificate.causes.map((cause) => ({ ...cause, tests: failures.map(({ anchor }) => anchor) }));
  const cells = Array.from({ length: 500 }, (_, index) => ({ ...cell, id: `${cell.id}-${index}` }));
  for (const one of [
    { ...certificate, failures, causes },
    { ...certificate, failures, causes, cells },
  ]) {
    const text = markdown(sealCertificate(one));
    expect(Buffer.byteLength(text)).toBeLessThan(65_536);
    expect(Buffer.byteLength(text)).toBeGreaterThan(summaryLimit / 2);
    expect(text).toMatch(/^… and \d+ more tests|… and \d+ more cells/m);
  }
  for (const limit of [0, 300, 600, 1_000, 2_000]) {
    const text = markdown(sealCertificate({ ...certificate, failures, causes, cells }), limit);
    expect(Buffer.byteLength(text) <= Math.max(limit, 200)).toBe(true);
  }
});

it("leaves nothing of hostile texts that Markdown or HTML would read", async () => {
  const text = markdown(sealCertificate(hostile(await red())));
  const outside = text.replaceAll(/<code>[^<>]*<\/code>/g, "");
  expect(outside).not.toMatch(/[<>]|evil|script/);
  const inside = [...text.matchAll(/<code>([^<>]*)<\/code>/g)].map(
    (found) => found[1]?.replaceAll(/&#\d+;/g, "") ?? "",
  );
  expect(inside.length).toBeGreaterThan(10);
  expect(inside.filter((one) => /[`*_|[\]@#:<>~$\n\\]/.test(one))).toEqual([]);
});
