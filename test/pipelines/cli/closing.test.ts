import { describe, expect, it } from "vitest";
import type { Resource } from "../../../infra/providers/provider.ts";
import { closing } from "../../../pipelines/cli/closing.ts";
import { advance, beginProgress } from "../../../pipelines/cli/view/progress.ts";
import type { EventBody } from "../../../pipelines/dsl/event.ts";
import { FailureError } from "../../../pipelines/dsl/failure.ts";

const holder = "servers@debian-12";
const inHours = (hours: number) => new Date(Date.now() + 3_600_000 * hours).toISOString();
const resource = (id: string, kind: string, node = holder): Resource => ({
  ...{ provider: "local", id, kind, run: "r1", node },
  expiresAt: inHours(1),
});

/** The last lines of a run whose servers were kept until then, with what is still listed. */
async function last(keptUntil: string, held: readonly Resource[]) {
  const progress = beginProgress("r1", [holder, `undo:${holder}`]);
  const told: readonly [string | null, EventBody][] = [
    [`undo:${holder}`, { type: "node.skipped", data: { reason: "kept, because results failed", keptUntil } }],
    [null, { type: "run.finished", data: { outcome: "failed", leaked: 0 } }],
  ];
  for (const [index, [node, body]] of told.entries()) {
    const stamp = { v: 1, seq: index + 1, at: inHours(0), run: "r1" } as const;
    advance(progress, { ...body, ...stamp, ...(node === null ? {} : { node }) });
  }
  const { lines } = await closing(
    { engine: { record: async () => null }, provider: { list: async () => held }, home: "/nowhere" },
    progress,
  );
  return lines.join("\n");
}

describe("the last lines of a run that kept servers", () => {
  it("name them, the reason and the way to give them back, and count them as no leftover", async () => {
    const text = await last(inHours(1), [resource("node1-a", "virtual-machine"), resource("lease-b", "lease")]);
    expect(text).toContain("Kept:        node1-a (kept, because results failed)");
    expect(text).toContain("give back: edgecert list --machines --release r1");
    expect(text).toContain("Left over:   0");
  });

  it("count what is kept past its time, and what was never kept, as left over", async () => {
    expect(await last(inHours(-1), [resource("node1-a", "virtual-machine")])).toMatch(/^Left over: {3}1: node1-a$/m);
    const other = await last(inHours(1), [resource("node2-c", "virtual-machine", "builders@debian-12")]);
    expect(other).toMatch(/^Left over: {3}1: node2-c$/m);
    expect(other).not.toContain("Kept:");
  });
});

it("the last lines never say 0 of a place that could not be asked: it is named with the next step, and the code is 4", async () => {
  const progress = beginProgress("r1", [holder]);
  advance(progress, {
    v: 1,
    seq: 1,
    at: inHours(0),
    run: "r1",
    type: "run.finished",
    data: { outcome: "failed", leaked: 0 },
  });
  const refusal = { reason: "no-credentials", class: "configuration", title: "No credentials for aws" } as const;
  const list = () => Promise.reject(new FailureError({ ...refusal, detail: "none", next: "Set AWS_PROFILE." }));
  const { lines, code } = await closing(
    { engine: { record: async () => null }, provider: { list }, home: "/nowhere" },
    progress,
  );
  const text = lines.join("\n");
  expect(text).toContain("Left over:   not known at its place (No credentials for aws)\n  Set AWS_PROFILE.");
  expect(text).toContain("Verdict:     Not certified");
  expect(code).toBe(4);
});
