import { describe, expect, it } from "vitest";
import { announceVisit } from "../../../pipelines/cli/visiting.ts";
import type { Event, EventBody } from "../../../pipelines/dsl/event.ts";
import type { RunRecord } from "../../../pipelines/engine/engine.ts";
import { plan } from "../../fixtures/reports/plan.ts";
import { inventedRun } from "../../fixtures/reports/run.ts";

const ssh = { host: "127.0.0.1", port: 1, user: "root", privateKeyPath: "/key", hostKey: "ssh-ed25519 A" };

function record(run: string, day: number): RunRecord {
  const startedAt = `2026-01-0${day}T00:00:00.000Z`;
  const ended = { state: "running", outcome: null, leaked: 0, sealed: null, alive: true } as const;
  return { run, pipeline: "p", definition: "/p.ts", params: {}, plan, startedAt, ...ended };
}

/** Two runs of the same story, of which the provider still lists the servers of those named; what is appended is kept. */
function place(listed: readonly string[], broken = false) {
  const appended: unknown[] = [];
  const records = [record("older", 1), record("newer", 2)];
  const stream = inventedRun()
    .stream()
    .map((event): Event => (event.type === "server.ready" ? { ...event, data: { ...event.data, ssh } } : event))
    .filter((event) => event.type !== "server.released");
  const ids = stream.flatMap((event) => (event.type === "server.ready" ? [event.data.id] : []));
  const common = { provider: "local", kind: "virtual-machine", node: "", expiresAt: "" };
  return {
    appended,
    provider: { list: async () => listed.flatMap((run) => ids.map((id) => ({ ...common, id, run }))) },
    engine: {
      record: async (run: string) => records.find((one) => one.run === run) ?? null,
      runs: async () => [],
      names: async () => records.map((one) => one.run),
      async *events() {
        yield* stream;
      },
      async append(run: string, body: EventBody, where?: object) {
        if (broken) throw new Error("the database is gone");
        appended.push({ run, ...body, where });
      },
    },
  };
}

const words = { server: "debian-12/kvm-ssh/frontend", by: "alice" };

describe("a visit", () => {
  it("is stored with server, person and attempt, in the latest run that has servers", async () => {
    const { appended, ...at } = place(["older", "newer"]);
    const { run, server } = await announceVisit(at, words);
    expect({ run, address: server.ssh }).toEqual({ run: "newer", address: ssh });
    expect(appended).toEqual([
      {
        run: "newer",
        type: "attempt.touched",
        data: { server: "frontend", by: "alice", what: "shell" },
        where: { node: "servers@debian-12/kvm-ssh", attempt: 1, host: "frontend" },
      },
    ]);
    expect((await announceVisit(place(["older"]), { ...words, command: "true" })).run).toBe("older");
    expect((await announceVisit(at, { ...words, run: "older" })).run).toBe("older");
  });

  it("is refused where it cannot be stored", async () => {
    await expect(announceVisit(place(["newer"], true), words)).rejects.toThrow("the database is gone");
  });

  it("is not stored for a server that is not there", async () => {
    const { appended, ...at } = place(["newer"]);
    await expect(announceVisit(at, { ...words, server: "debian-12/kvm-ssh/backend" })).rejects.toThrow(
      "No such server",
    );
    await expect(announceVisit(place([]), words)).rejects.toThrow("No run has servers now");
    await expect(announceVisit(place([]), { ...words, run: "newer" })).rejects.toThrow("No server of this run answers");
    expect(appended).toEqual([]);
  });
});
