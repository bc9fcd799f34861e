import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import quickstart from "../../../pipelines/quickstart.ts";

const folder = join(import.meta.dirname, "../../../pipelines");

describe("the quickstart", () => {
  it("plans three cells, a reasoned hole, and packages once per operating system", async () => {
    const plan = await quickstart.plan({});
    expect(plan.cells.map(({ id }) => id)).toEqual(["debian-12/kvm-ssh", "debian-13/kvm-ssh", "debian-12/microvm-ssh"]);
    expect(plan.holes.map(({ id, reason }) => [id, reason.length > 10])).toEqual([["debian-13/microvm-ssh", true]]);
    expect(plan.nodes.filter(({ stage }) => stage === "packages").map(({ id }) => id)).toEqual([
      "packages@debian-12",
      "packages@debian-13",
    ]);
  });

  it("gives back every machine that it asks for", async () => {
    const { nodes } = await quickstart.plan({});
    const holders = nodes.filter(({ kind, servers }) => kind === "run" && servers.length > 0).map(({ id }) => id);
    expect(holders).toHaveLength(5);
    expect(
      nodes
        .filter(({ kind }) => kind === "undo")
        .map(({ undoOf }) => undoOf)
        .sort(),
    ).toEqual(holders.sort());
  });

  it("tests nothing on a server that built", async () => {
    const { nodes } = await quickstart.plan({});
    const testers = nodes.filter(({ suites }) => suites.length > 0);
    expect(testers.map(({ id }) => id)).toHaveLength(3);
    for (const { needs } of testers) {
      expect(Object.values(needs).some((need) => need.kind === "one" && need.node.startsWith("builders"))).toBe(false);
    }
  });

  it("certifies the product beside it, whatever else its parameters say", async () => {
    const plan = await quickstart.plan({ demonstrate: "failure" });
    expect(plan.params).toMatchObject({ demonstrate: "failure" });
    const { url = "" } = plan.sources.edgeprobe ?? {};
    expect(existsSync(join(folder, url, "packaging/build"))).toBe(true);
    expect((await quickstart.plan({ source: "https://example.org/x.git", ref: "v2" })).sources.edgeprobe).toEqual({
      name: "edgeprobe",
      url: "https://example.org/x.git",
      ref: "v2",
    });
  });

  it("refuses a demonstration that does not exist", async () => {
    await expect(quickstart.plan({ demonstrate: "success" })).rejects.toThrow(/demonstrate/);
  });

  it("stays short enough to be read in one go", () => {
    expect(readFileSync(join(folder, "quickstart.ts"), "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(60);
  });
});
