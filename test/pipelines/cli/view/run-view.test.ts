import { describe, expect, it } from "vitest";
import { shownAs } from "../../../../pipelines/cli/view/run-view.ts";

const terminal = { terminal: true, environment: { TERM: "xterm-256color" } };
const pipe = { terminal: false, environment: { TERM: "xterm-256color" } };
const inCi = { terminal: true, environment: { TERM: "xterm", CI: "true" } };
const dumb = { terminal: true, environment: { TERM: "dumb" } };

describe("how a run is shown", () => {
  it.each([
    [{}, terminal, "live"],
    [{}, pipe, "plain"],
    [{}, inCi, "plain"],
    [{}, { ...inCi, environment: { TERM: "xterm", CI: "false" } }, "live"],
    [{}, dumb, "plain"],
    [{}, { ...dumb, environment: {} }, "plain"],
    [{ plain: true }, terminal, "plain"],
    [{ json: true }, terminal, "events"],
    [{ progress: "live" }, inCi, "live"],
    [{ progress: "live" }, pipe, "plain"],
    [{ progress: "live" }, dumb, "plain"],
    [{ progress: "json" }, terminal, "json"],
    [{ progress: "none" }, terminal, "none"],
  ] as const)("%j on %j: %s", (choice, place, kind) => {
    expect(shownAs(choice, place)).toBe(kind);
  });
});
