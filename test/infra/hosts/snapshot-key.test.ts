import { expect, test } from "vitest";
import type { Machine } from "../../../infra/hosts/qemu-arguments.ts";
import { snapshotKey } from "../../../infra/hosts/snapshot-key.ts";

const machine: Machine = {
  ...{
    id: "node1-0a1b2c3d",
    tags: "edgecert:run=r1",
    folder: "/h/s/node1",
    acceleration: "tcg",
    cores: 2,
    memoryMiB: 768,
  },
  ...{
    disk: "/h/s/node1/disk.qcow2",
    seed: { kind: "tar", path: "/h/s/node1/seed.tar" },
    console: "/h/s/node1/c",
    pidFile: "/h/s/node1/p",
  },
  architecture: "amd64",
  boot: { kind: "kernel", kernel: "/h/vmlinuz", initrd: "/h/initrd" },
  forward: { address: "127.64.0.7", port: 2222 },
  groupNetwork: { address: "230.77.0.7", port: 21000 },
  ...{ outsideMac: "52:54:00:00:00:01", groupMac: "52:54:00:00:00:02" },
};
const image = { digest: "d1", build: "b1", disk: "/h/disk.raw" };
const of = { host: { qemu: "QEMU 7.2.22", processor: "model A" }, seedBytes: 65_536 };
const key = snapshotKey(machine, image, of);

test("what is a server's own does not matter", () => {
  const other: Machine = {
    ...machine,
    ...{ id: "node2-ffffffff", tags: "edgecert:run=r2", folder: "/h/s/node2", disk: "/h/s/node2/disk.qcow2" },
    ...{
      seed: { kind: "tar", path: "/s" },
      console: "/c",
      pidFile: "/p",
      outsideMac: "52:54:00:00:00:0a",
      groupMac: "52:54:00:00:00:0b",
    },
    forward: { address: "127.65.0.7", port: 2222 },
    groupNetwork: { address: "230.77.0.8", port: 21000 },
  };
  expect(snapshotKey(other, image, of)).toBe(key);
});

test.each([
  ["the build of the image", snapshotKey(machine, { ...image, build: "b2" }, of)],
  ["the digest of the image", snapshotKey(machine, { ...image, digest: "d2" }, of)],
  ["memory", snapshotKey({ ...machine, memoryMiB: 1024 }, image, of)],
  ["cores", snapshotKey({ ...machine, cores: 1 }, image, of)],
  ["acceleration and processor model", snapshotKey({ ...machine, acceleration: "kvm" }, image, of)],
  ["QEMU's version", snapshotKey(machine, image, { ...of, host: { ...of.host, qemu: "QEMU 7.2.23" } })],
  ["the size of the seed", snapshotKey(machine, image, { ...of, seedBytes: 131_072 })],
])("%s matters", (_, other) => {
  expect(other).not.toBe(key);
});

test("the real processor matters under KVM, and not where it is emulated", () => {
  const host = { ...of.host, processor: "model B" };
  expect(snapshotKey(machine, image, { ...of, host })).toBe(key);
  const kvm: Machine = { ...machine, acceleration: "kvm" };
  expect(snapshotKey(kvm, image, { ...of, host })).not.toBe(snapshotKey(kvm, image, of));
});
