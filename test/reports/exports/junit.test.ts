import { rm } from "node:fs/promises";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import type { Certificate } from "../../../reports/certificate-document.ts";
import { junit } from "../../../reports/exports/junit.ts";
import { readJunitXml } from "../../../reports/formats/junit-xml.ts";
import { systemTests } from "../../fixtures/reports/files.ts";
import { hostile } from "../../fixtures/reports/hostile.ts";
import { type CellStory, certified, inventedRun } from "../../fixtures/reports/run.ts";
import { notRun, redAndDamaged, redEverywhere, withRetry } from "../../fixtures/reports/stories.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

async function made(stories: Readonly<Record<string, CellStory>>): Promise<Certificate> {
  const { certificate, folder } = await certified(inventedRun(stories));
  await rm(folder, { recursive: true });
  return certificate;
}

/** Elements by name with their attributes; throws where the text is not well-formed XML. */
function elements(text: string): readonly { readonly name: string; readonly attributes: Record<string, string> }[] {
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => found.push({ name, attributes }));
  parser.on("error", (error) => {
    throw error;
  });
  parser.write(text).close();
  return found;
}

describe("the merged JUnit file", () => {
  it.each([
    ["all is well", {}],
    ["red", redEverywhere],
    ["damaged", redAndDamaged],
    ["not run", notRun],
    ["retried", withRetry],
  ])("is well-formed where %s, with as many failures as the certificate has", async (_, stories) => {
    const certificate = await made(stories);
    const found = elements([...junit(certificate)].join(""));
    const of = (name: string) => found.filter((one) => one.name === name);
    const tests = certificate.suites.flatMap((suite) => suite.tests);
    const green = certificate.cells.every(({ verdict }) => verdict.startsWith("passed"));
    expect(of("failure")).toHaveLength(tests.filter(({ status }) => status === "failed").length);
    expect(of("failure").length + of("error").length === 0).toBe(green);
    const sum = (name: string) =>
      of("testsuite").reduce((total, { attributes }) => total + Number(attributes[name]), 0);
    expect(sum("tests")).toBe(of("testcase").length);
    expect(sum("errors")).toBe(of("error").length);
    expect(sum("skipped")).toBe(of("skipped").length);
  });

  it.each([
    ["all is well", {}, 0],
    ["red", redEverywhere, 0],
    ["damaged", redAndDamaged, 1],
    ["retried", withRetry, 0],
  ])("is read back by our own reader to the same tests where %s", async (_, stories, silent) => {
    const certificate = await made(stories);
    const { tests, damaged, remarks } = await readJunitXml(memoryFile([...junit(certificate)].join("")));
    expect([damaged, remarks]).toEqual([null, []]);
    const own = certificate.suites.flatMap((suite) => suite.tests);
    const counts = (some: readonly { readonly status: string }[]) =>
      ["passed", "failed", "error", "skipped"].map((status) => some.filter((test) => test.status === status).length);
    const [passed, failed, error = 0, skipped] = counts(own);
    expect(counts(tests)).toEqual([passed, failed, error + silent, skipped]);
  });

  it("is read back with the attempts of a test that did not pass at once", async () => {
    const first = systemTests.map((test, index) =>
      index === 0 ? { ...test, status: "failed" as const, message: "too early" } : test,
    );
    const certificate = await made({ "debian-12/kvm-ssh": { firstAttempt: first } });
    const { tests } = await readJunitXml(memoryFile([...junit(certificate)].join("")));
    const retried = tests.filter(({ attempts = [] }) => attempts.length > 0);
    expect(retried).toMatchObject([{ status: "passed", attempts: [{ status: "failed", message: "too early" }] }]);
  });

  it("names the cell in each suite and repeats it as a property", async () => {
    const certificate = await made({});
    const found = elements([...junit(certificate)].join(""));
    const suites = found.filter(({ name }) => name === "testsuite").map(({ attributes }) => attributes.name);
    expect(suites).toContain("debian-13/kvm-ssh / system");
    const cells = found.filter(({ name, attributes }) => name === "property" && attributes.name === "cell");
    expect(new Set(cells.map(({ attributes }) => attributes.value))).toEqual(
      new Set(certificate.cells.map(({ id }) => id)),
    );
  });

  it("is red for a cell that never ran", async () => {
    const found = elements([...junit(await made(notRun))].join(""));
    expect(found.filter(({ name }) => name === "error").length).toBeGreaterThan(0);
  });

  it("stays well-formed with hostile texts, and keeps all of them as text", async () => {
    const plain = elements([...junit(await made(redEverywhere))].join(""));
    const found = elements([...junit(hostile(await made(redEverywhere)))].join(""));
    const names = (list: typeof found) => new Set(list.map(({ name }) => name));
    expect([...names(found)].filter((name) => !names(plain).has(name))).toEqual(["system-out"]);
    expect(found.filter(({ name }) => name === "testcase")).toHaveLength(
      plain.filter(({ name }) => name === "testcase").length,
    );
  });
});
