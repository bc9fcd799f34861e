import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readJunitXml } from "../../../reports/formats/junit-xml.ts";
import { formatOf } from "../../../reports/formats/recognition.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/results");

async function read(name: string) {
  const bytes = readFileSync(join(fixtures, name));
  expect(formatOf(bytes)).toBe("junit-xml");
  const whole = await readJunitXml(memoryFile(bytes, name));
  // Because what a file says cannot depend on where its bytes are cut.
  expect(await readJunitXml(memoryFile(bytes, name, 7))).toEqual(whole);
  return whole;
}

async function rows(name: string): Promise<readonly (readonly [string, string, string])[]> {
  const { tests, damaged } = await read(name);
  expect(damaged).toBeNull();
  return tests.map((test) => [test.class, test.name, test.status]);
}

const text = (xml: string) => readJunitXml(memoryFile(xml));

describe("readJunitXml", () => {
  it("reads suites in suites to any depth, and each test once", async () => {
    expect(await rows("junit/nested-suites.xml")).toEqual([
      ["Outer", "beside a suite", "passed"],
      ["innermost", "one", "passed"],
      ["innermost", "two", "failed"],
      ["inner", "after a suite", "passed"],
    ]);
    expect((await read("junit/nested-suites.xml")).remarks).toEqual([]);
  });

  it("reads lists of suites in lists of suites, and a suite alone", async () => {
    expect(await rows("junit/suites-in-suites.xml")).toEqual([
      ["A", "one", "passed"],
      ["B", "one", "passed"],
    ]);
    expect(await rows("junit/bare-suite.xml")).toEqual([["Bare", "one", "passed"]]);
  });

  it("takes the worst of several outcomes of one test, and keeps all", async () => {
    const { tests, damaged } = await read("junit/several-outcomes.xml");
    expect(damaged).toBeNull();
    expect(tests.map((test) => test.status)).toEqual(["failed", "error", "error", "error"]);
    expect(tests[0]).toMatchObject({
      message: "first\nsecond",
      details: "trace of the first\n\ntrace of the second",
    });
    expect(tests[2]?.message).toBe("not here\ncould not clean up");
  });

  it("names what has no name, and keeps equal names apart", async () => {
    expect(await rows("junit/names.xml")).toEqual([
      ["suite", "(the class itself)", "passed"],
      ["com.example.Broken", "(the class itself)", "error"],
      ["suite", "no class", "passed"],
      ["ByClass", "class", "passed"],
      ["Odd", 'two\nlines <b> & "q" 😀', "passed"],
      ["Twice", "same", "passed"],
      ["Twice", "same", "failed"],
    ]);
  });

  it("reads texts, wherever a dialect writes them", async () => {
    const { tests } = await read("junit/texts.xml");
    expect(tests.map((test) => [test.message, test.details, test.stdout])).toEqual([
      ["m", "a ]]> b and c", ""],
      ["only here", "", ""],
      ["first line", "first line\nsecond line", ""],
      ["m", "", "one\ntwo\n--- system-err ---\nthree"],
    ]);
  });

  it("makes a test of what failed outside of any", async () => {
    expect(await rows("junit/suite-level.xml")).toEqual([
      ["could not be collected", "(the suite itself)", "error"],
      ["C", "one", "passed"],
      ["set-up", "(the suite itself)", "failed"],
    ]);
  });

  it("reads a file without tests", async () => {
    expect(await rows("junit/no-cases.xml")).toEqual([]);
  });

  it("believes the worse of element and attribute", async () => {
    const { tests, damaged, remarks } = await read("junit/statuses.xml");
    expect(damaged).toBeNull();
    expect(tests.map((test) => [test.name, test.status])).toEqual([
      ["Runs", "passed"],
      ["DISABLED_Off", "skipped"],
      ["Skips", "skipped"],
      ["Adds/0", "failed"],
      ["says failed", "failed"],
      ["says Error", "error"],
      ["says ignored", "skipped"],
      ["says what nobody knows", "passed"],
      ["has a property", "passed"],
    ]);
    expect(tests[3]?.params).toBe("(1, 2)");
    expect(tests[0]?.location).toEqual({ file: "a_test.cc", line: 12 });
    expect(tests[8]?.properties).toEqual([{ name: "requirement", value: "SR-7" }]);
    expect(remarks[0]).toBe('What status="purple" says of the test "says what nobody knows" is not known.');
  });

  it("reads properties, markers in output and measures, and shows no secret among them", async () => {
    const { tests, properties, measures } = await read("junit/properties.xml");
    expect(properties).toEqual([
      { name: "timestamp", value: "2026-01-02T01:04:05.000Z" },
      { name: "product", value: "2.1" },
      { name: "note", value: "in the text" },
      { name: "os.name", value: "Linux" },
      { name: "db.password", value: "[not shown]" },
    ]);
    expect(measures).toEqual([{ name: "boot", value: 3.5, unit: "s", better: "lower" }]);
    expect(tests[0]).toMatchObject({
      properties: [
        { name: "requirement", value: "SR-1" },
        { name: "requirement", value: "SR-2" },
        { name: "scenario", value: "VS-3" },
      ],
      measures: [{ name: "rate", value: 12.5, unit: "req/s", better: "higher" }],
      attachments: [{ path: "screens/one.png" }, { path: "../../etc/passwd" }],
      stdout: "",
    });
    expect(tests[1]?.properties).toEqual([{ name: "k", value: "v" }]);
    expect(tests[2]?.properties).toEqual([{ name: "test_key", value: "AB-1" }]);
  });

  it("keeps the output of a suite where a test failed", async () => {
    const { stdout } = await read("junit/gradle.xml");
    expect(stdout).toContain("booting");
    expect(stdout).toContain("warning");
    expect((await read("junit/bazel.xml")).stdout).toBeUndefined();
  });

  it("says that Bazel's summary is not a word on tests", async () => {
    expect((await read("junit/bazel.xml")).remarks).toEqual([
      "The suite probe/lib_test is Bazel's word on how a program ended: of the tests in it the file says nothing.",
    ]);
  });

  it("makes one test of a failed call and the tear-down right after it, and of nothing else", async () => {
    const { tests, damaged } = await read("junit/teardown.xml");
    expect(damaged).toBeNull();
    expect(tests.map((test) => [test.name, test.status])).toEqual([
      ["test_a", "error"],
      ["test_b", "failed"],
      ["test_c", "passed"],
      ["test_b", "error"],
    ]);
    expect(tests[0]).toMatchObject({
      message: 'call\nfailed on teardown with "x"',
      details: "c\nt",
      durationMs: 300,
      location: { file: "test_t.py", line: 5 },
    });
  });

  it.each([
    ["junit/gradle.xml", ["passed", "failed", "skipped"]],
    ["junit/gotestsum.xml", ["passed", "failed", "skipped"]],
    ["junit/jest.xml", ["passed", "failed", "skipped"]],
    ["junit/phpunit.xml", ["passed", "failed", "skipped"]],
  ])("reads %s without a remark", async (name, statuses) => {
    const { tests, damaged, remarks } = await read(name);
    expect([damaged, remarks]).toEqual([null, []]);
    expect(tests.map((test) => test.status)).toEqual(statuses);
  });
});

