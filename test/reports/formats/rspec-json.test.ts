import { describe, expect, it } from "vitest";
import { readRspecJson } from "../../../reports/formats/rspec-json.ts";
import { type InventedTest, rspecFile, systemTests } from "../../fixtures/reports/files.ts";

const good = rspecFile(systemTests);
const failing: InventedTest = {
  group: "agent",
  name: "reports",
  status: "failed",
  message: "\nexpected: 5\n     got: 4\n",
  trace: ["./spec/a_spec.rb:9:in `block'", "./spec/a_spec.rb:3:in `x'"],
  file: "spec/a_spec.rb",
  line: 7,
};

describe("readRspecJson", () => {
  it("reads every example of a whole file, pending ones as skipped", () => {
    const read = readRspecJson(good);
    expect(read.damaged).toBeNull();
    expect(read.tests).toHaveLength(11);
    expect(read.tests[0]).toMatchObject({ class: "edgeprobe agent", name: "starts and stays up", durationMs: 3_100 });
    expect(read.tests[10]).toMatchObject({ status: "skipped", message: "the node has no huge pages" });
  });

  it("reads a failure with its place and its trace", () => {
    expect(readRspecJson(rspecFile([failing])).tests[0]).toMatchObject({
      status: "failed",
      message: "expected: 5\n     got: 4",
      details: "./spec/a_spec.rb:9:in `block'\n./spec/a_spec.rb:3:in `x'",
      location: { file: "spec/a_spec.rb", line: 7 },
    });
  });

  it.each([
    ["RSpec::Expectations::ExpectationNotMetError", "failed", "it broke"],
    ["RSpec::Core::Pending::PendingExampleFixedError", "failed", "it broke"],
    ["Errno::ECONNREFUSED", "error", "Errno::ECONNREFUSED: it broke"],
  ])("takes an exception %s for %s", (kind, status, message) => {
    const text = rspecFile([{ ...failing, message: "it broke" }]).replace(
      "RSpec::Expectations::ExpectationNotMetError",
      kind,
    );
    expect(readRspecJson(text).tests[0]).toMatchObject({ status, message });
  });

  it("keeps a failure whose exception has no backtrace", () => {
    const { trace: _, ...bare } = failing;
    const read = readRspecJson(rspecFile([bare]));
    expect(read.damaged).toBeNull();
    expect(read.tests[0]).toMatchObject({ status: "failed", details: "" });
  });

  it.each([
    ["an empty file", "", /^The file is empty: RSpec was stopped/],
    [
      "a file cut in the middle",
      good.slice(0, 400),
      /^The file of results cannot be read\. It ends in the middle, after 400/,
    ],
    ["a file of another kind", "<html>", /^The file of results cannot be read\. It is not JSON/],
    ["a file without examples", "{}", "The file has no list of examples."],
    ["null", "null", "The file has no list of examples."],
    ["no summary", good.replace('"summary":', '"summery":'), "The file has no summary."],
    [
      "fewer examples than the summary",
      rspecFile(systemTests, { example_count: 12 }),
      "The summary counts 12 examples, 11 were found.",
    ],
    [
      "fewer failures than the summary",
      rspecFile(systemTests, { failure_count: 1 }),
      "The summary counts 1 failures, 0 were found.",
    ],
    [
      "more failures than the summary",
      rspecFile([failing], { failure_count: 0 }),
      "The summary counts 0 failures, 1 were found.",
    ],
    [
      "other pending ones",
      rspecFile(systemTests, { pending_count: 0 }),
      "The summary counts 0 pending examples, 1 were found.",
    ],
    [
      "errors outside of examples",
      rspecFile([], { errors_outside_of_examples_count: 2 }),
      /^2 errors happened outside of examples/,
    ],
    [
      "an unknown status",
      good.replace('"status":"passed"', '"status":"fine"'),
      'Example 1 has the unknown status "fine".',
    ],
    [
      "a count of errors that is none",
      rspecFile([]).replace('"errors_outside_of_examples_count":0', '"errors_outside_of_examples_count":"2"'),
      /^1 error happened outside of examples/,
    ],
    [
      "a file that could not be loaded and is not counted",
      good.replace('"summary":', '"messages":["\\nAn error occurred while loading ./b_spec.rb."],"summary":'),
      /^1 error happened outside of examples/,
    ],
    ["an example twice", good.replaceAll("[1:2]", "[1:1]"), /^1 examples stand in it twice/],
    [
      "a passed example with an exception",
      good.replace('"status":"passed"', '"status":"passed","exception":{}'),
      "Example 1 passed, and has an exception.",
    ],
    ["an example that is none", good.replace('"examples":[', '"examples":[null,'), "Example 1 is not an object."],
  ])("calls %s damaged", (_what, text, damaged) => {
    expect(readRspecJson(text).damaged).toMatch(damaged);
  });

  it("tells what happened outside of examples: its first line as the reason, the rest as a remark", () => {
    const message = "\nAn error occurred while loading ./b_spec.rb.\nRuntimeError: load\n";
    const text = rspecFile([], { errors_outside_of_examples_count: 1 }).replace(
      '"summary":',
      `"messages":${JSON.stringify([message])},"summary":`,
    );
    expect(readRspecJson(text)).toMatchObject({
      damaged: "1 error happened outside of examples: An error occurred while loading ./b_spec.rb.",
      remarks: ["An error occurred while loading ./b_spec.rb.\nRuntimeError: load"],
    });
  });

  it("tolerates a version that it has never seen and fields that it does not know", () => {
    const text = good.replace('"version":"3.12.0"', '"version":"9.0.0","seed":7,"profile":{}');
    expect(readRspecJson(text).damaged).toBeNull();
  });
});
