import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sealRun } from "../../../pipelines/cli/sealing.ts";
import type { Event } from "../../../pipelines/dsl/event.ts";
import { scrubber } from "../../../pipelines/engine/scrubber.ts";
import { plan } from "../../fixtures/reports/plan.ts";

let home: string;
const canary = "c4nary/of&the mine";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "edgecert-sealing-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** A suite whose one test failed and told the secret in its message. */
function finishedSuite(folder: string): Event {
  const counts = { passed: 0, failed: 1, error: 0, skipped: 0, "expected-failure": 0, "unexpected-success": 0 };
  const text = [
    { v: 1, type: "start", tests: 1 },
    { type: "test", id: "login.Login.test_login", status: "failed", seconds: 0.1, message: `refused ${canary}` },
    { type: "end", tests: 1, ...counts },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
  writeFileSync(join(folder, "smoke.jsonl"), text);
  const file = { path: "smoke.jsonl", sha256: createHash("sha256").update(text).digest("hex"), bytes: text.length };
  const suite = plan.nodes.flatMap(({ id, suites }) => suites.map((one) => ({ node: id, ...one })))[0];
  if (suite === undefined) throw new Error("the plan expects no suite");
  const { node, name } = suite;
  const data = { suite: name, format: "unittest", exitCode: 1, results: [file], log: null, durationMs: 1 } as const;
  return { v: 1, run: "run-1", seq: 1, at: "2026-01-01T00:00:00.000Z", node, attempt: 1, type: "suite.finished", data };
}

it("seals a certificate without the secrets that a result file tells", async () => {
  const folder = join(home, "runs", "run-1");
  mkdirSync(folder, { recursive: true });
  const events = [finishedSuite(folder)];
  const known = scrubber();
  known.learn("key", canary);
  const record = { run: "run-1", pipeline: "p", definition: "/p.ts", params: {}, plan, state: "running" } as const;
  const engine = {
    record: async () => ({ ...record, startedAt: "", outcome: null, leaked: 0, sealed: null, alive: true }),
    runs: async () => [],
    async *events() {
      yield* events;
    },
  };
  const provider = { list: async () => [] };
  const sealed = await sealRun({ engine, provider, home, clean: known.clean }, "run-1");
  const json = readFileSync(join(folder, "certificate.json"), "utf8");
  const html = readFileSync(join(folder, "certificate.html"), "utf8");
  expect(json).toContain("refused [secret key]");
  for (const text of [json, html]) expect(text).not.toContain("c4nary");
  expect(sealed.data.digest).toBe(createHash("sha256").update(json).digest("hex"));
});
