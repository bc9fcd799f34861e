import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Event } from "../pipelines/dsl/event.ts";
import type { Certificate } from "../reports/certificate-document.ts";
import { type Edgecert, edgecert, processesWith, readmeCommand, terminalCommand, testHome } from "./certify-process.ts";

const minutes = 60_000;
const cell = ["--only", "debian-12/kvm-ssh"];

function runOf(events: readonly string[]): string {
  const first: Event = JSON.parse(events.find((line) => line.startsWith('{"v":')) ?? "{}");
  return first.run;
}

function certificateOf(run: string): Certificate {
  return JSON.parse(readFileSync(join(testHome, "runs", run, "certificate.json"), "utf8"));
}

/** The cells that the run was asked for. */
function selected({ cells }: Certificate): Certificate["cells"] {
  return cells.filter((one) => one.blame !== "selection");
}

async function done(process: Edgecert) {
  const code = await process.ended;
  return { code, out: process.out.join("\n"), err: process.err.join("\n") };
}

/** Where the database of the test home lies: below it, or where an ordinary user can enter when root runs the tests. */
function databaseFolder(): string {
  const moved = globSync("/var/lib/edgecert-*/home.txt").find((file) => readFileSync(file, "utf8").trim() === testHome);
  return moved === undefined ? testHome : dirname(moved);
}

/** Nothing of the run lives on: no server, no file of one, and no database. */
async function expectNothingLeft(run: string): Promise<void> {
  const { out } = await done(edgecert("list", "--machines", "--json"));
  const held: readonly { readonly run: string }[] = JSON.parse(out);
  expect(held.filter((one) => one.run === run)).toEqual([]);
  expect(processesWith("qemu-system", run)).toEqual([]);
  expect(processesWith("postgres", "-D", databaseFolder())).toEqual([]);
}

function killServer(run: string, name: string): void {
  const [found] = processesWith("qemu-system", run, `edgecert-${name}`);
  if (found === undefined) throw new Error(`no process of ${name} was found`);
  process.kill(found.pid, "SIGKILL");
}

const started: Edgecert[] = [];
function start(...words: readonly string[]): Edgecert {
  const process = edgecert(...words);
  started.push(process);
  return process;
}
afterAll(() => {
  for (const one of started) one.child.kill("SIGKILL");
});

