import { rm } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { CertificateInput } from "../../reports/certificate.ts";
import type { Certificate } from "../../reports/certificate-document.ts";
import { sealCertificate } from "../../reports/seal.ts";
import { systemTests } from "../fixtures/reports/files.ts";
import { plan } from "../fixtures/reports/plan.ts";
import { certified, inventedRun } from "../fixtures/reports/run.ts";
import { notRun, redAndDamaged, redEverywhere, type Stories, withRetry } from "../fixtures/reports/stories.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function certificateOf(stories: Stories = {}, given: Partial<CertificateInput> = {}): Promise<Certificate> {
  const { certificate, folder } = await certified(inventedRun(stories), given);
  folders.push(folder);
  return certificate;
}

function words({ headline }: Certificate): string {
  return `${headline.lead}: ${headline.rest}`;
}

describe("the verdict of a run", () => {
  it.each<[string, Stories, string, string]>([
    ["green", {}, "passed", "Certified: all 3 cells passed"],
    ["red", redEverywhere, "failed", "Not certified: all 3 cells failed"],
    ["red and damaged", redAndDamaged, "failed", "Not certified: 1 of 3 cells failed"],
    ["without servers", notRun, "not-run", "Not certified: 1 of 3 cells did not run"],
    ["retried", withRetry, "passed-with-retries", "Certified: all 3 cells passed, one with a retry"],
  ])("%s", async (_what, stories, verdict, headline) => {
    const certificate = await certificateOf(stories);
    expect(certificate.verdict).toBe(verdict);
    expect(words(certificate)).toBe(headline);
  });
});

describe("the time of a run that waited for its turn", () => {
  const lane = "quickstart HEAD";

  it("is counted from its turn, not from its start", async () => {
    const run = inventedRun();
    run.emit(0.05, { type: "run.admitted", data: { lane, waitedMs: 600_000 } });
    const { certificate, folder } = await certified(run);
    folders.push(folder);
    expect(certificate.startedAt).toBe("2026-11-21T14:02:00.050Z");
  });

  it("is not shortened by a turn that it waited for again after a kill", async () => {
    const run = inventedRun();
    run.emit(60, { type: "run.admitted", data: { lane, waitedMs: 600_000 } });
    const { certificate, folder } = await certified(run);
    folders.push(folder);
    expect(certificate.startedAt).toBe("2026-11-21T14:02:00.000Z");
  });
});

describe("causes", () => {
  it("gather the same failure of several cells under one letter", async () => {
    const { causes, failures } = await certificateOf(redEverywhere);
    expect(causes.map((cause) => [cause.letter, cause.verdict, cause.cells.length])).toEqual([
      ["A", "failed", 3],
      ["B", "failed", 3],
    ]);
    expect(failures.map((test) => test.cause)).toEqual(["A", "B", "A", "B", "A", "B"]);
  });

  it("say where the same tests passed", async () => {
    const { causes } = await certificateOf(redAndDamaged);
    expect(causes[0]).toMatchObject({ cells: ["debian-13/kvm-ssh"], passedIn: ["debian-12/kvm-ssh"] });
    expect(causes[1]).toMatchObject({ verdict: "inconclusive", cells: ["debian-12/microvm-ssh"] });
  });

  it("keep messages apart that only the words of an assertion have in common", async () => {
    const bare = { status: "failed" as const, message: "expected: 5\n     got: 4\n\n(compared using ==)" };
    const system = systemTests.map((test, index) => (index < 2 ? { ...test, ...bare } : test));
    const { causes } = await certificateOf({ "debian-12/kvm-ssh": { system } });
    expect(causes.map((cause) => cause.tests.length)).toEqual([1, 1]);
  });

  it("join different tests that fail by one message, whatever its numbers", async () => {
    const system = systemTests.map((test, index) =>
      index < 3
        ? { ...test, status: "failed" as const, message: `connection to 10.0.0.${index} refused after ${index} s` }
        : test,
    );
    const { causes } = await certificateOf({ "debian-12/kvm-ssh": { system } });
    expect(causes.map((cause) => cause.title)).toEqual(["3 tests fail: connection to 10.0.0.0 refused after 0 s"]);
  });

  it("carry the failure of what kept a suite from running", async () => {
    const { causes } = await certificateOf(notRun);
    expect(causes).toHaveLength(1);
    expect(causes[0]).toMatchObject({
      title: "The server node1 did not answer by SSH within 3 min",
      blame: "infrastructure",
      next: expect.stringContaining("Look at the console"),
    });
  });
});

