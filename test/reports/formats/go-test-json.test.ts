import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readGoTestJson } from "../../../reports/formats/go-test-json.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const captured = (name: string) =>
  readFileSync(join(import.meta.dirname, "../../fixtures/results/captured/go-1.26.8", `${name}.jsonl`), "utf8");
const read = (text: string) => readGoTestJson(memoryFile(text));
const told = async (text: string) => {
  const { tests, damaged } = await read(text);
  return [damaged, tests.map(({ name, status }) => `${status} ${name}`)];
};

function events(...some: readonly object[]): string {
  return some.map((one) => `${JSON.stringify({ Package: "p", ...one })}\n`).join("");
}

const run = (Test: string) => ({ Action: "run", Test });
const ended = (Action: string, Test: string) => ({ Action, Test, Elapsed: 0.25 });
const output = (Test: string, Output: string) => ({ Action: "output", Test, Output });
const pass = { Action: "pass", Elapsed: 1 };
const fail = { Action: "fail", Elapsed: 1 };

describe("readGoTestJson on what Go 1.26 really wrote", () => {
  it("counts leaves; attributes and markers are properties and measures", async () => {
    const { tests, damaged, measures } = await read(captured("pass"));
    expect(damaged).toBeNull();
    expect(tests.map(({ name }) => name)).toEqual([
      "TestAttributes/child",
      "TestSum",
      "TestTable/plain",
      "TestTable/with_space",
      "TestTable/a/b",
      "TestTable/#00",
      "TestNested/outer/inner",
      "TestUnfinishedLine",
      "ExampleSum",
    ]);
    expect(tests.every(({ status, stdout }) => status === "passed" && stdout === "")).toBe(true);
    expect(tests[0]?.properties).toEqual([
      { name: "requirement", value: "SR-1" },
      { name: "scenario", value: "VS-2" },
    ]);
    expect(tests[4]?.measures).toEqual([{ name: "speed", value: 12.5, unit: "req/s", better: "higher" }]);
    expect(measures).toEqual([{ name: "TestAttributes: start", value: 120, unit: "ms", better: "lower" }]);
  });

  it.each([
    ["fail", ["failed TestFails", "failed TestChildFails/bad", "failed TestParentFails", "failed Example"]],
    ["panic", ["error TestPanics/deep"]],
    ["panic-elsewhere", ["error TestWaits", "error TestPanicsElsewhere"]],
    ["exit-0", ["error TestExits"]],
    ["exit-3", ["error TestExits"]],
    ["timeout", ["error TestHangs"]],
    ["crash", ["error TestKillsItself"]],
    ["build-failed", ["error [build failed]", "error [build failed]"]],
    ["vet-failed", ["error [build failed]"]],
    ["main-fails", ["error [package failed]"]],
    ["race", ["failed TestRaces"]],
    ["fuzz", ["failed FuzzSeeds/seed#1"]],
    ["noise", ["failed TestSaysWhatGoSays"]],
    ["compiled", ["failed TestFails", "failed TestChildFails/bad", "failed TestParentFails", "failed Example"]],
  ])("finds what is wrong in %s", async (name, wrong) => {
    const [damaged, tests] = await told(captured(name));
    expect(damaged).toBeNull();
    expect([...(tests ?? [])].filter((one) => !/^(passed|skipped)/.test(one))).toEqual(wrong);
  });

  it("explains a failure by what the test logged, where it did", async () => {
    const { tests } = await read(captured("fail"));
    expect(tests[0]).toMatchObject({
      class: "example.com/edge/fail",
      message: "got 1, want 2\nsecond line\nof two",
      location: { file: "fail_test.go", line: 10 },
    });
    expect(tests[0]?.stdout).toContain("printed before");
    expect(tests.find(({ name }) => name === "Example")?.message).toBe("got:\none\nwant:\ntwo");
  });

  it("gives a sub-test the panic that is told of its parent, and every stopped test the panic that stopped it", async () => {
    const [deep] = (await read(captured("panic"))).tests.slice(-1);
    expect(deep).toMatchObject({
      message: "panic: assignment to entry in nil map",
      location: { file: "panics_test.go" },
    });
    expect(deep?.details).toContain("goroutine ");
    const [waits] = (await read(captured("panic-elsewhere"))).tests;
    expect(waits?.message).toBe("It never ended: its package did. panic: in a goroutine");
  });

  it("keeps what a killed run proved, and says where it was killed", async () => {
    expect(await told(captured("killed"))).toEqual([
      "The package example.com/edge/hangs has not ended: the results were cut while TestHangs ran.",
      ["passed TestBefore"],
    ]);
  });

  it("does not take results out of Go's cache for a test that ran", async () => {
    const [damaged, tests] = await told(captured("cached"));
    expect(damaged).toMatch(
      /^The package example.com\/edge\/skips was not tested: go test took its results from its cache/,
    );
    expect(tests).toHaveLength(2);
  });

  it("reads the numbers of benchmarks, of repetitions the median, by number of processors", async () => {
    const repeated = await read(captured("benchmarks-repeated"));
    expect(repeated.tests).toHaveLength(1);
    expect(repeated.tests[0]?.measures?.map(({ name, better }) => [name, better])).toEqual([
      ["ns/op", "lower"],
      ["MB/s", "higher"],
      ["p99-ms", "neither"],
      ["req/s", "higher"],
      ["B/op", "lower"],
      ["allocs/op", "lower"],
    ]);
    const { tests, damaged } = await read(captured("benchmarks"));
    expect(damaged).toBeNull();
    const append = tests.find(({ name }) => name === "BenchmarkAppend");
    expect(append?.measures?.map(({ name }) => name)).toContain("ns/op -2");
    expect(tests.map(({ name }) => name)).toContain("BenchmarkSizes/small");
  });

  it("reads several packages at once, without one that has no tests", async () => {
    const { tests, damaged } = await read(captured("several"));
    expect(damaged).toBeNull();
    expect([...new Set(tests.map((test) => test.class.split("/").at(-1)))].sort()).toEqual([
      "broken",
      "fail",
      "panics",
      "pass",
      "skips",
    ]);
  });

  it("tells skipped tests with their reason, and every one of repeated tests", async () => {
    const { tests } = await read(captured("repeated"));
    expect(tests.filter(({ name, message }) => name === "TestSkips" && message === "no huge pages")).toHaveLength(3);
  });

  it("is damaged wherever it is cut inside a package", async () => {
    const text = captured("fail");
    for (let at = 0; at < text.length - 2; at += 101) {
      expect((await read(text.slice(0, at))).damaged, `cut at ${at}`).not.toBeNull();
    }
  });
});