describe("the quickstart", () => {
  it("certifies every cell of the matrix and gives everything back", { timeout: 14 * minutes }, async () => {
    const { code, out, err } = await done(readmeCommand("certify", "--plain"));
    expect({ code, err, last: out.split("\n").slice(-30) }).toMatchObject({ code: 0 });
    const [verdict = "", left = "", path = ""] = out.trimEnd().split("\n").slice(-3);
    expect(verdict).toMatch(/^Verdict: {5}Certified: all 3 cells passed/);
    expect(left).toBe("Left over:   0");
    const run = path.split("/").at(-2) ?? "";
    const certificate = certificateOf(run);
    expect(certificate.cells.map((one) => [one.id, one.verdict])).toEqual([
      ["debian-12/kvm-ssh", "passed"],
      ["debian-13/kvm-ssh", "passed"],
      ["debian-12/microvm-ssh", "passed"],
    ]);
    expect(certificate.holes.map((one) => one.id)).toEqual(["debian-13/microvm-ssh"]);
    expect(certificate.leftovers).toEqual([]);
    const built = (os: string) => certificate.packages.filter((one) => one.os === os).map((one) => one.name);
    const everywhere = ["edgeprobe", "edgeprobe-exporter", "edgeprobe-tests"];
    expect(built("debian-12").sort()).toEqual([...everywhere, "edgeprobe-client"].sort());
    expect(built("debian-13").sort()).toEqual(everywhere);
    expect(Math.min(...certificate.suites.map((one) => one.counts?.passed ?? 0))).toBeGreaterThan(3);
    expect(new Set(certificate.suites.map((one) => one.format))).toEqual(
      new Set(["unittest", "rspec-lines", "go-test-json", "junit-xml"]),
    );
    const measured = new Set(certificate.measures.map((one) => one.suite));
    expect([...measured].sort()).toEqual(["client", "exporter", "library", "system"]);
    expect(certificate.measures.every(({ better, unit }) => better !== "neither" && unit !== "")).toBe(true);
    expect(certificate.servers.map((one) => one.description?.kernel)).toEqual(
      certificate.servers.map((one) => one.facts.kernel),
    );
    expect(certificate.readiness.map((one) => one.node)).toHaveLength(3);
    expect(certificate.requestedBy).not.toBeNull();
    expect(certificate.definition?.file).toBe("pipelines/quickstart.ts");
    const html = readFileSync(path.replace("Certificate: ", ""), "utf8");
    expect(html).toContain(run);
    await expectNothingLeft(run);
  });

  it("gives the same verdict when it is killed during the build and during the suites", {
    timeout: 14 * minutes,
  }, async () => {
    const first = start("run", "pipelines/quickstart.ts", ...cell, "-p", "demonstrate=failure", "--json");
    await first.next((event) => event.type === "log" && event.node === "packages@debian-12");
    first.child.kill("SIGKILL");
    expect(await first.ended).toBe("SIGKILL");
    const run = runOf(first.out);

    const second = start("resume", run, "--json");
    await second.next((event) => event.type === "suite.started");
    await second.next((event) => event.type === "log" && event.node === "results@debian-12/kvm-ssh");
    second.child.kill("SIGKILL");
    expect(await second.ended).toBe("SIGKILL");

    const { code, out, err } = await done(start("resume", run, "--json"));
    expect({ code, err: err.split("\n").slice(-20) }).toMatchObject({ code: 1 });
    expect(out).toContain('"run.sealed"');
    const stream = (await done(start("logs", run, "--json"))).out;
    for (const work of ["build", "suite-library"]) expect(stream).toContain(`${work} was already started on`);
    const certificate = certificateOf(run);
    expect(selected(certificate).map((one) => [one.id, one.verdict, one.blame])).toEqual([
      ["debian-12/kvm-ssh", "failed", "product"],
    ]);
    expect(certificate.resumed).toBe(2);
    expect(certificate.failures.length).toBeGreaterThan(0);
    expect(certificate.failures.every((one) => one.message !== "")).toBe(true);
    expect(certificate.evidence.map((one) => one.kind)).toContain("journal");
    expect(certificate.leftovers).toEqual([]);
    await expectNothingLeft(run);
  });

  it("certifies on fresh servers when one died under its suite: passed with retries", {
    timeout: 14 * minutes,
  }, async () => {
    const process = start("run", "pipelines/quickstart.ts", ...cell, "--json");
    await process.next((event) => event.type === "suite.started" && event.data.suite === "system");
    const run = runOf(process.out);
    killServer(run, "node1");
    const { code, err } = await done(process);
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining("with a retry") });
    const certificate = certificateOf(run);
    expect(selected(certificate).map((one) => [one.verdict, one.blame])).toEqual([["passed-with-retries", "nobody"]]);
    expect(certificate.causes.map((one) => one.detail).join()).toContain("node1");
    const attempts = certificate.attempts.map((one) => [one.node, one.attempts.map(({ outcome }) => outcome)]);
    expect(attempts).toEqual([
      ["servers@debian-12/kvm-ssh", ["passed", "passed"]],
      ["results@debian-12/kvm-ssh", ["failed", "passed"]],
      ["undo:servers@debian-12/kvm-ssh", ["passed", "passed"]],
    ]);
    const tested = certificate.servers.filter((one) => one.role !== "build");
    expect(tested.map(({ name, attempt }) => `${name} ${attempt}`).sort()).toEqual([
      "frontend 1",
      "frontend 2",
      "node1 1",
      "node1 2",
    ]);
    expect(tested.every((one) => one.releasedAt !== null)).toBe(true);
    expect(certificate.suites.map((one) => one.attempt)).toEqual([2, 2, 2]);
    await expectNothingLeft(run);
  });

  it("is not run where a server died and no attempt is left: no test failed on it", {
    timeout: 12 * minutes,
  }, async () => {
    const process = start("run", "test/fixtures/definitions/one-chance.ts", "--json");
    await process.next((event) => event.type === "suite.started");
    const run = runOf(process.out);
    killServer(run, "node1");
    const { code, err } = await done(process);
    expect({ code, err }).toMatchObject({ code: 3 });
    const certificate = certificateOf(run);
    expect(certificate.cells.map((one) => [one.verdict, one.blame])).toEqual([["not-run", "infrastructure"]]);
    expect(certificate.causes.map((one) => one.detail).join()).toContain("node1");
    await expectNothingLeft(run);
  });

  it("gives everything back on an interrupt, and says so", { timeout: 8 * minutes }, async () => {
    const process = start("run", "pipelines/quickstart.ts", ...cell, "--json");
    const { run } = await process.next((event) => event.type === "server.ready");
    const visit = await done(start("ssh", "debian-12/build", "--run", run, "--by", "alice", "--", "hostname; exit 7"));
    expect(visit).toMatchObject({ code: 7, out: "builder", err: expect.stringContaining("does not count") });
    process.child.kill("SIGINT");
    const { code, err } = await done(process);
    expect({ code, err }).toMatchObject({ code: 6 });
    expect(err).toMatch(/giving every machine back/);
    expect(err).toMatch(/^Left over: {3}0$/m);
    const touched = certificateOf(run).remarks.find(({ what }) => what === "Touched");
    expect(touched?.where).toBe("builders@debian-12");
    expect(touched?.detail).toContain("alice ran a command on builder");
    await expectNothingLeft(run);
  });

  it("says not run where a server never booted", { timeout: 8 * minutes }, async () => {
    const { code, out, err } = await done(start("run", "test/fixtures/definitions/never-boots.ts", "--json"));
    expect({ code, err }).toMatchObject({ code: 3 });
    const run = runOf(out.split("\n"));
    expect(certificateOf(run).cells.map((one) => [one.verdict, one.blame])).toEqual([["not-run", "infrastructure"]]);
    await expectNothingLeft(run);
  });
});

