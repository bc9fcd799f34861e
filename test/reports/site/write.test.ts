import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { writeCertificate } from "../../../reports/seal.ts";
import { writeSite } from "../../../reports/site/write.ts";
import { certified, inventedRun } from "../../fixtures/reports/run.ts";
import { redEverywhere } from "../../fixtures/reports/stories.ts";

let place: string;
let runs: string;
let out: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "edgecert-site-"));
  [runs, out] = [join(place, "runs"), join(place, "site")];
});

afterEach(() => rmSync(place, { recursive: true }));

async function sealed(run: string, given: Partial<Certificate> = {}): Promise<void> {
  const { certificate } = await certified(inventedRun(run.includes("red") ? redEverywhere : {}));
  await writeCertificate(join(runs, run), { ...certificate, run, ...given });
}

const written = () => writeSite([runs, join(place, "certificates")], out, { version: "1", tell: () => {} });
const pages = () => ["index.html", ...readdirSync(join(out, "pipelines")).map((name) => `pipelines/${name}`)];

describe("a site", () => {
  it("shows every certificate, by links that lead somewhere inside of it", async () => {
    await sealed("2026-green");
    await sealed("2026-red", { finishedAt: "2026-12-01T00:00:00.000Z" });
    expect(await written()).toMatchObject({ certificates: 2, pipelines: 1, lost: [] });
    for (const page of pages()) {
      const text = readFileSync(join(out, page), "utf8");
      const links = [...text.matchAll(/href="([^"#]+)"/g)].map((match) => match[1] ?? "");
      expect(links.length).toBeGreaterThan(1);
      expect(links.filter((link) => !existsSync(join(out, page, "..", decodeURIComponent(link))))).toEqual([]);
      expect(text).not.toMatch(/<script|\bstyle="|\bon[a-z]+="|https?:/);
      expect(text).toContain("default-src &#x27;none&#x27;");
    }
    const detail = readFileSync(join(out, pages()[1] ?? ""), "utf8");
    expect(detail).toContain("reports the memory of its node");
  });

  it("writes only what changed, and notices a certificate that did", async () => {
    await sealed("2026-green");
    expect((await written()).written).toBe(4);
    expect((await written()).written).toBe(0);
    await sealed("2026-more");
    expect((await written()).written).toBe(4);
    await sealed("2026-green", { verdict: "failed", finishedAt: "2026-12-01T00:00:00.000Z" });
    expect((await written()).written).toBe(4);
    expect(readFileSync(join(out, "index.html"), "utf8")).toContain("is not green");
  });

  it("reads a certificate once, and its summary from then on", async () => {
    await sealed("2026-green");
    await written();
    const summary = join(runs, "2026-green", "certificate.summary.json");
    const before = statSync(summary).mtimeMs;
    await written();
    expect(statSync(summary).mtimeMs).toBe(before);
    writeFileSync(summary, "{}");
    expect((await written()).written).toBe(0);
    expect(readFileSync(summary, "utf8")).toContain("edgeprobe");
  });

  it("tells of a certificate that cannot be read, and shows the others", async () => {
    await sealed("2026-green");
    await sealed("2026-torn");
    writeFileSync(join(runs, "2026-torn", "certificate.json"), '{"v":2,');
    const { certificates, lost } = await written();
    expect([certificates, lost.map(({ run }) => run)]).toEqual([1, ["2026-torn"]]);
    expect(readFileSync(join(out, "index.html"), "utf8")).toContain("2026-torn");
  });

  it("is a page without a certificate too", async () => {
    expect(await written()).toMatchObject({ certificates: 0, pipelines: 0 });
    expect(readFileSync(join(out, "index.html"), "utf8")).toContain("No certificate yet");
  });

  it("shows names of any kind as text, and puts nothing outside of its folder", async () => {
    const evil = '</style><script>alert(1)</script>\u202e"';
    await sealed("2026-green", { pipeline: evil, run: "../../../escaped", product: { name: evil, version: null } });
    await written();
    for (const page of pages()) expect(readFileSync(join(out, page), "utf8")).not.toMatch(/<script|\u202e/);
    expect(readdirSync(join(out, "certificates"))).toEqual(["2026-green"]);
    expect(readdirSync(place).sort()).toEqual(["runs", "site"]);
  });
});
