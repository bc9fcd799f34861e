import { expect, it } from "vitest";
import type { Resource } from "../../../infra/providers/provider.ts";
import { releaseListed } from "../../../pipelines/cli/releasing.ts";

const [past, future] = ["2020-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"];
const held = (id: string, run: string, expiresAt: string): Resource => ({
  ...{ provider: "local", kind: "virtual-machine", node: "servers" },
  ...{ id, run, expiresAt },
});
const all = [held("old", "dead", past), held("young", "dead", future), held("busy", "alive", past)];
const runs = [
  { run: "dead", alive: false },
  { run: "alive", alive: true },
];

function place() {
  const released: string[] = [];
  return {
    released,
    list: async ({ run }: { readonly run?: string }) => all.filter((one) => run === undefined || one.run === run),
    release: async ({ id }: Resource) => void released.push(id),
  };
}

it.each([
  ["what has expired", { run: null, force: false }, ["old"]],
  ["all, where it is forced", { run: null, force: true }, ["old", "young"]],
  ["all of one run", { run: "dead", force: false }, ["old", "young"]],
])("gives back %s, and nothing that a live process works on", async (_, choice, ids) => {
  const provider = place();
  const { lines } = await releaseListed(provider, runs, choice);
  expect(provider.released).toEqual(ids);
  expect(lines.filter((line) => line.startsWith("released"))).toHaveLength(ids.length);
});

it("refuses a run that a live process works on", async () => {
  const provider = place();
  await expect(releaseListed(provider, runs, { run: "alive", force: true })).rejects.toThrow("being worked on");
  expect(provider.released).toEqual([]);
});

it("goes on behind what cannot be given back, and says of it and of a silent place why", async () => {
  const provider = place();
  const silent = { name: "aws", list: () => Promise.reject(new Error("no credentials")), release: async () => {} };
  const release = async (one: Resource) => {
    if (one.id === "old") throw new Error("it is still locked");
    await provider.release(one);
  };
  const places = [{ ...provider, name: "here" }, silent];
  const { lines, json, trouble } = await releaseListed({ ...provider, release, places }, runs, {
    run: null,
    force: true,
  });
  expect(provider.released).toEqual(["young"]);
  expect(lines[0]).toMatch(/^left {6}old .* it is still locked$/);
  expect(json).toMatchObject([{ released: false }, { released: true }, { released: false }]);
  expect(trouble).toMatchObject({ problems: [{ title: "aws: no credentials" }, { title: "old: it is still locked" }] });
});

it("does not say that nothing is held where a place does not answer", async () => {
  const list = () => Promise.reject(new Error("no credentials"));
  const { lines, trouble } = await releaseListed({ list, release: async () => {} }, [], { run: null, force: false });
  expect(lines).toEqual([]);
  expect(trouble).toBeInstanceOf(Error);
});
