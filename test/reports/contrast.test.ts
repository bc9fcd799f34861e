import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { mostDifferences } from "../../reports/contrast.ts";
import { installedPackages, parseInstalled } from "../../reports/installed.ts";
import { certified, inventedRun } from "../fixtures/reports/run.ts";
import { redAndDamaged, redEverywhere } from "../fixtures/reports/stories.ts";

const shared = Array.from({ length: 60 }, (_, index) => `lib${String(index).padStart(2, "0")} ${index}`);
const lists: Readonly<Record<string, readonly string[]>> = {
  "ec-debian-12-kvm-ssh-node1": ["edgeprobe 1.2.0", "only-here 1", ...shared],
  "ec-debian-13-kvm-ssh-node1": ["edgeprobe 1.2.0", "python3 3.13", ...shared.map((one) => `${one}.1`)],
};

function described() {
  const run = inventedRun(redAndDamaged);
  for (const [id, lines] of Object.entries(lists)) {
    const packages = run.file(`installed/${id}.txt`, lines.map((line) => `${line} amd64\n`).join(""));
    const facts = { system: "Debian", kernel: "6", cpu: "QEMU", clockOffsetMs: 3, clockErrorMs: 90 };
    run.emit(100, { type: "server.described", data: { server: "node1", id, ...facts, packages } });
  }
  return run;
}

it("compares a cell that failed with the passed one that shares most with it", async () => {
  const run = described();
  const written = await run.write();
  const installed = await installedPackages(run.stream(), written);
  const { certificate, folder } = await certified(run, { installed });
  const [contrast, ...others] = certificate.contrasts;
  expect(others.map((one) => [one.cell, one.nearest])).toEqual([["debian-12/microvm-ssh", "debian-12/kvm-ssh"]]);
  expect(contrast).toMatchObject({ cell: "debian-13/kvm-ssh", nearest: "debian-12/kvm-ssh", shared: ["kvm-ssh"] });
  expect(contrast?.differences[0]).toEqual({
    what: "axis",
    name: "os",
    role: "",
    here: "debian-13",
    there: "debian-12",
  });
  const packages = contrast?.differences.filter(({ what }) => what === "package") ?? [];
  expect(packages.find(({ name }) => name === "python3")).toMatchObject({
    role: "node1",
    here: "3.13 amd64",
    there: "",
  });
  expect(packages.find(({ name }) => name === "lib00")).toMatchObject({ here: "0.1 amd64", there: "0 amd64" });
  expect(packages.some(({ name }) => name === "edgeprobe")).toBe(false);
  expect(contrast?.differences).toHaveLength(mostDifferences);
  const others62 = 62 + (contrast?.differences.length ?? 0) - packages.length;
  expect(contrast?.more).toBe(others62 - mostDifferences);
  expect(certificate.servers.find(({ id }) => id === "ec-debian-13-kvm-ssh-node1")?.description?.clockOffsetMs).toBe(3);
  for (const one of [written, folder]) await rm(one, { recursive: true });
});

it("says nothing about packages from a list that is not the recorded one", async () => {
  const run = described();
  for (const path of run.files.keys()) if (path.startsWith("installed/")) run.files.set(path, "edgeprobe 9 amd64\n");
  const folder = await run.write();
  expect([...(await installedPackages(run.stream(), folder))]).toEqual([]);
  await rm(folder, { recursive: true });
});

it("has nothing to compare with where no cell passed, and no need where all did", async () => {
  for (const stories of [redEverywhere, {}]) {
    const { certificate, folder } = await certified(inventedRun(stories));
    expect(certificate.contrasts).toEqual([]);
    await rm(folder, { recursive: true });
  }
});

it("reads packages of several architectures, and leaves out lines that say no version", () => {
  const read = parseInstalled("libc6 2.36 amd64\nlibc6 2.36 i386\nbroken\n\n");
  expect([...read]).toEqual([["libc6", "2.36 amd64, 2.36 i386"]]);
});
