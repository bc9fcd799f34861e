import { describe, expect, it } from "vitest";
import type { WaiverScope } from "../../pipelines/dsl/waiver.ts";
import type { Certificate } from "../../reports/certificate-document.ts";
import { exitCode } from "../../reports/exit-code.ts";
import { renderCertificate } from "../../reports/render.ts";
import type { SuiteResult } from "../../reports/results.ts";
import { systemTests } from "../fixtures/reports/files.ts";
import { cellVerdicts, changing, judgedRun, suiteOf, waiverOf } from "../fixtures/reports/judged.ts";
import { redAndDamaged, redEverywhere } from "../fixtures/reports/stories.ts";

const cell = "debian-13/kvm-ssh";
const red = { [cell]: redAndDamaged[cell] ?? {} };
const memory = "edgeprobe agent reports the memory of its node";
const exact: WaiverScope = { cell, suite: "system", test: memory };

async function certified(scope: WaiverScope, more: Parameters<typeof judgedRun>[0] & { expires?: string } = {}) {
  const { expires, ...told } = more;
  const waiver = waiverOf(scope, expires === undefined ? {} : { expires });
  const plan = { ...told.plan, waivers: [waiver] };
  return (await judgedRun({ stories: red, ...told, plan })).certificate;
}

function headlineOf({ headline: { lead, rest } }: Certificate): string {
  return `${lead}: ${rest}`;
}

describe("a waived failure", () => {
  it.each<[string, WaiverScope]>([
    ["of a test in a suite of a cell", exact],
    ["of a test wherever it fails", { test: memory }],
    ["of a test of one suite", { suite: "system", test: memory }],
  ])("%s leaves the certificate passed, and is shown", async (_what, scope) => {
    const certificate = await certified(scope);
    expect(certificate.verdict).toBe("passed");
    expect(cellVerdicts(certificate)).toEqual(["passed", "passed", "passed"]);
    expect(headlineOf(certificate)).toBe("Certified: all 3 cells passed, with 1 waived test");
    expect(suiteOf(certificate, cell, "system")).toMatchObject({ waived: 1, exitCode: 1, counts: { failed: 1 } });
    expect(certificate.cells.map((one) => one.waived)).toEqual([0, 1, 0]);
    const [failed, ...others] = certificate.failures;
    expect(others).toEqual([]);
    expect(failed).toMatchObject({ waiver: "W1", status: "failed", counted: true });
    expect(certificate.waivers).toEqual([
      { ...waiverOf(scope), letter: "W1", tests: [failed?.anchor], accepts: [], cells: [cell] },
    ]);
    expect(certificate.causes.map((cause) => cause.verdict)).toEqual(["passed"]);
    expect(certificate.remarks).toEqual([]);
  });

  it("renders", async () => {
    const { certificate, digest } = await judgedRun({ stories: red, plan: { waivers: [waiverOf(exact)] } });
    expect(renderCertificate({ certificate, digest })).toContain("with 1 waived test");
  });

  it.each<[string, number, readonly string[]]>([
    ["only its own stage failed", 0, [`results@${cell}`]],
    ["another node did not pass", 3, [`results@${cell}`, "publish"]],
    ["a stage without a waived test failed", 3, ["results@debian-12/kvm-ssh"]],
    ["it is not known which did not pass", 3, []],
  ])("ends with the right code where %s: %i", async (_where, code, unpassed) => {
    const certificate = await certified(exact);
    expect(exitCode({ certificate, outcome: "failed", unpassed })).toBe(code);
    expect(exitCode({ certificate, outcome: "waiting", unpassed })).toBe(5);
  });

  it.each<[string, WaiverScope]>([
    ["another cell", { ...exact, cell: "debian-12/kvm-ssh" }],
    ["another suite", { ...exact, suite: "library" }],
    ["another test", { ...exact, test: "edgeprobe agent starts and stays up" }],
    ["a part of the name", { ...exact, test: "reports the memory of its node" }],
    ["a test of other parameters", { ...exact, params: "x" }],
    ["a test that another run had", { test: "edgeprobe agent reports the weather" }],
    ["vanished tests", { suite: "system", vanished: 1 }],
    ["a scenario that no catalogue has", { scenario: "EP1.1" }],
    ["everything", {}],
    ["a whole cell", { cell }],
    ["a whole suite", { cell, suite: "system" }],
  ])("is none by a waiver of %s", async (_what, scope) => {
    const certificate = await certified(scope);
    expect(certificate.verdict).toBe("failed");
    expect(certificate.failures[0]).not.toHaveProperty("waiver");
    expect(certificate.waivers[0]).toMatchObject({ letter: "W1", tests: [], cells: [] });
    expect(certificate.remarks).toMatchObject([{ what: "Waiver", where: "W1" }]);
  });

  it("leaves what else fails", async () => {
    const certificate = await certified({ suite: "system", test: memory }, { stories: redEverywhere });
    expect(certificate.verdict).toBe("failed");
    expect(suiteOf(certificate, cell, "system").verdict).toBe("passed");
    expect(suiteOf(certificate, cell, "library")).toMatchObject({ verdict: "failed", waived: 0 });
    expect(headlineOf(certificate)).toBe("Not certified: all 3 cells failed");
  });

  it("tells of both where one test is waived and another is not", async () => {
    const change = changing(cell, "system", (test) =>
      test.name === "starts and stays up" ? { ...test, status: "error", message: "no pid" } : test,
    );
    const certificate = await certified(exact, { change });
    expect(suiteOf(certificate, cell, "system")).toMatchObject({
      verdict: "failed",
      reason: "1 test failed, 1 waived, 8 passed.",
      waived: 1,
    });
    expect(certificate.causes.map((cause) => cause.verdict)).toEqual(["failed", "passed"]);
  });
});

