import { copyFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { targetAt, type VerifyWords, verify } from "../../../pipelines/cli/verifying.ts";
import { type Attested, attested, signed, statementIn } from "../../fixtures/reports/attested.ts";
import { redAndDamaged, redEverywhere, withRetry } from "../../fixtures/reports/stories.ts";

/** One good run that tests look at and never change, and one by the same key for replays. */
let good: Attested;
let earlier: Attested;
/** A copy of the good one that a test may change. */
let folder: string;
const made: Attested[] = [];

beforeAll(async () => {
  good = await attested();
  earlier = await attested(withRetry, { by: good, change: (certificate) => ({ ...certificate, run: "2026-11-20.1" }) });
});
afterAll(() => Promise.all([good, earlier, ...made].map((one) => one.remove())));
beforeEach(() => {
  folder = `${good.folder}-copy`;
  cpSync(good.folder, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  readonly code: number;
  readonly verified: boolean;
  readonly reasons: readonly string[];
  readonly text: string;
}

async function told(path = folder, words: Partial<VerifyWords> = {}, expected = {}): Promise<Told> {
  const target = targetAt(path);
  if (target === null) throw new Error(`nothing at ${path}`);
  let text = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((part) => {
    text += String(part);
    return true;
  });
  try {
    const code = await verify({ ...target, expected }, { key: good.keyFile, json: true, ...words });
    const { verified, refusals } = words.json === false ? { verified: code === 0, refusals: [] } : JSON.parse(text);
    return { code, verified, reasons: refusals.map(({ reason }: { reason: string }) => reason), text };
  } finally {
    write.mockRestore();
  }
}

function put(lines: readonly string[]): void {
  writeFileSync(join(folder, "exports", "attestations.intoto.jsonl"), lines.map((line) => `${line}\n`).join(""));
}

/** Envelopes of the good run: three cells and the summary. */
function parts() {
  const [first = "", second = "", third = "", summary = ""] = good.lines;
  return { first, second, third, summary };
}

const debianPackage = () => join(folder, "packages", "debian-12", "edgeprobe_1.2.0_all.deb");

describe("edgecert verify", () => {
  it("verifies a run's folder, a file of attestations, and packages elsewhere", async () => {
    expect(await told()).toMatchObject({ code: 0, verified: true, reasons: [] });
    expect((await told(folder, { json: false })).text).toMatch(
      /Verified: edgeprobe, run .*, 3 of 3 cells passed(.|\n)*sha256/,
    );
    const file = join(folder, "exports", "attestations.intoto.jsonl");
    expect((await told(file, { json: false })).text).toMatch(/no file was compared/);
    expect(await told(file, { packages: join(folder, "packages") })).toMatchObject({ code: 0, verified: true });
    rmSync(join(folder, "packages"), { recursive: true });
    expect(await told(folder, { packages: join(good.folder, "packages") })).toMatchObject({ code: 0 });
  });

  it("verifies a run with retries, and says that there were some", async () => {
    expect((await told(earlier.folder, { json: false })).text).toMatch(/1 with retries/);
  });

  it("refuses another key", async () => {
    const other = await attested();
    made.push(other);
    expect((await told(folder, { key: other.keyFile })).reasons).toContain("wrong-key");
  });

  it("refuses an envelope that was changed", async () => {
    const { first, second, third, summary } = parts();
    const envelope = JSON.parse(first);
    const statement = {
      ...statementIn(first),
      predicate: { ...statementIn(first).predicate, passedTests: ["invented"] },
    };
    const payload = Buffer.from(JSON.stringify(statement)).toString("base64");
    put([JSON.stringify({ ...envelope, payload }), second, third, summary]);
    expect((await told()).reasons).toEqual(expect.arrayContaining(["envelope-tampered", "cell-missing"]));
  });

  it.each(["first", "second", "third"] as const)("refuses attestations without the %s cell", async (which) => {
    const { [which]: _, ...rest } = parts();
    put(Object.values(rest));
    const { code, reasons } = await told();
    expect([code, reasons]).toEqual([1, expect.arrayContaining(["cell-missing"])]);
  });

  it("refuses attestations without a summary, with two, and with none at all", async () => {
    const { first, second, third, summary } = parts();
    put([first, second, third]);
    expect((await told()).reasons).toEqual(["summary-missing"]);
    put([first, second, third, summary, summary]);
    expect((await told()).reasons).toEqual(["summary-duplicate"]);
    put([]);
    expect((await told()).reasons).toEqual(["summary-missing"]);
  });

  it("refuses two statements of a cell", async () => {
    const { first, second, third, summary } = parts();
    put([first, first, second, third, summary]);
    expect((await told()).reasons).toEqual(["statement-duplicate"]);
  });

  it("refuses statements of another run, as well as all of them under this run's summary", async () => {
    const { first, second, third, summary } = parts();
    const [old = "", ...olds] = earlier.lines.slice(0, -1);
    put([old, second, third, summary]);
    expect((await told()).reasons).toEqual(expect.arrayContaining(["statement-foreign", "cell-missing"]));
    put([old, first, second, third, summary]);
    expect((await told()).reasons).toEqual(["statement-foreign"]);
    put([old, ...olds, summary]);
    expect((await told()).reasons).toContain("cell-missing");
  });

  it("refuses an old certificate with its statements where this one is expected", async () => {
    const { run, certificate, plan } = { run: "2026-11-21.1", certificate: good.sealed.digest, plan: "0".repeat(64) };
    expect((await told(earlier.folder, {}, { run })).reasons).toEqual(["run-unexpected"]);
    expect((await told(earlier.folder, { certificate })).reasons).toEqual(["certificate-unexpected"]);
    expect((await told(folder, { plan })).reasons).toEqual(["plan-unexpected"]);
    expect((await told(folder, { certificate })).reasons).toEqual([]);
    writeFileSync(join(folder, "exports", "attestations.intoto.jsonl"), readFileSync(earlier.path));
    expect((await told()).reasons).toEqual(["certificate-changed"]);
  });

  it("refuses statements that the key signed but the summary does not name", async () => {
    const { first, second, third, summary } = parts();
    const statement = statementIn(first);
    const own = { ...(statement.predicate.edgecert as object) };
    const extra = {
      ...statement,
      predicate: { ...statement.predicate, edgecert: { ...own, cell: "debian-99/kvm-ssh" } },
    };
    put([first, second, third, summary, signed(extra, good.signer)]);
    expect((await told()).reasons).toEqual(["cell-extra"]);
    const better = { ...statement, predicate: { ...statement.predicate, passedTests: [] } };
    put([signed(better, good.signer), second, third, summary]);
    expect((await told()).reasons).toEqual(expect.arrayContaining(["statement-replaced"]));
    for (const wrong of [
      { ...statement, _type: "x" },
      { ...statement, subject: [] },
      { ...statement, predicateType: "x" },
      [],
      { a: 1 },
    ]) {
      put([first, second, third, summary, signed(wrong, good.signer)]);
      expect((await told()).reasons).toEqual(["statement-malformed"]);
    }
  });

  it("refuses a run with a cell that did not pass, whatever its statement says", async () => {
    const red = await attested(redAndDamaged, { by: good });
    const all = await attested(redEverywhere, { by: good });
    made.push(red, all);
    expect((await told(red.folder)).reasons.filter((reason) => reason === "cell-not-passed")).toHaveLength(2);
    expect((await told(all.folder)).reasons).toEqual(expect.arrayContaining(["cell-not-passed", "package-unproved"]));
    const doubted = await attested(
      {},
      { by: good, change: (certificate) => ({ ...certificate, verdict: "inconclusive" }) },
    );
    made.push(doubted);
    expect((await told(doubted.folder)).reasons).toEqual(["not-certified"]);
  });

  it("refuses a certificate that was changed by one byte, also by one that decodes alike, or is missing", async () => {
    const path = join(folder, "certificate.json");
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.concat([bytes, Buffer.from("\n")]));
    expect((await told()).reasons).toEqual(["certificate-changed"]);
    rmSync(path);
    expect((await told()).reasons).toEqual(["certificate-missing"]);
  });

  it("refuses a package that was changed, is missing, is a link, or bears another's name", async () => {
    const path = debianPackage();
    const bytes = readFileSync(path);
    const away = join(folder, "elsewhere");
    const packages = join(folder, "packages");
    const both = async () => [(await told()).reasons, (await told(folder, { packages })).reasons];
    writeFileSync(path, `${bytes}!`);
    expect(await both()).toEqual([["package-changed"], ["package-changed"]]);
    renameSync(path, away);
    expect(await both()).toEqual([["package-missing"], ["package-missing"]]);
    writeFileSync(away, bytes);
    symlinkSync(away, path);
    expect(await both()).toEqual([["package-link"], ["package-link"]]);
    rmSync(path);
    copyFileSync(join(packages, "debian-13", "edgeprobe_1.2.0_all.deb"), path);
    expect(await both()).toEqual([["package-changed"], ["package-changed"]]);
    writeFileSync(join(packages, "debian-13", "edgeprobe_1.2.0_all.deb"), bytes);
    expect((await both())[1]).toEqual(["package-changed", "package-changed"]);
  });

  it("refuses a package below --packages that nobody certified, and a folder that is a link to one", async () => {
    const packages = join(folder, "packages");
    writeFileSync(join(packages, "extra_1_all.deb"), "x");
    writeFileSync(join(packages, "SHA256SUMS"), "x");
    expect((await told(folder, { packages })).reasons).toEqual(["package-uncertified"]);
    rmSync(join(packages, "extra_1_all.deb"));
    renameSync(join(packages, "debian-12"), join(folder, "moved"));
    symlinkSync(join(folder, "moved"), join(packages, "debian-12"));
    expect((await told(folder, { packages })).reasons).toEqual(["package-missing"]);
    expect((await told()).reasons).toEqual(["package-link"]);
  });

  it("never lets a signed name lead out of the folder", async () => {
    const escaping = await attested(
      {},
      {
        by: good,
        change: (certificate) => ({
          ...certificate,
          packages: certificate.packages.map((one) => ({
            ...one,
            file: { ...one.file, path: `../outside/${one.os}.deb` },
          })),
        }),
      },
    );
    made.push(escaping);
    const outside = join(escaping.folder, "..", "outside");
    mkdirSync(outside, { recursive: true });
    for (const os of ["debian-12", "debian-13"])
      copyFileSync(join(escaping.folder, "packages", os, "edgeprobe_1.2.0_all.deb"), join(outside, `${os}.deb`));
    expect((await told(escaping.folder)).reasons).toEqual(["package-link", "package-link"]);
    rmSync(outside, { recursive: true });
  });

  it("refuses wrong usage before it looks: a private key, no key, no folder of packages, no attestations", async () => {
    const wrong = join(folder, "wrong.pem");
    writeFileSync(wrong, "-----BEGIN PRIVATE KEY-----\n");
    await expect(told(folder, { key: wrong })).rejects.toThrow(/is a private one/);
    await expect(told(folder, { key: join(folder, "none") })).rejects.toThrow(/cannot be read/);
    writeFileSync(wrong, "hello");
    await expect(told(folder, { key: wrong })).rejects.toThrow(/no public ed25519 key/);
    await expect(told(folder, { packages: join(folder, "none") })).rejects.toThrow(/No such folder of packages/);
    rmSync(join(folder, "exports"), { recursive: true });
    expect(() => targetAt(folder)).toThrow(/No attestations there/);
    expect(targetAt(join(folder, "none"))).toBeNull();
  });
});
