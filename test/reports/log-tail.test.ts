import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Event } from "../../pipelines/dsl/event.ts";
import { logTails, tailLimits, tailOf } from "../../reports/log-tail.ts";

const folder = mkdtempSync(join(tmpdir(), "edgecert-tails-"));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ["a short log whole", "one\ntwo\n", "one\ntwo", true],
  ["an empty log", "", "", true],
  [
    "the last lines",
    Array.from({ length: 300 }, (_, index) => `line ${index}`).join("\n"),
    Array.from({ length: 200 }, (_, index) => `line ${index + 100}`).join("\n"),
    false,
  ],
  ["the end of one endless line", "é".repeat(40_000), "é".repeat(tailLimits.bytes / 2), false],
  ["whole lines where they are long", `${"a".repeat(32_000)}\n${"b".repeat(2_000)}\n`, "b".repeat(2_000), false],
])("keeps %s", (_what, text, kept, whole) => {
  expect(tailOf(text)).toEqual({ text: kept, whole });
});

function finished(path: string, exitCode: number): Event {
  const log = { path, sha256: "", bytes: 0 };
  const data = { suite: "s", format: "unittest", exitCode, results: [], log, durationMs: 1 } as const;
  return { v: 1, seq: 1, at: "", run: "r", type: "suite.finished", data };
}

it("takes secrets out before it cuts, also where a cut would leave half of one", async () => {
  const secret = "s3cret".repeat(400);
  // The last 32 KiB begin inside of the secret.
  writeFileSync(join(folder, "log"), `${"x".repeat(70_000)}\n${secret}${"y".repeat(tailLimits.bytes - 1_000)}\n`);
  const tails = await logTails([finished("log", 1)], folder, (text) => text.replaceAll(secret, "[secret]"));
  expect(tails.get("log")).toEqual({ text: `[secret]${"y".repeat(tailLimits.bytes - 1_000)}`, whole: false });
});

it("reads the logs of suites that ended badly, and nothing outside of the run's folder", async () => {
  symlinkSync("/etc/passwd", join(folder, "out"));
  writeFileSync(join(folder, "good"), "fine\n");
  const events = [finished("good", 0), finished("out", 1), finished("../../etc/passwd", 1), finished("none", 1)];
  expect([...(await logTails(events, folder, (text) => text))]).toEqual([]);
});