describe("a waiver that expired", () => {
  it.each<[string, number, string]>([
    ["before the run", 0, "2026-11-20"],
    ["while the run was at work", 0, "2026-11-21T14:03:00Z"],
    ["when the run was resumed days later", 2, "2026-11-22"],
    ["at a time that is none", 0, "2026-11-99"],
    ["for ever", 0, "2027-12-31"],
  ])("%s waives nothing, and is shown", async (_when, day, expires) => {
    const certificate = await certified(exact, { day, expires });
    expect(certificate.verdict).toBe("failed");
    expect(certificate.waivers[0]?.refused).toMatch(/^It (expired at|is valid for too long)/);
    expect(certificate.remarks).toMatchObject([{ what: "Waiver", where: "W1", effect: "it waives nothing" }]);
  });

  it("is not revived by a clock that is set back before the run ends", async () => {
    const changeEvents: NonNullable<Parameters<typeof judgedRun>[0]>["changeEvents"] = (events) =>
      events.map((event, index) => ({ ...event, at: index < 20 ? event.at : "2020-01-01T00:00:00.000Z" }));
    const certificate = await certified(exact, { changeEvents, expires: "2026-11-21T14:02:01Z" });
    expect(certificate.verdict).toBe("failed");
  });
});

describe("what no waiver helps", () => {
  const withSystem = (change: (result: SuiteResult) => SuiteResult) => (result: SuiteResult) =>
    result.cell === cell && result.suite === "system" ? change(result) : result;

  it.each<[string, (result: SuiteResult) => SuiteResult, RegExp]>([
    ["damaged evidence", (one) => ({ ...one, damaged: "It is cut." }), /^It is cut\.$/],
    [
      "an exit code that tests do not give",
      (one) => ({ ...one, exitCode: 137 }),
      /or are waived, but .* exit code 137\.$/,
    ],
    ["an exit code that was lost", (one) => ({ ...one, exitCode: null }), /exit code was lost/],
    ["an exit code that says all passed", (one) => ({ ...one, exitCode: 0 }), /one of the two is wrong/],
    ["another format", (one) => ({ ...one, format: "tap" }), /of the format tap/],
  ])("%s", async (_what, change, reason) => {
    const certificate = await certified(exact, { change: withSystem(change) });
    expect(suiteOf(certificate, cell, "system").verdict).toBe("inconclusive");
    expect(suiteOf(certificate, cell, "system").reason).toMatch(reason);
  });

  it("no evidence", async () => {
    const changeEvents: NonNullable<Parameters<typeof judgedRun>[0]>["changeEvents"] = (events) =>
      events
        .filter(
          (one) => !(one.type === "suite.finished" && one.node === `results@${cell}` && one.data.suite === "system"),
        )
        .map((one, index) => ({ ...one, seq: index + 1 }));
    const certificate = await certified(exact, { changeEvents });
    expect(certificate.verdict).not.toBe("passed");
    expect(certificate.waivers[0]?.tests).toEqual([]);
  });

  it("a person on the server", async () => {
    const changeEvents: NonNullable<Parameters<typeof judgedRun>[0]>["changeEvents"] = (events) => {
      const at = events.findIndex((one) => one.type === "suite.started" && one.node === `results@${cell}`);
      const [like] = events.slice(at, at + 1);
      if (like === undefined) throw new Error("no suite was started");
      const data = { server: "node1", by: "eve", what: "shell" } as const;
      const touch = { ...like, type: "attempt.touched", node: `servers@${cell}`, data } as const;
      return events.toSpliced(at, 0, touch).map((one, index) => ({ ...one, seq: index + 1 }));
    };
    const certificate = await certified(exact, { changeEvents });
    expect(suiteOf(certificate, cell, "system")).toMatchObject({ verdict: "inconclusive", reason: /^Touched by eve/ });
  });

  it("a stage that failed by something else than its suites", async () => {
    const changeEvents: NonNullable<Parameters<typeof judgedRun>[0]>["changeEvents"] = (events) =>
      events.map((one) =>
        one.type === "node.failed" && one.node === `results@${cell}`
          ? { ...one, data: { failure: { ...one.data.failure, reason: "suites-unknown" } } }
          : one,
      );
    expect((await certified(exact, { changeEvents })).verdict).toBe("inconclusive");
  });

  it("a skip of all that is not waived, in a suite of which everything else was skipped", async () => {
    const all = systemTests.map((test) => ({ ...test, status: "skipped" as const }));
    const certificate = await certified(exact, { stories: { [cell]: { system: all } } });
    expect(certificate.verdict).toBe("inconclusive");
  });
});

describe("evidence that counts for several cells", () => {
  const both = {
    cells: [
      { id: "debian-13/kvm-ssh", values: { os: "debian-13", environment: "kvm-ssh" } },
      { id: "debian-13/lxd-ssh", values: { os: "debian-13", environment: "lxd-ssh" } },
    ],
  };
  it("is not waived by a waiver of one of them", async () => {
    const wide = await judgedRun();
    const plan = async (scope: WaiverScope) => {
      const nodes = (await import("../fixtures/reports/plan.ts")).plan.nodes.map((node) =>
        node.id === `results@${cell}` ? { ...node, cell: { os: "debian-13" } } : node,
      );
      return { ...both, nodes, waivers: [waiverOf(scope)] };
    };
    expect(wide.certificate.verdict).toBe("passed");
    const one = await judgedRun({ stories: red, plan: await plan(exact) });
    expect(one.certificate.failures[0]).not.toHaveProperty("waiver");
    const all = await judgedRun({ stories: red, plan: await plan({ suite: "system", test: memory }) });
    expect(all.certificate.failures[0]).toMatchObject({ waiver: "W1" });
    expect(all.certificate.waivers[0]?.cells).toEqual(["debian-13/kvm-ssh", "debian-13/lxd-ssh"]);
  });
});
