import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findings } from "../../../../pipelines/cli/ci/findings.ts";
import { jenkinsPage } from "../../../../pipelines/cli/ci/jenkins-page.ts";
import { ciOutput, tellCi } from "../../../../pipelines/cli/ci/output.ts";
import { ciPlace } from "../../../../pipelines/cli/ci/place.ts";
import type { Certificate } from "../../../../reports/certificate-document.ts";
import { renderCertificate } from "../../../../reports/render.ts";
import { sealCertificate } from "../../../../reports/seal.ts";
import { emptyCertificate } from "../../../fixtures/reports/empty.ts";
import { hostile, hostileText } from "../../../fixtures/reports/hostile.ts";
import { type CellStory, certified, inventedRun } from "../../../fixtures/reports/run.ts";
import { notRun, redEverywhere } from "../../../fixtures/reports/stories.ts";

let folder: string;
let page: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-ci-"));
  page = join(folder, "page.html");
  writeFileSync(page, renderCertificate(sealCertificate(emptyCertificate())));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function made(stories: Readonly<Record<string, CellStory>>): Promise<Certificate> {
  const { certificate, folder: written } = await certified(inventedRun(stories));
  rmSync(written, { recursive: true });
  return certificate;
}

async function told(place: "github" | "gitlab" | "jenkins" | "none", certificate: Certificate): Promise<string[]> {
  const lines: string[] = [];
  const summary = join(folder, "summary.md");
  const environment = {
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_OUTPUT: join(folder, "out"),
    CI_PROJECT_DIR: folder,
    WORKSPACE: folder,
  };
  await tellCi(ciOutput(place, environment), { sealed: sealCertificate(certificate), page }, (line) =>
    lines.push(line),
  );
  return lines;
}

it.each([
  [{ GITHUB_ACTIONS: "true", CI: "true" }, "github"],
  [{ GITLAB_CI: "true", CI: "true" }, "gitlab"],
  [{ JENKINS_URL: "http://ci/", BUILD_NUMBER: "7" }, "jenkins"],
  [{ CI: "true" }, "none"],
  [{}, "none"],
] as const)("finds the CI of %j", (environment, place) => {
  expect(ciPlace("auto", environment)).toBe(place);
  expect(ciPlace(undefined, environment)).toBe(place);
  expect(ciPlace("none", environment)).toBe("none");
});