describe("the document", () => {
  it("holds every failed test in full, with an anchor of its own", async () => {
    const { failures } = await certificateOf(redEverywhere);
    expect(new Set(failures.map((test) => test.anchor)).size).toBe(6);
    expect(failures[1]).toMatchObject({
      name: "reports the memory of its node",
      location: { file: "spec/system_spec.rb", line: 47 },
      message: expect.stringContaining("got: 1,009,620"),
      details: expect.stringContaining("cluster.rb:88"),
    });
  });

  it("says what was certified, where it ran and what came back", async () => {
    const certificate = await certificateOf();
    expect(certificate.product).toEqual({ name: "edgeprobe", version: "1.2.0" });
    expect(certificate.packages.map((one) => one.os)).toEqual(["debian-12", "debian-13"]);
    expect(certificate.packages[0]?.file.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(certificate.servers).toHaveLength(8);
    expect(certificate.servers.every((server) => server.releasedAt !== null)).toBe(true);
    expect(certificate.holes[0]?.reason).toMatch(/microVM guests on Debian 12 only\.$/);
  });

  it("tells kept machines from forgotten ones", async () => {
    const node = "servers@debian-12/kvm-ssh";
    const keep = { value: "on-failure", from: "stage" } as const;
    const nodes = plan.nodes.map((one) => ({ ...one, policies: { ...one.policies, keep } }));
    const leftovers = [{ provider: "local", id: "ec-1", node }];
    expect((await certificateOf({}, { leftovers })).leftovers?.[0]?.kept).toBe(false);
    const run = inventedRun();
    const kept = run.events.filter((event) => event.node !== `undo:${node}`);
    run.events.splice(0, run.events.length, ...kept);
    run.emit(300, { type: "node.skipped", data: { reason: "kept" } }, { node: `undo:${node}` });
    const { certificate, folder } = await certified(run, { leftovers, plan: { ...plan, nodes } });
    folders.push(folder);
    expect(certificate.leftovers?.[0]?.kept).toBe(true);
  });

  it("remarks a source that no commit holds", async () => {
    const run = inventedRun();
    const events = run.events.map((event) =>
      event.type === "source.fetched" ? { ...event, data: { ...event.data, dirty: true } } : event,
    );
    run.events.splice(0, events.length, ...events);
    const { certificate, folder } = await certified(run);
    folders.push(folder);
    expect(certificate.remarks[0]).toMatchObject({ what: "Uncommitted", where: "edgeprobe" });
  });

  it("shows who touched a server, as a remark and as the cause of what does not count", async () => {
    const run = inventedRun();
    const node = "servers@debian-12/kvm-ssh";
    const ready = run.events.find((event) => event.type === "server.ready" && event.node === node);
    const second = (Date.parse(ready?.at ?? "") - Date.parse(run.events[0]?.at ?? "")) / 1000 + 5;
    const data = { server: "frontend", by: "alice", what: "shell" } as const;
    run.emit(second, { type: "attempt.touched", data }, { node, host: "frontend" });
    const { certificate, folder } = await certified(run);
    folders.push(folder);
    expect(certificate.cells.map(({ id, verdict }) => [id, verdict])).toEqual([
      ["debian-12/kvm-ssh", "inconclusive"],
      ["debian-13/kvm-ssh", "passed"],
      ["debian-12/microvm-ssh", "passed"],
    ]);
    expect(certificate.causes.map(({ title, cells }) => [title, cells])).toEqual([
      ["Touched by alice", ["debian-12/kvm-ssh"]],
    ]);
    expect(certificate.remarks.find(({ what }) => what === "Touched")).toMatchObject({
      where: node,
      detail: expect.stringMatching(/^alice opened a shell on frontend at \d\d:\d\d:\d\d, event \d+\.$/),
      effect: "2 suites of this run do not count",
    });
  });

  it("is not sealed over a number that JSON does not know", async () => {
    const certificate = await certificateOf();
    expect(() => sealCertificate({ ...certificate, events: Number.NaN })).toThrow("events is NaN");
  });

  it("is the same for the same record, and sealed by every part of it", async () => {
    const one = sealCertificate(await certificateOf());
    const two = sealCertificate(await certificateOf());
    expect(two.digest).toBe(one.digest);
    expect(sealCertificate({ ...two.certificate, verdict: "failed" }).digest).not.toBe(one.digest);
  });
});

describe("timings", () => {
  it("split each step into its phases, in order and without overlap", async () => {
    const { timings } = await certificateOf();
    const of = (node: string) => timings.find((timing) => timing.node === node)?.spans ?? [];
    expect(of("servers@debian-12/kvm-ssh").map((span) => span.phase)).toEqual(["waiting", "work", "boot", "work"]);
    expect(of("packages@debian-12").map((span) => span.phase)).toEqual(["build", "work"]);
    expect(of("results@debian-12/kvm-ssh").map((span) => span.phase)).toEqual([
      "prepare",
      "suites",
      "work",
      "suites",
      "work",
    ]);
    expect(of("undo:servers@debian-12/kvm-ssh").map((span) => span.phase)).toEqual(["teardown"]);
    for (const { spans } of timings) {
      spans.forEach((span, index) => {
        expect(span.from <= span.to).toBe(true);
        expect(span.to <= (spans[index + 1]?.from ?? span.to)).toBe(true);
      });
    }
  });

  it("show a server that never came up as time spent booting", async () => {
    const { timings } = await certificateOf(notRun);
    const spans = timings.find((timing) => timing.node === "servers@debian-13/kvm-ssh")?.spans ?? [];
    expect(spans.at(-1)?.phase).toBe("boot");
  });
});
