import { afterEach, describe, expect, it } from "vitest";
import { statementsOf } from "../../../../reports/exports/attestation/statement.ts";
import { type Attested, attested, statementIn } from "../../../fixtures/reports/attested.ts";
import { systemTests } from "../../../fixtures/reports/files.ts";
import { notRun, redAndDamaged, withRetry } from "../../../fixtures/reports/stories.ts";

const made: Attested[] = [];
afterEach(() => Promise.all(made.splice(0).map((one) => one.remove())));

async function statements(...of: Parameters<typeof attested>) {
  const one = await attested(...of);
  made.push(one);
  return one.lines.map(statementIn);
}

function results(all: Awaited<ReturnType<typeof statements>>) {
  return all.flatMap(({ predicate }) => ("result" in predicate ? [predicate.result] : []));
}

describe("the in-toto statements of a certificate", () => {
  it("are one test result per cell about the packages of its system, and one summary of all", async () => {
    const all = await statements();
    expect(all.map(({ predicateType }) => predicateType)).toEqual([
      ...Array(3).fill("https://in-toto.io/attestation/test-result/v0.1"),
      "https://in-toto.io/attestation/svr/v0.1",
    ]);
    expect(results(all)).toEqual(["PASSED", "PASSED", "PASSED"]);
    const names = all.map(({ subject }) => JSON.stringify(subject).match(/packages\/debian-\d+/g));
    expect(names).toEqual([
      ["packages/debian-12"],
      ["packages/debian-13"],
      ["packages/debian-12"],
      ["packages/debian-12", "packages/debian-13"],
    ]);
    expect(all[0]?.predicate.passedTests).toContain("system: edgeprobe agent starts and stays up");
    expect(all.at(-1)?.predicate.properties).toContain("EDGECERT_CERTIFIED");
  });

  it("name plan, certificate, source revision, images and suites as configuration", async () => {
    const [first] = await statements();
    const told = JSON.stringify(first?.predicate.configuration);
    for (const part of ["plan", "certificate.json", "gitCommit", "image of frontend", "suite system"])
      expect(told).toContain(part);
  });

  it("never say PASSED of a cell that did not pass, and nothing of one without a verdict", async () => {
    const red = await statements(redAndDamaged);
    expect(results(red)).toEqual(["PASSED", "FAILED"]);
    expect(JSON.stringify(red.at(-1)?.predicate.edgecert)).toMatch(/"inconclusive"/);
    const absent = await statements(notRun);
    expect(results(absent)).toEqual(["PASSED", "PASSED"]);
    expect(absent.at(-1)?.predicate.properties).not.toContain("EDGECERT_CERTIFIED");
  });

  it("warn of a cell that needed a second attempt, and name the test that was flaky", async () => {
    expect(results(await statements(withRetry))).toEqual(["PASSED", "PASSED", "WARNED"]);
    const first = systemTests.map((test, index) => (index === 0 ? { ...test, status: "failed" as const } : test));
    const [flaky] = await statements({ "debian-12/kvm-ssh": { firstAttempt: first } });
    expect(flaky?.predicate).toMatchObject({
      result: "WARNED",
      warnedTests: ["system: edgeprobe agent starts and stays up"],
      failedTests: [],
    });
  });

  it("warn of a waived failure, which stays among the failed tests", async () => {
    const one = await attested(redAndDamaged);
    made.push(one);
    const { sealed } = one;
    const cells = sealed.certificate.cells.map((cell) => ({
      ...cell,
      verdict: "passed" as const,
      waived: cell.tests.failed,
    }));
    const [, waived] = [...statementsOf({ ...sealed, certificate: { ...sealed.certificate, cells } })].map((text) =>
      JSON.parse(text),
    );
    expect(waived.predicate).toMatchObject({ result: "WARNED" });
    expect(waived.predicate.failedTests).toHaveLength(1);
  });

  it("are about source trees where there is no package, and about nothing where there is neither", async () => {
    const change = (packages: readonly []) => (certificate: Attested["sealed"]["certificate"]) => ({
      ...certificate,
      packages,
    });
    const [first] = await statements({}, { change: change([]) });
    expect(JSON.stringify(first?.subject)).toMatch(/"gitTree":"90c41f7da/);
    expect(await statements({}, { change: (made) => ({ ...made, packages: [], sources: [] }) })).toEqual([]);
  });
});
