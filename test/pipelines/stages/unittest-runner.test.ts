import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readUnittest } from "../../../reports/formats/unittest.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";
import { unavailable } from "../../unavailable.ts";

const runner = join(import.meta.dirname, "../../../pipelines/stages/runners/edgecert_unittest.py");
const hasPython = spawnSync("python3", ["--version"]).status === 0;

let root: string;
beforeEach((context) => {
  if (!hasPython) context.skip(unavailable.python);
  root = mkdtempSync(join(tmpdir(), "edgecert-runner-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const run = async (files: Record<string, string>, ...more: readonly string[]) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const output = join(root, "results.jsonl");
  const ended = spawnSync("python3", ["-B", runner, "--output", output, "-s", ".", ...more], {
    cwd: root,
    encoding: "utf8",
  });
  const text = readFileSync(output, "utf8");
  return { code: ended.status, stdout: ended.stdout, text, read: await readUnittest(memoryFile(text)) };
};

const everyWay = `
import unittest
class Ways(unittest.TestCase):
    def test_passes(self): print("said by the test")
    def test_fails(self): print("said by the test"); self.assertEqual([1], [2])
    def test_breaks(self): raise ValueError("first line\\nsecond line")
    @unittest.skip("a reason")
    def test_skips(self): pass
    @unittest.expectedFailure
    def test_fails_as_expected(self): self.fail("known")
    @unittest.expectedFailure
    def test_passes_unexpectedly(self): pass
    def test_parts(self):
        for part in range(3):
            with self.subTest(part=part):
                self.assertEqual(part, 1)
    def test_broken_clean_up(self): self.addCleanup(lambda: 1 / 0)
`;

it("says how every test ended, in a form that its reader finds whole", async () => {
  const { code, read, text } = await run({ "test_ways.py": everyWay });
  expect(code).toBe(1);
  expect(read.damaged).toBeNull();
  const lines = text
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));
  const methods = lines.filter(({ type, subtest }) => type === "test" && subtest === undefined);
  expect(Object.fromEntries(methods.map(({ id, status }) => [String(id).split(".").at(-1), status]))).toEqual({
    test_passes: "passed",
    test_fails: "failed",
    test_breaks: "error",
    test_skips: "skipped",
    test_fails_as_expected: "expected-failure",
    test_passes_unexpectedly: "unexpected-success",
    test_parts: "failed",
    test_broken_clean_up: "error",
  });
  expect(lines.filter(({ subtest }) => subtest !== undefined).map(({ subtest }) => subtest)).toEqual([
    "(part=0)",
    "(part=2)",
  ]);
});

it("explains a failure where it happened, without frames of unittest", async () => {
  const { read } = await run({ "test_ways.py": everyWay });
  const failed = read.tests.find(({ name }) => name === "test_fails");
  expect(failed).toMatchObject({ message: "AssertionError: Lists differ: [1] != [2]", status: "failed" });
  expect(failed?.location).toEqual({ file: "test_ways.py", line: 5 });
  expect(failed?.details).not.toContain("unittest/case.py");
  expect(read.tests.find(({ name }) => name === "test_breaks")?.message).toBe("ValueError: first line");
  expect(failed?.stdout).toBe("said by the test\n");
  expect(read.tests.find(({ name }) => name === "test_passes")?.stdout).toBe("");
});

it("ends with 0 when nothing failed", async () => {
  const { code, read } = await run({
    "test_one.py": "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n",
  });
  expect([code, read.damaged, read.tests.length]).toEqual([0, null, 1]);
});

it("tells of a module that cannot be loaded and of a class that cannot be set up", async () => {
  const broken = `
import unittest
class A(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError("no database")
    def test_a(self): pass
`;
  const { code, read, text } = await run({ "test_bad.py": "import no_such_module\n", "test_fixture.py": broken });
  expect(code).toBe(1);
  expect(text).toContain("no_such_module");
  expect(text).toContain("setUpClass (test_fixture.A)");
  expect(read.tests.filter(({ status }) => status === "error")).toHaveLength(2);
});

it("leaves a damaged file when a test ends the process, with all that was proved before", async () => {
  const { code, read } = await run({
    "test_exit.py":
      "import os, unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n    def test_b(self): os._exit(0)\n",
  });
  expect(code).toBe(0);
  expect(read.damaged).not.toBeNull();
  expect(read.tests.map(({ name }) => name)).toEqual(["test_a"]);
});

it("runs one test alone, and nothing where there is none of that name", async () => {
  const one = await run({ "test_ways.py": everyWay }, "--only", "test_ways.Ways.test_passes");
  expect(one.code).toBe(0);
  expect(one.read).toMatchObject({ damaged: null, tests: [{ name: "test_passes", status: "passed" }] });
  const none = await run({ "test_ways.py": everyWay }, "--only", "test_ways.Ways.test_gone");
  expect(none.read.tests).toEqual([]);
});

const proving = `
import os, unittest
def proves(**properties):
    return lambda method: setattr(method, "edgecert", properties) or method
class A(unittest.TestCase):
    """[[PROPERTY|component=C-1]]"""
    @proves(scenario=["VS-1", "VS-2"], requirement="SR-7")
    def test_a(self): pass
`;

it("tells what classes and methods say they prove", async () => {
  const { read } = await run({ "test_a.py": proving });
  expect(read.tests[0]?.properties).toEqual([
    { name: "scenario", value: "VS-1" },
    { name: "scenario", value: "VS-2" },
    { name: "requirement", value: "SR-7" },
    { name: "component", value: "C-1" },
  ]);
});

it("is not written to by what a test forks", async () => {
  const body =
    "import os, unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        if os.fork() == 0: raise ValueError\n        os.wait()\n";
  const { read } = await run({ "test_fork.py": body });
  expect([read.damaged, read.tests.map(({ status }) => status)]).toEqual([null, ["passed"]]);
});

it("names no place outside of the suite for what cannot be loaded", async () => {
  const { read } = await run({ "test_bad.py": "import no_such_module\n" });
  expect(read.tests).toMatchObject([{ status: "error", location: null }]);
});

it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "never says of a test that %s ended that it passed",
  async (signal) => {
    const body =
      "import time, unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n    def test_b(self): time.sleep(1000)\n";
    writeFileSync(join(root, "test_hangs.py"), body);
    const command = ["-B", runner, "--output", join(root, "results.jsonl"), "-s", "."];
    const child = spawn("python3", command, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "exit");
    for await (const said of child.stdout) {
      if (String(said).includes("test_a")) {
        await started("test_b");
        child.kill(signal);
      }
    }
    await ended;
    const read = await readUnittest(memoryFile(readFileSync(join(root, "results.jsonl"), "utf8")));
    expect(read.tests.map(({ name }) => name)).toEqual(["test_a"]);
    expect(read.damaged).toMatch(/1 of 2 planned tests ended, then the run stopped in test_hangs.A.test_b\.$/);
  },
);

const started = async (test: string) => {
  const line = () =>
    readFileSync(join(root, "results.jsonl"), "utf8").includes(`{"type": "started", "id": "test_hangs.A.${test}"}`);
  while (!line()) await new Promise((done) => setImmediate(done));
};

it("ends badly where its results cannot be written", () => {
  writeFileSync(join(root, "test_a.py"), "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n");
  const command = ["-B", runner, "--output", "/dev/full", "-s", "."];
  const { status, stderr } = spawnSync("python3", command, { cwd: root, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("No space left on device");
});
