import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readRspecLines } from "../../../reports/formats/rspec-lines.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";
import { unavailable } from "../../unavailable.ts";

const formatter = join(import.meta.dirname, "../../../pipelines/stages/runners/edgecert_rspec.rb");
const hasRspec = spawnSync("rspec", ["--version"]).status === 0;

let root: string;
beforeEach((context) => {
  if (!hasRspec) context.skip(unavailable.rspec);
  root = mkdtempSync(join(tmpdir(), "edgecert-rspec-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const command = ["--require", formatter, "--format", "EdgecertRspec", "--out", "results.jsonl", "a_spec.rb"];
const results = async () => {
  const text = readFileSync(join(root, "results.jsonl"), "utf8");
  return { text, read: await readRspecLines(memoryFile(text)) };
};
const spec = (body: string) =>
  writeFileSync(join(root, "a_spec.rb"), `RSpec.describe 'edge', component: 'C-1' do\n${body}\nend\n`);

const run = async (body: string, options: readonly string[] = []) => {
  spec(body);
  const ended = spawnSync("rspec", [...command, ...options], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, LANG: "C" },
  });
  return { code: ended.status, ...(await results()) };
};

/** Starts a suite whose second example never ends, sends it a signal once it runs, and waits until it is gone. */
const signalled = async (signal: NodeJS.Signals) => {
  spec(
    "it('one') {}\nit('two') { puts 'here'; $stdout.flush; sleep 0.01 until RSpec.world.wants_to_quit }\nit('three') {}",
  );
  const child = spawn("rspec", [...command, "--order", "defined"], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  for await (const said of child.stdout) {
    if (String(said).includes("here")) child.kill(signal);
  }
  await ended;
  return results();
};

const everyWay = `
  it('passes', scenario: %w[VS-1 VS-2], slow: true) { |e| e.metadata[:'measure.speed'] = '12.5 req/s' }
  it('fails ü') { expect([1]).to eq [2] }
  it('breaks') { begin; raise 'inner'; rescue; raise ArgumentError, "\\xff\\x00\\e[31m".b; end }
  it('aggregates', :aggregate_failures) { expect(1).to eq 2; expect(3).to eq 4 }
  it('is skipped', skip: 'no huge pages') {}
  it('is pending') { pending 'known'; raise 'x' }
  it('is fixed') { pending 'known' }
  it { expect(1).to eq 1 }
  it('cannot say') { raise Class.new(StandardError) { def message = raise('mute') } }
  context('without a database') { before(:context) { raise 'no db' }; it('never starts') {} }
  context('with a broken hook') { after { raise 'hook' }; it('fails twice') { expect(1).to eq 2 } }
`;

it("says how every example ended, in a form that its reader finds whole", async () => {
  const { code, read, text } = await run(everyWay);
  expect(code).toBe(1);
  expect(read.damaged).toBeNull();
  expect(/^[\x20-\x7e\n]*$/.test(text)).toBe(true);
  expect(read.tests.map(({ name, status }) => [name, status])).toEqual([
    ["passes", "passed"],
    ["fails ü", "failed"],
    ["breaks", "error"],
    ["aggregates", "failed"],
    ["is skipped", "skipped"],
    ["is pending", "skipped"],
    ["is fixed", "failed"],
    ["is expected to eq 1", "passed"],
    ["cannot say", "error"],
    ["never starts", "error"],
    ["fails twice", "failed"],
  ]);
  const named = new Map(read.tests.map((test) => [test.name, test]));
  expect(named.get("passes")).toMatchObject({
    class: "edge",
    measures: [{ name: "speed", value: 12.5 }],
    properties: [
      { name: "component", value: "C-1" },
      { name: "scenario", value: "VS-1" },
      { name: "scenario", value: "VS-2" },
      { name: "slow", value: "true" },
    ],
  });
  expect(named.get("breaks")?.details).toContain("Caused by RuntimeError: inner");
  expect(named.get("aggregates")?.message).toMatch(/expected: 2[\s\S]+expected: 4/);
  expect(named.get("cannot say")?.message).toContain("(no message: RuntimeError while it was asked for)");
  expect(named.get("fails twice")?.message).toMatch(/expected: 2[\s\S]+RuntimeError: hook/);
});

it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "keeps what was proved before %s, as damaged evidence",
  async (signal) => {
    const { read } = await signalled(signal);
    expect(read.tests.filter(({ status }) => status === "passed").map(({ name }) => name)).toContain("one");
    expect(read.tests.map(({ name }) => name)).not.toContain("three");
    expect(read.damaged).toMatch(signal === "SIGINT" ? /^3 examples were planned, 2 ended/ : /edge two/);
  },
);

it.each([
  ["exit", "exit 0", /^3 examples were planned, 1 ended: RSpec stopped early in "edge two"/],
  ["exit!", "exit! 0", /^The end line is missing: 1 of 3 planned examples ended, then the run stopped in "edge two"/],
])("is not deceived by an example that calls %s with code 0", async (_title, statement, damaged) => {
  const { code, read } = await run(`it('one') {}\nit('two') { ${statement} }\nit('three') {}`);
  expect([code, read.tests.length]).toEqual([0, 1]);
  expect(read.damaged).toMatch(damaged);
});

it("is not written to by what an example forks", async () => {
  const { read } = await run(
    "it('forks') { Process.wait(fork { exit 0 }) }\nit('runs on') { Process.wait(fork { raise 'x' }) }",
  );
  expect([read.damaged, read.tests.length]).toEqual([null, 2]);
});

it.each([
  ["a file that cannot be loaded", "raise 'no such thing'", "An error occurred while loading ./a_spec.rb."],
  [
    "a hook after a context",
    "after(:context) { raise 'x' }\nit('one') {}",
    "An error occurred in an `after(:context)` hook.",
  ],
  [
    "a hook before the suite",
    "RSpec.configure { |c| c.before(:suite) { raise 'x' } }\nit('one') {}",
    "An error occurred in a `before(:suite)` hook.",
  ],
])("fails the suite for an error in %s", async (_title, body, name) => {
  const { code, read } = await run(body);
  expect(code).toBe(1);
  expect(read.damaged).toBe(`1 error happened outside of examples: ${name}`);
  expect(read.tests.at(-1)).toMatchObject({ class: "outside of examples", name, status: "error" });
});

it("calls a dry run damaged, in which nothing was run", async () => {
  const { code, read } = await run("it('one') { raise 'x' }", ["--dry-run"]);
  expect([code, read.tests.length]).toEqual([0, 1]);
  expect(read.damaged).toMatch(/^It was a dry run/);
});

it("calls a run that ended with its first failure damaged", async () => {
  const { read } = await run("it('one') { raise 'x' }\nit('two') {}", ["--fail-fast", "--order", "defined"]);
  expect(read.damaged).toBe("2 examples were planned, 1 ended: RSpec stopped early.");
});

it("ends badly where its results cannot be written", () => {
  spec("it('one') {}");
  const full = command.map((word) => (word === "results.jsonl" ? "/dev/full" : word));
  const { status, stderr } = spawnSync("rspec", full, { cwd: root, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("No space left on device");
});
