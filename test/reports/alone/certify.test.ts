import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { certifyResults } from "../../../reports/alone/certify.ts";
import { type Expectation, readExpectation } from "../../../reports/alone/expectation.ts";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { nothingKept } from "../../../reports/kept-texts.ts";
import { resultsFolder, tests } from "../../fixtures/reports/results-folder.ts";

const [left, right] = ["debian-12/kvm-ssh", "debian-13/kvm-ssh"];

async function certified(folder: string, expectation: Expectation | null = null): Promise<Certificate> {
  const at = "2026-11-24T12:00:00.000Z";
  const rest = { product: "p", version: "1", kept: nothingKept, at, tell: () => {} };
  const certificate = await certifyResults({ folder, expectation, ...rest });
  if (certificate === null) throw new Error("nothing was found");
  return certificate;
}

function expected(document: unknown): Expectation {
  const read = readExpectation(JSON.stringify(document));
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  return read.expectation;
}

function verdictsOf({ cells }: Certificate): Readonly<Record<string, string>> {
  return Object.fromEntries(cells.map(({ id, verdict }) => [id, verdict]));
}

describe("a certificate of result files alone", () => {
  it("takes each folder with results for a cell, and its levels for axes", async () => {
    using folder = resultsFolder({
      [`${left}/library.jsonl`]: tests(["one"]),
      [`${right}/library.jsonl`]: tests(["one", "two"]),
    });
    const certificate = await certified(folder.path);
    expect(verdictsOf(certificate)).toEqual({ [left]: "passed", [right]: "passed" });
    expect(certificate.axes).toEqual([
      { name: "folder 1", values: ["debian-12", "debian-13"] },
      { name: "folder 2", values: ["kvm-ssh"] },
    ]);
    expect(certificate).toMatchObject({ completeness: "unknown", verdict: "passed", startedAt: null, leftovers: null });
    expect(certificate.cells.map(({ tookMs }) => tookMs)).toEqual([null, null]);
    expect(certificate.suites.map(({ suite, exitCode }) => [suite, exitCode])).toEqual([
      ["library", null],
      ["library", null],
    ]);
  });

  it("never loses a server that failed behind one that passed the same test", async () => {
    using folder = resultsFolder({
      [`${left}/library.jsonl`]: tests(["one", "two", "three", "four"], "two"),
      [`${right}/library.jsonl`]: tests(["one", "two", "three", "four"]),
    });
    const certificate = await certified(folder.path);
    expect(verdictsOf(certificate)).toEqual({ [left]: "failed", [right]: "passed" });
    expect(certificate.suites.map((suite) => suite.tests.length)).toEqual([4, 4]);
    expect(certificate.failures.map(({ name, node }) => [name, node])).toEqual([["two", `results@${left}`]]);
  });

  it("keeps equal suites and equal tests of two files of one cell apart", async () => {
    using folder = resultsFolder({
      "cell/a.jsonl": tests(["one"], "one"),
      "cell/a.json": tests(["one", "two"]),
      "cell/TEST-a.xml": tests(["one", "two", "three"]),
      "cell/TEST-b.xml": tests(["one"]),
    });
    const { suites, verdict } = await certified(folder.path);
    expect(
      suites.map(({ suite, tests: own }) => [suite, own.map((test) => [test.name, test.occurrence ?? 1])]),
    ).toEqual([
      [
        "TEST-*.xml",
        [
          ["one", 1],
          ["two", 1],
          ["three", 1],
          ["one", 2],
        ],
      ],
      [
        "a.json",
        [
          ["one", 1],
          ["two", 1],
        ],
      ],
      ["a.jsonl", [["one", 1]]],
    ]);
    expect(verdict).toBe("failed");
  });

  it("takes the same bytes in two cells for a copy: nothing shows which server they came from", async () => {
    const text = tests(["one", "two", "three"]);
    using folder = resultsFolder({ [`${left}/library.jsonl`]: text, [`${right}/other.jsonl`]: text });
    const certificate = await certified(folder.path);
    expect(verdictsOf(certificate)).toEqual({ [left]: "inconclusive", [right]: "inconclusive" });
    expect(certificate.suites[0]?.reason).toContain(`${right}/other.jsonl`);
  });

  it("remarks on the same bytes under two names of one cell", async () => {
    const text = tests(["one", "two", "three"]);
    using folder = resultsFolder({ "cell/a.jsonl": text, "cell/b.jsonl": text });
    const { verdict, remarks } = await certified(folder.path);
    expect(verdict).toBe("passed");
    expect(remarks.find(({ what }) => what === "Same bytes")?.detail).toContain("cell/a.jsonl and cell/b.jsonl");
  });

  it.each([
    ["cut off in the middle", "library.jsonl", tests(["one", "two"]).slice(0, -60)],
    ["empty", "library.json", ""],
    ["of another kind", "coverage.xml", "<?xml version='1.0'?><coverage line-rate='1'/>"],
    ["packed", "library.xml.gz", "\u001f\u008b rest"],
    ["of an unknown ending, and JSON", "report", '{"tests": []}'],
  ])("is never green beside a file that is %s", async (_what, name, text) => {
    using folder = resultsFolder({ "cell/good.jsonl": tests(["one"]), [`cell/${name}`]: text });
    const certificate = await certified(folder.path);
    expect(certificate.verdict).toBe("inconclusive");
    expect(certificate.suites.filter(({ verdict }) => verdict !== "passed")).toHaveLength(1);
  });

  it("passes logs and pages over, and says so", async () => {
    using folder = resultsFolder({
      "cell/good.jsonl": tests(["one"]),
      "cell/run.log": "[INFO] started",
      "cell/report.html": "<html></html>",
    });
    const { verdict, remarks } = await certified(folder.path);
    expect(verdict).toBe("passed");
    expect(remarks.map(({ detail }) => detail)).toEqual(["cell/report.html and cell/run.log: they hold no results."]);
  });

  it("follows no link: what lies inside is read once, what leads outside is damaged evidence", async () => {
    using folder = resultsFolder({ "cell/good.jsonl": tests(["one"]) });
    symlinkSync(folder.path, join(folder.path, "cell", "loop"));
    symlinkSync(join(folder.path, "cell"), join(folder.path, "again"));
    const inside = await certified(folder.path);
    expect([inside.verdict, inside.cells.length, inside.suites.length]).toEqual(["passed", 1, 1]);
    using other = resultsFolder({ "good.jsonl": tests(["one"], "one") });
    symlinkSync(join(other.path, "good.jsonl"), join(folder.path, "cell", "outside.jsonl"));
    symlinkSync(join(folder.path, "nowhere"), join(folder.path, "cell", "dangling.xml"));
    const outside = await certified(folder.path);
    expect(outside.verdict).toBe("inconclusive");
    expect(outside.suites.map(({ suite, verdict }) => [suite, verdict])).toEqual([
      ["dangling", "inconclusive"],
      ["good", "passed"],
      ["outside", "inconclusive"],
    ]);
  });

  it("does not wait for a named pipe, and does not take it for nothing", async () => {
    using folder = resultsFolder({ "cell/good.jsonl": tests(["one"]) });
    spawnSync("mkfifo", [join(folder.path, "cell", "pipe.xml"), join(folder.path, "cell", "pipe.log")]);
    const certificate = await certified(folder.path);
    expect(certificate.verdict).toBe("inconclusive");
    expect(certificate.suites.map(({ suite }) => suite)).toEqual(["good", "pipe"]);
  });

  it("shows names of every kind and keeps them apart", async () => {
    const odd = ["new\nline", "\u202eright to left", "..odd", "...", "a@b", "__proto__", "  ", "%2e%2e"];
    using folder = resultsFolder(
      Object.fromEntries(odd.map((name, index) => [`${name}/good.jsonl`, tests([`one ${index}`])])),
    );
    const certificate = await certified(folder.path);
    expect(Object.keys(verdictsOf(certificate)).sort()).toEqual([...odd].sort());
    expect(new Set(certificate.cells.map(({ anchor }) => anchor)).size).toBe(odd.length);
    expect(certificate.verdict).toBe("passed");
  });

  it("reads folders as deep as the system can name them", async () => {
    using folder = resultsFolder();
    const deep = Array.from({ length: 400 }, (_, level) => `level${level % 10}`).join("/");
    mkdirSync(join(folder.path, deep), { recursive: true });
    folder.write(`${deep}/good.jsonl`, tests(["one"]));
    expect(verdictsOf(await certified(folder.path))).toEqual({ [deep]: "passed" });
  });

  it("puts the hundreds of files of one folder into one suite", async () => {
    const files = Array.from({ length: 300 }, (_, index) => [`cell/${index}.jsonl`, tests([`test ${index}`])]);
    using folder = resultsFolder(Object.fromEntries(files));
    const { suites } = await certified(folder.path);
    expect(suites.map(({ suite, tests: own }) => [suite, own.length])).toEqual([["*.jsonl", 300]]);
  });

  it("has no verdict where an expected cell or suite is missing", async () => {
    using folder = resultsFolder({ [`${left}/library.jsonl`]: tests(["one"]), "extra/more.jsonl": tests(["two"]) });
    const certificate = await certified(
      folder.path,
      expected({
        suites: ["library"],
        cells: { [left]: [], [right]: ["library", "system"] },
        holes: { none: "not sold" },
      }),
    );
    expect(verdictsOf(certificate)).toEqual({ [left]: "passed", [right]: "not-run", extra: "passed" });
    expect(certificate).toMatchObject({ verdict: "not-run", completeness: "expected" });
    expect(certificate.suites.filter(({ node }) => node.endsWith(right)).map(({ suite }) => suite)).toEqual([
      "library",
      "system",
    ]);
    expect(certificate.suites.find(({ suite }) => suite === "system")?.blame).toBe("evidence");
    expect(certificate.holes).toMatchObject([{ id: "none", reason: "not sold." }]);
  });

  it("is the same document for the same files", async () => {
    using folder = resultsFolder({ "b/x.jsonl": tests(["one"]), "a/x.jsonl": tests(["two"]) });
    expect(await certified(folder.path)).toEqual(await certified(folder.path));
  });
});
