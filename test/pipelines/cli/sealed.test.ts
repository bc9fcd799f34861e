import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closing } from "../../../pipelines/cli/closing.ts";
import { refuseUnproved, verifiedCertificate, verifyPackages } from "../../../pipelines/cli/sealed.ts";
import { beginProgress } from "../../../pipelines/cli/view/progress.ts";
import type { RunRecord } from "../../../pipelines/engine/engine.ts";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { writeCertificate } from "../../../reports/seal.ts";
import { emptyCertificate } from "../../fixtures/reports/empty.ts";
import { plan } from "../../fixtures/reports/plan.ts";

let home: string;
const bytes = "the package";
const certificate: Certificate = {
  ...emptyCertificate(),
  run: "run-1",
  packages: [
    {
      name: "edgeprobe",
      version: "1",
      os: "debian-12",
      file: { path: "edgeprobe.deb", sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length },
    },
  ],
};

/** A run that was sealed with the certificate, whose cells never ran. */
async function seal(): Promise<RunRecord> {
  const { digest } = await writeCertificate(folder(), certificate);
  return {
    run: "run-1",
    pipeline: "p",
    definition: "/p.ts",
    params: {},
    plan,
    startedAt: "2026-01-01T00:00:00.000Z",
    state: "finished",
    outcome: "passed",
    leaked: 0,
    sealed: { digest, verdict: certificate.verdict },
    alive: false,
  };
}

function folder(): string {
  return join(home, "runs", "run-1");
}

function lastLines(record: RunRecord) {
  const progress = { ...beginProgress("run-1", []), outcome: "passed" };
  return closing({ home, engine: { record: async () => record }, provider: { list: async () => [] } }, progress);
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "edgecert-sealed-"));
  mkdirSync(folder(), { recursive: true });
  writeFileSync(join(folder(), "edgeprobe.deb"), bytes);
});
afterEach(() => rmSync(home, { recursive: true }));

describe("a sealed certificate", () => {
  it("is taken as it was sealed", async () => {
    const record = await seal();
    expect((await verifiedCertificate(home, record)).certificate.run).toBe("run-1");
    await verifyPackages(home, certificate);
  });

  it("is refused once its text was changed, and decides nothing", async () => {
    const record = await seal();
    const forged = {
      ...certificate,
      verdict: "passed" as const,
      cells: [],
      headline: { lead: "Certified", rest: "all" },
    };
    await writeCertificate(folder(), forged);
    await expect(verifiedCertificate(home, record)).rejects.toThrow(/changed after it was sealed/);
    const { lines, code } = await lastLines(record);
    expect(code).toBe(3);
    expect(lines.join("\n")).toMatch(/Verdict: {5}Not certified: the certificate was changed/);
  });

  it("is refused once it is gone", async () => {
    const record = await seal();
    rmSync(join(folder(), "certificate.json"));
    await expect(verifiedCertificate(home, record)).rejects.toThrow(/changed after it was sealed/);
  });

  it("names its JSON where there is no page", async () => {
    const record = await seal();
    rmSync(join(folder(), "certificate.html"));
    const { lines } = await lastLines(record);
    expect(lines.at(-1)).toBe(`Certificate: ${join(folder(), "certificate.json")}; its page: edgecert report run-1`);
  });

  it("is not agreed to where a package has other bytes, or none", async () => {
    writeFileSync(join(folder(), "edgeprobe.deb"), "another");
    await expect(verifyPackages(home, certificate)).rejects.toThrow(/edgeprobe\.deb/);
    rmSync(join(folder(), "edgeprobe.deb"));
    await expect(verifyPackages(home, certificate)).rejects.toThrow(/cannot be read/);
  });
});

describe("what can be approved", () => {
  const judged = (verdict: Certificate["verdict"], suites = 3): Certificate => ({
    ...certificate,
    verdict,
    plan: { ...certificate.plan, suites },
  });

  it.each(["passed", "passed-with-retries"] as const)("is a certificate that says %s", (verdict) => {
    expect(() => refuseUnproved(judged(verdict))).not.toThrow();
  });

  it.each(["failed", "inconclusive", "not-run"] as const)("is none that says %s", (verdict) => {
    expect(() => refuseUnproved(judged(verdict))).toThrow("Only what passed can be approved");
  });

  it("is one whose plan expects no suite: it claims nothing", () => {
    expect(() => refuseUnproved(judged("not-run", 0))).not.toThrow();
  });
});
