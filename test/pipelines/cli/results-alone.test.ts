import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../reports/canonical-json.ts";
import { type ResultsFolder, resultsFolder, tests } from "../../fixtures/reports/results-folder.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/** Runs `edgecert report` in a folder; the home does not exist, so that a use of it would show. */
function report(
  place: ResultsFolder,
  words: readonly string[],
  { browser = "", ...options }: { readonly uid?: number; readonly browser?: string } = {},
) {
  const env = {
    ...process.env,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
    EDGECERT_HOME: join(place.path, "no-home"),
    EDGECERT_CHROMIUM: browser,
  };
  const done = spawnSync(process.execPath, [join(root, "pipelines/cli/main.ts"), "report", ...words], {
    cwd: place.path,
    encoding: "utf8",
    env,
    ...options,
  });
  expect(existsSync(join(place.path, "no-home"))).toBe(false);
  return { status: done.status, out: done.stdout, err: done.stderr };
}

describe("edgecert report --results", () => {
  it("writes page and document here, and one line of JSON", () => {
    using place = resultsFolder({ "results/cell/library.jsonl": tests(["one", "two"]) });
    const { status, out, err } = report(place, ["--results", "results", "--json"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    const line = JSON.parse(out);
    expect(line).toMatchObject({
      verdict: "passed",
      completeness: "unknown",
      product: "results",
      counts: { tests: 2, passed: 2, failed: 0, error: 0, skipped: 0 },
      cells: { passed: 1 },
      certificate: join(place.path, "certificate.html"),
    });
    expect(sha256(readFileSync(line.document))).toBe(line.digest);
    expect(readFileSync(line.certificate, "utf8")).toContain("<html");
  });

  it("exits with 1 for a failed test, and says where the page is", () => {
    using place = resultsFolder({ "results/cell/library.jsonl": tests(["one"], "one") });
    const { status, out } = report(place, ["--results", "results", "--out", "made/report.html", "--product", "probe"]);
    expect(status).toBe(1);
    expect(out).toContain(join(place.path, "made/report.html"));
    expect(readFileSync(join(place.path, "made/report.json"), "utf8")).toContain('"name":"probe"');
  });

  it("says in one sentence where it cannot write, and leaves nothing there", () => {
    using place = resultsFolder({ "results/cell/library.jsonl": tests(["one"]), "a-file": "" });
    const { status, err } = report(place, ["--results", "results", "--out", "a-file/report.html"]);
    expect(status).toBe(3);
    expect(err).toMatch(/The certificate could not be written\n.*a-file\/report\.html: .*\n.*--out/);
    expect(err).not.toContain("    at ");
    expect(readFileSync(join(place.path, "a-file"), "utf8")).toBe("");
  });

  it("exits with 1 where an expected suite is missing, and with 0 where all are there", () => {
    using place = resultsFolder({
      "results/cell/library.jsonl": tests(["one"]),
      "more.json": '{"suites":["library","system"],"cells":["cell"]}',
      "same.json": '{"suites":["library"],"cells":["cell"],"product":"probe 1"}',
    });
    expect(report(place, ["--results", "results", "--expect", "more.json"]).status).toBe(1);
    const { status, out } = report(place, ["--results", "results", "--expect", "same.json", "--json"]);
    expect({ status, ...JSON.parse(out) }).toMatchObject({ status: 0, completeness: "expected", product: "probe 1" });
  });

  it.each([
    ["an empty folder", {}, ["--results", "results"]],
    ["a folder of logs", { "results/a.log": "" }, ["--results", "results"]],
    ["no folder", {}, ["--results", "nowhere"]],
    ["results without a test", { "results/cell/library.jsonl": tests([]) }, ["--results", "results"]],
  ])("exits with 1 for %s", (_what, files, words) => {
    using place = resultsFolder({ "results/.keep": "", ...files });
    const { status, out } = report(place, [...words, "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(out).verdict).not.toBe("passed");
  });

  it.each([
    ["a file as the folder", ["--results", "results/a.jsonl"], "--results is no folder"],
    ["a run beside it", ["some-run", "--results", "results"], "A run and --results"],
    ["a page that is none", ["--results", "results", "--out", "a.pdf"], "--out is no page"],
    ["a page among the results", ["--results", "results", "--out", "results/new/a.html"], "among the results"],
    ["this folder as both", ["--results", "."], "among the results"],
    ["an --expect that is not there", ["--results", "results", "--expect", "no.json"], "--expect cannot be read"],
    ["an --expect that says nothing", ["--results", "results", "--expect", "empty.json"], "cells names no cell"],
    ["--expect alone", ["--expect", "empty.json"], "--expect without --results"],
  ])("exits with 2 for %s", (_what, words, message) => {
    using place = resultsFolder({ "results/a.jsonl": tests(["one"]), "empty.json": "{}" });
    const { status, out, err } = report(place, words);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(message);
    expect(existsSync(join(place.path, "certificate.html"))).toBe(false);
  });

  it("keeps the verdict and says what to install where there is nothing to print with", () => {
    using place = resultsFolder({ "results/cell/library.jsonl": tests(["one"]) });
    const { status, out, err } = report(place, ["--results", "results", "--pdf", "--json"], {
      browser: "/nowhere/chromium",
    });
    expect({ status, ...JSON.parse(out) }).toMatchObject({ status: 3, verdict: "passed", pdf: null });
    expect(err).toContain("apt-get install chromium");
    expect(existsSync(join(place.path, "certificate.html"))).toBe(true);
  });

  it("is never green over what it may not read", () => {
    using place = resultsFolder({
      "results/good.jsonl": tests(["one"]),
      "results/secret.jsonl": tests(["two"]),
      "results/closed/bad.jsonl": tests(["three"], "three"),
      "results/closed.log": "",
    });
    for (const name of ["", "results"]) chmodSync(join(place.path, name), 0o777);
    for (const name of ["secret.jsonl", "closed", "closed.log"]) chmodSync(join(place.path, "results", name), 0);
    const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const { status, out } = report(place, ["--results", "results", "--json"], nobody);
    chmodSync(join(place.path, "results", "closed"), 0o700);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      verdict: "inconclusive",
      cells: { inconclusive: 2 },
      counts: { passed: 1 },
    });
  });
});