describe("GitHub Actions", () => {
  it("gets an annotation at the place of each failure, a summary and outputs", async () => {
    const lines = await told("github", await made(redEverywhere));
    expect(lines).toHaveLength(6);
    expect(lines[0]).toBe(
      "::error file=tests/unit/test_library.py,line=118,title=debian-12/kvm-ssh library%3A tests.unit.test_library.CapacityTest test_memory_of_proc_meminfo::AssertionError: 11412399 != 16303428",
    );
    expect(readFileSync(join(folder, "summary.md"), "utf8")).toContain("Not certified");
    expect(readFileSync(join(folder, "out"), "utf8")).toMatch(/^run=.*\nverdict=failed\ncertificate=.*page\.html\n$/);
  });

  it("gets at most ten errors, of every cause one before any second, and how many are left", async () => {
    const certificate = await made(redEverywhere);
    const [first, ...others] = certificate.failures;
    if (first === undefined) throw new Error("a red certificate has failures");
    const many = Array.from({ length: 40 }, (_, index) => ({ ...first, name: `again ${index}` }));
    const failures = [first, ...many, ...others];
    const found = findings({ ...certificate, failures }, 10);
    expect(found).toHaveLength(10);
    expect(found[1]?.title).toMatch(/system: edgeprobe agent reports the memory/);
    expect(found.at(-1)?.title).toBe(`${failures.length - 9} more`);
  });

  it("is told of cells without a verdict, and not of what a waiver covers", async () => {
    const [line, ...more] = await told("github", await made(notRun));
    expect([line, more]).toEqual([expect.stringMatching(/^::error title=debian-13\/kvm-ssh%3A not run::./), []]);
    const red = await made(redEverywhere);
    expect(findings({ ...red, failures: red.failures.map((one) => ({ ...one, waiver: "W1" })) }, 10)).toEqual([]);
  });

  it("obeys nothing that a product printed: one line for each finding, values escaped, commands stopped meanwhile", async () => {
    const certificate = hostile(await made(redEverywhere));
    const evil = certificate.failures.map((one, index) => ({
      ...one,
      location: { file: ["../../etc/passwd", "/etc/passwd", "a,line=9::b"][index % 3] ?? "", line: 1 },
    }));
    const lines = await told("github", { ...certificate, failures: evil });
    for (const line of lines) {
      expect(line).toMatch(/^::error (file=[^,:]*,(line=\d+,)?)?title=[^,:]*::[^\r\n]*$/);
      expect(line).not.toMatch(/passwd|##vso|##\[/);
    }
    const ci = ciOutput("github", {});
    const [begin = "", end = ""] = [...ci.begin(), ...ci.end()];
    expect(begin.replace("stop-commands::", "")).toBe(end.slice(0, -2));
    expect(ciOutput("github", {}).begin()).not.toEqual([begin]);
  });
});

describe("GitLab and Jenkins", () => {
  it("get a folder in the workspace, and the lines that publish it", async () => {
    const certificate = await made(redEverywhere);
    const gitlab = (await told("gitlab", certificate)).join("\n");
    expect(gitlab).toMatch(/junit: edgecert\/junit\.xml/);
    expect(readdirSync(join(folder, "edgecert")).sort()).toEqual(["certificate.html", "edgecert.env", "junit.xml"]);
    expect(readFileSync(join(folder, "edgecert", "edgecert.env"), "utf8")).toContain("EDGECERT_VERDICT=failed\n");
    const jenkins = (await told("jenkins", certificate)).join("\n");
    expect(jenkins).toMatch(/^edgecert: description: Not certified: all 3 cells failed$/m);
    expect(readFileSync(join(folder, "edgecert", "description.txt"), "utf8")).toBe(
      "Not certified: all 3 cells failed\n",
    );
  });

  it("get a page for Jenkins whose style is a file, as its policy wants it", async () => {
    await told("jenkins", hostile(await made(redEverywhere)));
    const html = readFileSync(join(folder, "edgecert", "certificate.html"), "utf8");
    const css = readFileSync(join(folder, "edgecert", "certificate.css"), "utf8");
    expect(html).toMatch(/<link rel="stylesheet" href="certificate.css">\n<\/head>/);
    expect(html).toContain("style-src &#x27;self&#x27;; font-src data:;");
    expect(html).not.toMatch(/<style| style="/);
    expect(css.length).toBeGreaterThan(1_000);
    expect(() => jenkinsPage("<p>another", "a.css")).toThrow(/no style of ours/);
  });

  it("get the log of the run in one section that folds", () => {
    const ci = ciOutput("gitlab", {});
    expect([...ci.begin(), ...ci.end()].join("\n").match(/section_(start|end):\d+:edgecert_run/g)).toHaveLength(2);
  });

  it("print nothing of a product that a terminal or CI obeys", async () => {
    const certificate = hostile(await made(redEverywhere));
    for (const place of ["gitlab", "jenkins"] as const) {
      const text = (await told(place, certificate)).join("\n");
      expect(text).not.toMatch(/^::|##vso|[^\P{Cc}\n]/mu);
      expect(text).not.toContain("\u202E");
    }
    expect(hostileText).toMatch(/^::/m);
  });
});

it("says in one line that a CI could not be told, and tells nothing where there is none", async () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    rmSync(page);
    await told("jenkins", await made({}));
    expect(write.mock.calls.map(String)).toEqual([
      expect.stringMatching(/^edgecert: the CI could not be told all: .*\n$/),
    ]);
  } finally {
    write.mockRestore();
  }
  expect(await told("none", await made({}))).toEqual([]);
});
