import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FailureClass, FailureError } from "../../../pipelines/dsl/failure.ts";
import { type Environment, suitesOf } from "../../../pipelines/environments/environment.ts";
import { kvmSsh } from "../../../pipelines/environments/kvm-ssh.ts";
import { onServers, type ServerWork } from "../../../pipelines/stages/loss.ts";
import type { Machine } from "../../../pipelines/stages/machine.ts";
import { setUpServers } from "../../../pipelines/stages/set-up.ts";
import type { FetchedSource } from "../../../pipelines/stages/source.ts";
import { runSuites } from "../../../pipelines/stages/suites.ts";
import { type Answer, fakeMachine, fakeServer } from "./fake-machine.ts";
import { caught, type Recorded, recordedContext } from "./stage-context.ts";

let root: string;
let recorded: Recorded;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgecert-loss-"));
  recorded = recordedContext({ root, node: "results@debian-12/kvm-ssh", suites: suitesOf(kvmSsh) });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const up: Answer = (command) => (command.startsWith("cat /proc/uptime") ? { stdout: "5000.00 4000.00\n" } : undefined);
const dead: Answer = () => new Error("connection refused");
const rebooted: Answer = (command) => (command.startsWith("cat /proc/uptime") ? { stdout: "0.00 0.00\n" } : undefined);
const rebootedByUs: Answer = (command) =>
  command.startsWith("cat /proc/uptime") ? { stdout: "0.00 0.00\nasked\n" } : undefined;
const node = (answer: Answer) => fakeMachine(fakeServer("node1", "node"), answer);
const failing = (kind: FailureClass) => async () => {
  const words = { title: "It broke", detail: "seen", next: "-" };
  throw new FailureError({ reason: "broke", class: kind, ...words });
};

describe("work on servers", () => {
  it.each([
    ["again", "transient", up, "broke", "transient"],
    ["once", "transient", up, "servers-lost", "lost"],
    ["once", "fatal", up, "broke", "fatal"],
    ["once", "fatal", dead, "servers-lost", "lost"],
    ["again", "transient", dead, "servers-lost", "lost"],
    ["again", "fatal", rebooted, "servers-lost", "lost"],
    ["again", "fatal", rebootedByUs, "broke", "fatal"],
    ["once", "test", dead, "broke", "test"],
  ] as const)("that may be done %s and breaks off with %s", async (repeatable, kind, answer, reason, seen) => {
    const of: ServerWork = { title: "it worked", repeatable };
    const machines = [fakeMachine(fakeServer("frontend", "frontend"), up), node(answer)];
    const failure = await caught(onServers(machines, of, recorded.ctx, failing(kind)));
    expect(failure).toMatchObject({ reason, class: seen });
    if (reason === "servers-lost" && answer !== up) expect(failure.detail).toContain("node1");
  });

  it("is not asked about after a cancel", async () => {
    const { ctx } = recordedContext({ root, signal: AbortSignal.abort() });
    const machine = node(dead);
    const of: ServerWork = { title: "it worked", repeatable: "once" };
    expect(await caught(onServers([machine], of, ctx, failing("transient")))).toMatchObject({ reason: "broke" });
    expect(machine.commands).toEqual([]);
  });
});

describe("the set-up of servers", () => {
  const of = {
    environment: { ...kvmSsh, roles: [], state: [], proofs: [] },
    packages: { os: "debian-12", packages: [] },
  };
  const marks =
    (said: string): Answer =>
    (command) =>
      command.includes("echo begun") ? { stdout: said } : undefined;

  it("leaves marks before and after it", async () => {
    const machine = node(marks(""));
    await setUpServers([machine], of, recorded.ctx);
    const written = machine.commands.flatMap(({ command }) => /head -c \d+ > '([^']+)'/.exec(command)?.[1] ?? []);
    expect(written).toEqual(["/var/lib/edgecert/preparing", "/var/lib/edgecert/prepared"]);
  });

  it("is not repeated where it is complete", async () => {
    const machine = node(marks("begun\ndone\n"));
    await setUpServers([machine], of, recorded.ctx);
    expect(machine.commands).toHaveLength(1);
    expect(recorded.notes.join()).toContain("earlier attempt");
  });

  it("is never completed by another attempt: the servers are given up", async () => {
    const failure = await caught(setUpServers([node(marks("begun\n"))], of, recorded.ctx));
    expect(failure).toMatchObject({ reason: "set-up-interrupted", class: "lost", detail: "node1" });
  });
});