describe("totals of a suite", () => {
  const suite = (attributes: string, cases: string) => text(`<testsuite name="s" ${attributes}>${cases}</testsuite>`);

  it("are damage where they say more than is there", async () => {
    expect((await suite('tests="2"', '<testcase name="a"/>')).damaged).toBe(
      "The suite s says that it has 2 tests: 1 are there.",
    );
    expect((await suite('failures="1"', '<testcase name="a"/>')).damaged).toBe(
      "The suite s says that it has 1 failures and errors: 0 are there.",
    );
  });

  it("are a remark where they say less", async () => {
    const { damaged, remarks } = await suite('tests="0" failures="0"', '<testcase name="a"/><testcase name="b"/>');
    expect([damaged, remarks]).toEqual([null, ["The suite s says that it has 0 tests: 2 are there."]]);
  });

  it("of pytest count sub-tests that passed, which are written nowhere", async () => {
    const { damaged } = await text('<testsuite name="pytest" tests="5" failures="0"><testcase name="a"/></testsuite>');
    expect(damaged).toBeNull();
  });
});

describe("times of a test", () => {
  it("are unknown where they are not clear, which is a remark", async () => {
    const { tests, remarks } = await text('<testsuite><testcase classname="C" name="a" time="1,234"/></testsuite>');
    expect(tests[0]?.durationMs).toBeNull();
    expect(remarks).toEqual(['The time "1,234" of C a is not clear, and is not shown.']);
  });

  it("are not cut at a comma", async () => {
    const { tests } = await text('<testsuite><testcase name="a" time="1,234.5"/></testsuite>');
    expect(tests[0]?.durationMs).toBe(1_234_500);
  });
});