describe("readGoTestJson", () => {
  it("reads packages whose events are interleaved", async () => {
    const q = { Package: "q" };
    const text = events(
      run("TestA"),
      { ...run("TestA"), ...q },
      ended("pass", "TestA"),
      pass,
      { ...ended("fail", "TestA"), ...q },
      { ...fail, ...q },
    );
    const { tests, damaged } = await read(text);
    expect(damaged).toBeNull();
    expect(tests.map((test) => [test.class, test.status])).toEqual([
      ["p", "passed"],
      ["q", "failed"],
    ]);
  });

  it.each([
    ["nothing", "", "The file holds no event of go test."],
    ["text alone", "go: cannot find main module\n", "The file holds no event of go test."],
    ["a torn event", `${events(run("TestA"))}{"Action":"fail","Test`, /^Line 2, at byte 46, is not a whole event/],
    [
      "an event torn by text",
      `{"Action":"pass","Packwarning\n${events(pass)}`,
      /^Line 1, at byte 0, is not a whole event/,
    ],
    [
      "text after an event",
      `${events(run("T"), ended("pass", "T")).trim()} noise\n${events(pass)}`,
      /^Line 2, at byte \d+, is not a whole/,
    ],
    [
      "a package that passed though a test failed",
      events(run("T"), ended("fail", "T"), pass),
      /ended as pass, though 1 of its/,
    ],
    ["a test that never ended in a package that passed", events(run("T"), pass), /^The test T of p never ended/],
    [
      "a sub-test that never ended, though its parent did",
      events(run("T"), run("T/a"), ended("pass", "T"), pass),
      /^The test T\/a of p never ended, though T did/,
    ],
    ["a test that began twice", events(run("T"), run("T"), ended("pass", "T"), pass), /^The test T of p began twice/],
    [
      "a failure told as text",
      `${events(run("T"), ended("pass", "T"), pass)}FAIL\tq\t0.1s\n`,
      /tells a failure that no event tells/,
    ],
  ])("calls %s damaged", async (_what, text, damaged) => {
    expect((await read(text)).damaged).toMatch(damaged);
  });

  it("finds an event behind text that another process wrote without an end of line", async () => {
    const text = `warning: slow${events(run("T"))}${events(ended("fail", "T"), fail)}`;
    expect(await told(text)).toEqual([null, ["failed T"]]);
  });

  it("takes JSON of others for text, and shows it", async () => {
    const { tests, damaged, remarks } = await read(`{"level":"info"}\n${events(run("T"), ended("pass", "T"), pass)}`);
    expect([damaged, tests.length, remarks]).toEqual([null, 1, ['Between the events stood: {"level":"info"}']]);
  });

  it("tells builds that failed before Go 1.24, whose output is text", async () => {
    const text = `# example.com/a [example.com/a.test]\n./a_test.go:5: undefined: x\nFAIL\texample.com/a [build failed]\n`;
    const { tests } = await read(text + events(run("T"), ended("pass", "T"), pass));
    expect(tests.map((test) => [test.class, test.status, test.name, test.message])).toEqual([
      ["p", "passed", "T", ""],
      ["example.com/a", "error", "[build failed]", "./a_test.go:5: undefined: x"],
    ]);
  });

  it("tells a build that failed and that no package names", async () => {
    const build = { Package: undefined, ImportPath: "p/x", Action: "build-fail" };
    expect(await told(events(build, run("T"), ended("pass", "T"), pass))).toEqual([
      null,
      ["passed T", "error [build failed]"],
    ]);
  });

  it("reads benchmarks as Go told them before 1.20, cut in the middle of a line", async () => {
    const lines = ["BenchmarkA-8 \t", "  10\t 12.5 ns/op\n", "BenchmarkA-8 \t  10\t 14.5 ns/op\n"];
    const { tests } = await read(events(...lines.map((Output) => ({ Action: "output", Output })), pass));
    expect(tests).toMatchObject([{ name: "BenchmarkA", status: "passed", measures: [{ name: "ns/op", value: 13.5 }] }]);
  });

  it("keeps output that is too long beside the report, and that of a test that passed not at all", async () => {
    const long = Array.from({ length: 9_000 }, (_, index) => output("T", `line ${index} ${"x".repeat(40)}\n`));
    const bad = memoryFile(events(run("T"), ...long, ended("fail", "T"), fail));
    const [test] = (await readGoTestJson(bad)).tests;
    expect(test?.stdout.length).toBeLessThan(270_000);
    expect(test?.kept).toMatchObject([{ of: "stdout" }]);
    expect([...bad.kept.values()][0]?.length).toBeGreaterThan(400_000);
    const good = memoryFile(events(run("T"), ...long, ended("pass", "T"), pass));
    expect((await readGoTestJson(good)).tests[0]).toMatchObject({ stdout: "", status: "passed" });
    expect(good.kept.size).toBe(0);
  });

  it("takes a name of very many slashes in a moment", async () => {
    const deep = `Test${"/a".repeat(200_000)}`;
    const began = performance.now();
    const { tests } = await read(events(run(deep), ended("pass", deep), pass));
    expect(tests[0]?.name.length).toBeLessThan(5_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