describe("a suite", () => {
  const results = "/var/lib/edgecert/results/library/unittest.jsonl";
  const source: FetchedSource = {
    name: "edgeprobe",
    url: ".",
    ref: "HEAD",
    commit: "",
    treeDigest: "",
    dirty: false,
    archive: { path: "sources/edgeprobe.tar", sha256: "0".repeat(64), bytes: 0 },
  };
  const environment = { ...kvmSsh, suites: kvmSsh.suites.slice(0, 1) };
  /** A front-end whose one job ends with this word of its script. */
  const frontend = (end: string, start = "started") =>
    fakeMachine(
      fakeServer("frontend", "frontend"),
      (command, input) => {
        if (input.includes("echo following >&2")) return { stderr: `following\n${end} 100 0\n` };
        if (input.includes("systemd-run")) return { stdout: `${start}\n` };
        if (command.startsWith("for f in")) return { stdout: "yes\nno\n" };
        return up(command, input);
      },
      { [results]: Buffer.from("{}") },
    );
  const run = async (machines: readonly Machine[], of: Environment = environment) => {
    mkdirSync(join(root, "run/sources"), { recursive: true });
    writeFileSync(join(root, "run", source.archive.path), "");
    return runSuites(machines, { environment: of, source }, recorded.ctx);
  };
  const types = () => recorded.events.map(({ body }) => body.type).filter((type) => type !== "log" && type !== "note");

  it("that failed while all servers lived counts", async () => {
    expect(await run([frontend("exited 1"), node(up)])).toMatchObject([{ suite: "library", exitCode: 1 }]);
    expect(types()).toEqual(["suite.started", "suite.finished"]);
  });

  it("is left out where the plan does not expect it, and limited to one test where the plan says so", async () => {
    const only = { class: "test_a.ATest", name: "test_b" };
    recorded = recordedContext({ root, suites: [{ name: "library", format: "unittest", only }] });
    const machine = frontend("exited 0");
    expect(await run([machine], kvmSsh)).toMatchObject([{ suite: "library" }]);
    const told = machine.commands.map(({ command, input }) => command + input).join("\n");
    expect(told).toMatch(/EDGECERT_ONLY_TEST.*test_a\.ATest\.test_b/s);
    expect(told).toContain("--only");
    recorded = recordedContext({ root, suites: [{ name: "library", format: "unittest" }] });
    const whole = frontend("exited 0");
    await run([whole], kvmSsh);
    expect(whole.commands.map(({ command, input }) => command + input).join()).not.toContain("--only");
  });

  it("that an earlier attempt started is followed, not started again", async () => {
    expect(await run([frontend("exited 0", "attached"), node(up)])).toMatchObject([{ suite: "library", exitCode: 0 }]);
    expect(recorded.notes.join()).toContain("suite-library was already started on frontend");
  });

  it.each([
    ["its other server is dead", "exited 1", dead, "node1"],
    ["its own server started again", "rebooted -", up, "started again"],
    ["its process is gone without a word", "vanished -", up, "no exit code"],
  ] as const)("does not count where %s: the failure is of class lost", async (_, end, answer, words) => {
    const failure = await caught(run([frontend(end), node(answer)]));
    expect(failure).toMatchObject({ reason: "servers-lost", class: "lost" });
    expect(failure.detail).toContain(words);
    expect(types()).toEqual(["suite.started", "evidence"]);
  });
});
