import { describe, expect, it } from "vitest";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import { cutLine, neutralLine, neutralText } from "../../../pipelines/engine/neutral-text.ts";
import { mayRetry, retryDelay } from "../../../pipelines/engine/retry.ts";
import { checkRunName, newRunName } from "../../../pipelines/engine/run-name.ts";
import { scrubber } from "../../../pipelines/engine/scrubber.ts";
import { secretReader } from "../../../pipelines/engine/secret-reader.ts";
import { someFailure } from "./memory-run.ts";
import { sketchPlan } from "./scripted-pipeline.ts";

describe("a line of output", () => {
  it.each([
    ["\u001b[31mred\u001b[0m", "red"],
    ["\u001b]0;title\u0007text", "text"],
    ["\u001b]8;;https://example.org\u001b\\link\u001b]8;;\u001b\\", "link"],
    ["a\u001bPq secret\u001b\\b", "ab"],
    ["\u009b1mbold", "bold"],
    ["one\ttab\u0000nul\u0008back", "one\ttabnulback"],
    ["10%\r20%", "10% 20%"],
    ["\u202Eevil\u2066", "evil"],
    ["lone \ud800 surrogate", "lone \ufffd surrogate"],
    ["Grüße, 世界", "Grüße, 世界"],
  ])("%j becomes %j", (given, wanted) => {
    expect(neutralLine(given)).toBe(wanted);
  });

  it("is cut at 4096 characters", () => {
    expect(cutLine("x".repeat(5000))).toBe(`${"x".repeat(4096)} [904 more characters]`);
  });

  it("keeps line feeds where text has several lines", () => {
    expect(neutralText("a\r\nb\u001b[1m\n\tc")).toBe("a\nb\n\tc");
  });
});

describe("the scrubber", () => {
  const secret = 'p@ss "word"/ä+é';
  const known = scrubber();
  known.learn("token", secret);

  it.each([
    ["itself", secret],
    ["JSON", JSON.stringify({ secret })],
    ["JSON in JSON", JSON.stringify(JSON.stringify({ secret }))],
    ["a URL", `https://example.org/?q=${encodeURIComponent(secret)}`],
    ["hexadecimal", Buffer.from(secret).toString("hex")],
    ["base64", Buffer.from(secret).toString("base64")],
    ["base64 behind one byte", Buffer.from(`:${secret}`).toString("base64")],
    ["base64 behind two bytes", Buffer.from(`u:${secret}`).toString("base64")],
    ["base64url", Buffer.from(`user:${secret}:more`).toString("base64url")],
  ])("removes a secret as %s", (_, text) => {
    const clean = known.clean(`before ${text} after`);
    expect(clean).toContain("[secret token]");
    expect(clean).not.toContain(text);
    expect(clean).toMatch(/^before .* after$/);
  });

  it("removes each long line of a secret of several lines", () => {
    const lines = scrubber();
    lines.learn("key", "-----BEGIN KEY-----\nabcdefghijklmnop\n-----END KEY-----\n");
    expect(lines.clean("log: abcdefghijklmnop")).toBe("log: [secret key]");
  });

  it("leaves other text alone, and runs what it was given after itself", () => {
    expect(known.clean("nothing to hide")).toBe("nothing to hide");
    expect(scrubber((text) => text.replace("x", "y")).clean("x")).toBe("y");
  });
});

describe("the secret reader", () => {
  const known = scrubber();
  const reader = secretReader(
    {
      command: { command: ["printf", "%s", "from command"] },
      broken: { command: ["sh", "-c", "echo visible; exit 3"] },
      file: { file: "does-not-exist" },
      env: { env: "EDGECERT_TEST_UNSET" },
      short: { command: ["printf", "abc"] },
    },
    import.meta.dirname,
    known,
  );

  it("reads a command without a shell, and tells the scrubber", async () => {
    expect((await reader.read("command")).reveal()).toBe("from command");
    expect(known.clean("it is from command")).toBe("it is [secret command]");
  });

  it.each([
    ["broken", /ended with 3/],
    ["file", /does-not-exist.*ENOENT/],
    ["env", /EDGECERT_TEST_UNSET is not set/],
    ["short", /shorter than 4/],
    ["undeclared", /declares no secret/],
  ])("says what is wrong with %s, without its output", async (name, words) => {
    const error: unknown = await reader.read(name).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: { reason: "secret-missing", detail: expect.stringMatching(words) } });
    expect(String(error)).not.toContain("visible");
  });
});

describe("retrying", () => {
  const policies = (retry: Partial<Record<Failure["class"], number>>, from: "stage" | "default" = "stage") => {
    const [node] = sketchPlan({ a: { retry } }).nodes;
    if (node === undefined) throw new Error("no node");
    return { ...node.policies, retry: { value: retry, from } };
  };

  it.each([
    [someFailure("transient"), policies({ transient: 1 }), {}, true],
    [someFailure("transient"), policies({ transient: 1 }), { transient: 1 }, false],
    [someFailure("transient"), policies({ transient: 1 }), { capacity: 5 }, true],
    [someFailure("fatal"), policies({ transient: 1 }), {}, false],
    [someFailure("cancelled"), policies({ cancelled: 9 }), {}, false],
    [someFailure("transient", "timeout"), policies({ transient: 1 }, "default"), {}, false],
    [someFailure("transient", "stall"), policies({ transient: 1 }, "default"), {}, false],
    [someFailure("transient", "timeout"), policies({ transient: 1 }), {}, true],
  ])("case %#", (failure, given, spent, wanted) => {
    expect(mayRetry(failure, given, spent)).toBe(wanted);
  });

  it("waits longer each time, with jitter, a minute at most", () => {
    expect([1, 2, 3, 20].map((failures) => retryDelay(failures, () => 1))).toEqual([1000, 2000, 4000, 60_000]);
    expect(retryDelay(1, () => 0)).toBe(500);
  });
});

describe("the name of a run", () => {
  it("is safe as a file, tag and host name", () => {
    const name = newRunName(new Date("2026-11-23T07:00:00Z"));
    expect(name).toMatch(/^2026-11-23-[a-z]+-[a-z]+$/);
    expect(() => checkRunName(name)).not.toThrow();
  });

  it.each(["", "../x", "A", "a_b", "-a", "a-", "a".repeat(64), "a\n"])("is refused as %j", (name) => {
    expect(() => checkRunName(name)).toThrow(/cannot have this name/);
  });
});
