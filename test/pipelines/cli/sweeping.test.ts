import { expect, test, vi } from "vitest";
import type { Resource } from "../../../infra/providers/provider.ts";
import { sweep } from "../../../pipelines/cli/sweeping.ts";

const expired: Resource = {
  ...{ provider: "there", id: "forgotten", kind: "virtual-machine", run: "dead", node: "servers" },
  expiresAt: new Date(Date.now() - 3_600_000).toISOString(),
};

test("a place that does not answer is named, and keeps no other from being swept", async () => {
  const released: string[] = [];
  const silent = { name: "silent", list: () => Promise.reject(new Error("no route to host")), release: async () => {} };
  const there = {
    name: "there",
    list: async () => [expired],
    release: async ({ id }: Resource) => void released.push(id),
  };
  const said: string[] = [];
  const tell = vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
  try {
    await sweep({ engine: { runs: async () => [] }, provider: { ...there, name: "all", places: [silent, there] } });
  } finally {
    tell.mockRestore();
  }
  expect(released).toEqual(["forgotten"]);
  expect(said.join("")).toMatch(/at silent could not be listed: no route to host: .* report it/s);
  expect(said.join("")).toMatch(/gave back forgotten of dead/);
});
