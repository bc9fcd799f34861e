import { describe, expect, it } from "vitest";
import { plainLine } from "../../../../pipelines/cli/view/plain-log.ts";
import type { Event } from "../../../../pipelines/dsl/event.ts";

const stamp = { v: 1, seq: 7, at: "2026-01-01T10:20:30.123Z", run: "run-1" } as const;

describe("a plain line", () => {
  it("keeps output of the work for the verbose log", () => {
    const event: Event = { ...stamp, node: "a", attempt: 1, type: "log", data: { stream: "stdout", line: "hello" } };
    expect(plainLine(event, false)).toBeNull();
    expect(plainLine(event, true)).toBe("10:20:30 a: | hello");
  });

  it("never lets output command the CI that prints it", () => {
    const line = "::error file=x::owned\u001b]0;title\u0007";
    const event: Event = { ...stamp, node: "a", attempt: 1, type: "log", data: { stream: "stdout", line } };
    expect(plainLine(event, true)).toBe("10:20:30 a: | ::error file=x::owned");
  });

  it.each([
    ["##vso[task.setvariable variable=x]y", "# #vso[task.setvariable variable=x]y"],
    ["seen ##teamcity[buildStatus text='x']", "seen # #teamcity[buildStatus text='x']"],
    ["##[group]x", "# #[group]x"],
    ["###vso[x]", "## #vso[x]"],
    ["#\u001b[0m#vso[x]", "# #vso[x]"],
    ["## a heading #1", "## a heading #1"],
  ])("breaks commands that stand anywhere in a line: %j", (line, shown) => {
    const event: Event = { ...stamp, node: "a", attempt: 1, type: "log", data: { stream: "stdout", line } };
    expect(plainLine(event, true)).toBe(`10:20:30 a: | ${shown}`);
  });

  it("gives a failure with its next step", () => {
    const failure = {
      reason: "x",
      class: "fatal",
      title: "No disk",
      detail: "/x is full.",
      next: "free 3 GiB",
    } as const;
    expect(plainLine({ ...stamp, node: "a", type: "node.failed", data: { failure } }, false)).toBe(
      "10:20:30 a: failed: No disk: /x is full. Next: free 3 GiB",
    );
  });
});
