import { expect, test } from "vitest";
import { lacking, neverFits, processOverheadMiB, sizeOf } from "../../../infra/hosts/capacity.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";

const request = (change: Partial<ServerRequest> = {}): ServerRequest => ({
  name: "node1",
  role: "node",
  os: "debian-12",
  cores: 1,
  memoryMiB: 1024,
  packages: [],
  nestedKvm: false,
  ...change,
});
const cloud = { url: "https://images.example/a.qcow2", sha256: "0".repeat(64), format: "qcow2" } as const;
const machine = { memoryMiB: 8192, cores: 2 };

test.each([
  [[request()], undefined],
  [[request({ memoryMiB: 8192 - 2048 - processOverheadMiB })], undefined],
  [
    [request({ memoryMiB: 8192 - 2048 - processOverheadMiB + 1 })],
    /node1 need 6145 MiB of memory.*8192 MiB and keeps 2048/,
  ],
  [[request({ cores: 8 })], undefined],
  [[request({ cores: 9 })], /9 virtual CPUs: this machine has 2 cores and promises 4/],
  [[request({ os: "debian-99" })], /node1 asks for the unknown system debian-99/],
  [[request({ os: "ubuntu-24.04", image: cloud })], undefined],
  [[request({ architecture: "arm64" })], undefined],
  [[request({ architecture: "arm64", nestedKvm: true })], /node1 asks for nested KVM on arm64/],
  [[request({ architecture: "arm64", image: cloud })], /node1 asks for a cloud image of arm64/],
  [[request({ host: { features: ["gpu"] } })], /node1 asks for a host with gpu/],
  [[request({ host: { features: [], cpus: "shared" } })], undefined],
  [[request({ host: { cpus: "core" } })], /node1 asks for processors of its own \(core\)/],
  [[request({ memoryMiB: 64 })], /64 MiB/],
  [[request({ cores: 0 })], /0 cores/],
  [Array.from({ length: 61 }, () => request()), /61 servers in one group/],
])("what can never fit is named: %#", (requests, expected) => {
  const why = neverFits(requests, machine);
  if (expected === undefined) expect(why).toBeUndefined();
  else expect(why).toMatch(expected);
});

test("memory is never promised twice, and who holds it is said", () => {
  const held = [{ holder: "run a node b", memoryMiB: 5000, cores: 1 }];
  expect(lacking({ memoryMiB: 1144, cores: 1 }, held, machine)).toBeUndefined();
  expect(lacking({ memoryMiB: 1145, cores: 1 }, held, machine)).toBe(
    "1145 MiB of memory, 1144 MiB are free: run a node b holds 5000 MiB and 1 virtual CPUs",
  );
});

test("cores are promised up to four times, summed per holder", () => {
  const one = { holder: "run a node b", memoryMiB: 10, cores: 4 };
  expect(lacking({ memoryMiB: 10, cores: 1 }, [one, one], machine)).toBe(
    "1 virtual CPUs, 0 are free: run a node b holds 20 MiB and 8 virtual CPUs",
  );
});

test("each server costs what QEMU itself needs", () => {
  expect(sizeOf([request(), request()])).toEqual({ memoryMiB: 2 * (1024 + processOverheadMiB), cores: 2 });
});
