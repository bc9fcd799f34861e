import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import type { Provider, Resource } from "../../../infra/providers/provider.ts";
import { failureOf } from "../../../pipelines/dsl/failure.ts";
import { allocateServers } from "../../../pipelines/stages/provision.ts";
import { releaseServers } from "../../../pipelines/stages/teardown.ts";
import { recordedContext } from "./stage-context.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgecert-provision-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The local provider, but for what a test says about one of its verbs. */
function fakeProvider(verbs: Partial<Provider>): Provider {
  return { ...localProvider({ home: root }), ...verbs };
}

function resource(id: string): Resource {
  const kind = "virtual-machine";
  return { provider: "local", id, kind, run: "test-run", node: "servers", expiresAt: "2027-01-01T00:00:00.000Z" };
}

describe("allocated servers", () => {
  it("fail with the provider's own words where the disk is full", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const provider = fakeProvider({ provision: () => Promise.reject(full), destroy: () => Promise.reject(full) });
    const { ctx } = recordedContext({ root, node: "servers" });
    for (const work of [allocateServers(ctx, provider), releaseServers(ctx, provider)]) {
      const failure = failureOf(await work.catch((error: unknown) => error));
      expect(failure).toMatchObject({ reason: "disk-full", class: "configuration" });
    }
  });

  it("are told with the price that their place asks for them", async () => {
    const provider = fakeProvider({
      estimate: async () => ({ dollarsPerHour: 2.5, secondsToReady: 1 }),
      provision: async () => [],
    });
    const { ctx, events } = recordedContext({ root, node: "servers" });
    await allocateServers(ctx, provider);
    expect(events.map(({ body }) => body)).toEqual([{ type: "servers.priced", data: { dollarsPerHour: 2.5 } }]);
  });

  it("are told by their own names when they are given back", async () => {
    const given = [resource("node-0a1b2c3d"), resource("node-1-4e5f6a7b")];
    const { ctx, events } = recordedContext({ root, node: "servers" });
    await releaseServers(ctx, fakeProvider({ destroy: async () => given }));
    expect(events.map(({ host }) => host)).toEqual(["node", "node-1"]);
  });
});
