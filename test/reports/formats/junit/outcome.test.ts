import { describe, expect, it } from "vitest";
import { outcomeElement } from "../../../../reports/formats/junit/outcome.ts";
import { readJunitXml } from "../../../../reports/formats/junit-xml.ts";
import { memoryFile } from "../../../fixtures/results/memory-file.ts";

describe("outcomeElement", () => {
  it.each([
    ["failure", "failed"],
    ["Failure", "failed"],
    ["ERROR", "error"],
    ["aborted", "error"],
    ["timeout", "error"],
    ["skipped", "skipped"],
    ["Skipped", "skipped"],
    ["steps", null],
    ["success", null],
    ["constructor", null],
  ])("takes <%s> for %s", (name, status) => {
    expect(outcomeElement(name)).toBe(status);
  });
});

it("makes no test green that holds a word for a bad end", async () => {
  const text = '<testsuite><testcase name="a"><Failure message="no"/></testcase></testsuite>';
  expect((await readJunitXml(memoryFile(text))).tests).toMatchObject([{ status: "failed", message: "no" }]);
});
