import { describe, expect, it } from "vitest";
import { formatOf } from "../../../reports/formats/recognition.ts";
import { libraryTests, rspecFile, unittestFile } from "../../fixtures/reports/files.ts";

const go = '{"Time":"2026-01-01T00:00:00Z","Action":"start","Package":"example.com/a"}\n';

describe("formatOf", () => {
  it.each([
    ["JUnit XML", '<?xml version="1.0"?>\n<testsuites>', "junit-xml"],
    ["a bare suite after a comment", "<!-- <x> -->\n<testsuite\nname='a'/>", "junit-xml"],
    ["JUnit XML in UTF-16", Buffer.from("\uFEFF<testsuite name='a'/>", "utf16le"), "junit-xml"],
    ["JUnit XML after lines of a log", "Started\n12 < 13\n<?xml version='1.0'?><testsuite>", "junit-xml"],
    ["what RSpec writes", rspecFile(libraryTests), "rspec-json"],
    ["what our formatter of RSpec writes", '{"v":1,"type":"load","rspec":"3.12.0","ruby":"3.1.2"}\n', "rspec-lines"],
    ["what the runner of unittest writes", unittestFile(libraryTests), "unittest"],
    ["what go test writes", go, "go-test-json"],
    [
      "a build failure of go test",
      '# example.com/a\n{"ImportPath":"a","Action":"build-output","Output":"x"}',
      "go-test-json",
    ],
    ["a compiled test of Go", '{"Action":"start"}\n{"Action":"run","Test":"TestA"}\n', "go-test-json"],
    ["TAP with a version", "TAP version 14\n1..2\n", "tap"],
    ["TAP without one", "1..2\nok 1 - a\n", "tap"],
    ["TAP without a plan", "not ok 1\n", "tap"],
    ["coverage", '<?xml version="1.0"?><coverage line-rate="1"/>', null],
    ["a page that speaks of suites", "<html><body>&lt;testsuite></body></html>", null],
    ["a build file of Maven", "<project><testsuite/></project>", null],
    ["plain JSON", '{"version":"1.0","name":"x"}', null],
    ["a log", "ok, that was it\nnot okay\n", null],
    ["nothing", "", null],
  ])("takes %s for what it is", (_what, content, format) => {
    expect(formatOf(Buffer.from(content))).toBe(format);
  });
});