describe("an approval", () => {
  it("waits with exit 5, and an approval by another process lets the run go on", { timeout: 3 * minutes }, async () => {
    const waiting = await done(start("run", "test/fixtures/definitions/approval.ts", "--json"));
    expect({ code: waiting.code, err: waiting.err }).toMatchObject({ code: 5 });
    const run = runOf(waiting.out.split("\n"));
    const approved = await done(start("approve", run, "--by", "owner", "--reason", "looks right"));
    expect({ code: approved.code, err: approved.err }).toMatchObject({ code: 0 });
    const release = JSON.parse(readFileSync(join(testHome, "runs", run, "release.json"), "utf8"));
    expect(release.decisions).toMatchObject([{ decision: "approved", by: "owner", node: "agreed" }]);
    const again = await done(start("approve", run));
    expect(again.code).toBe(2);
    const { out } = await done(start("logs", run, "published"));
    expect(out).toContain("published, as owner agreed");
  });

  it("ends with exit 6 when it is rejected", { timeout: 3 * minutes }, async () => {
    const waiting = await done(start("run", "test/fixtures/definitions/approval.ts", "--json"));
    const run = runOf(waiting.out.split("\n"));
    expect((await done(start("reject", run, "--reason", "too early"))).code).toBe(6);
    const status = JSON.parse((await done(start("status", run, "--json"))).out);
    expect(status.nodes.find((one: { id: string }) => one.id === "published").state).toBe("skipped");
  });

  it("is refused for a certificate that was changed after the seal", { timeout: 3 * minutes }, async () => {
    const waiting = await done(start("run", "test/fixtures/definitions/approval.ts", "--json"));
    const run = runOf(waiting.out.split("\n"));
    const path = join(testHome, "runs", run, "certificate.json");
    const sealed = readFileSync(path, "utf8");
    writeFileSync(path, sealed.replace('"approval"', '"approved"'));
    const { code, err } = await done(start("approve", run));
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("changed after it was sealed") });
    writeFileSync(path, sealed);
    expect((await done(start("reject", run))).code).toBe(6);
  });
});

describe("a reader that goes early", () => {
  it("leaves no database behind", { timeout: 3 * minutes }, async () => {
    const waiting = await done(start("run", "test/fixtures/definitions/approval.ts", "--json"));
    const run = runOf(waiting.out.split("\n"));
    const reader = start("logs", run, "--json", "--follow");
    await reader.next(() => true);
    reader.child.stdout?.destroy();
    expect((await done(start("reject", run))).code).toBe(6);
    expect(await reader.ended).toBe(0);
    await expectNothingLeft(run);
  });
});

describe("a run that nobody looks at any more", () => {
  const held = "test/fixtures/definitions/held.ts";
  const heldFile = (run: string) => join(testHome, "runs", run, "held.txt");
  const uses = (event: Event) => event.type === "note" && event.node === "user";

  it("gives back what it holds after its terminal was closed", { timeout: 3 * minutes }, async () => {
    const terminal = terminalCommand("run", held, "--json");
    const { run } = await terminal.next(uses);
    expect(existsSync(heldFile(run))).toBe(true);
    terminal.child.kill("SIGKILL");
    const { out } = await done(start("logs", run, "--json", "--follow"));
    expect(out).toContain(`"type":"run.finished","data":{"outcome":"cancelled","leaked":0}`);
    expect(existsSync(heldFile(run))).toBe(false);
  });

  it("goes on in a worker that stands by when its process was killed", { timeout: 3 * minutes }, async () => {
    const worker = start("worker");
    await expect.poll(() => worker.out.join(), { timeout: minutes }).toContain("Standing by");
    const process = start("run", held, "--json");
    const { run } = await process.next(uses);
    process.child.kill("SIGKILL");
    await expect.poll(() => worker.out.join(), { timeout: minutes }).toContain(`${run}: its process is gone`);
    expect((await done(start("cancel", run))).code).toBe(0);
    await expect.poll(() => worker.out.join(), { timeout: minutes }).toContain(`${run}: cancelled`);
    expect(existsSync(heldFile(run))).toBe(false);
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
  });

  it("gives back what it holds when standard error was closed", { timeout: 3 * minutes }, async () => {
    const process = start("run", held, "--json");
    const { run } = await process.next(uses);
    process.child.stderr?.destroy();
    process.child.kill("SIGINT");
    expect(await process.ended).toBe(6);
    expect(existsSync(heldFile(run))).toBe(false);
  });
});

describe("a run that leaks", () => {
  it("names what failed with exit 4, and resume gives it back for good", { timeout: 3 * minutes }, async () => {
    const leaked = await done(start("run", "test/fixtures/definitions/leaks.ts", "--json"));
    expect({ code: leaked.code, err: leaked.err }).toMatchObject({
      code: 4,
      err: expect.stringMatching(/^Leaked: {6}undo:holder \(It is stuck\); try again: edgecert resume /m),
    });
    const run = runOf(leaked.out.split("\n"));
    rmSync(join(testHome, "runs", run, "stuck.txt"));
    const { code, out } = await done(start("resume", run));
    expect({ code, out }).toMatchObject({ code: 0, out: expect.not.stringMatching(/^Leaked/m) });
  });
});
