import { availableParallelism, totalmem } from "node:os";
import type { HostFeature, ServerRequest } from "../../pipelines/dsl/request.ts";
import { operatingSystem } from "../catalog/operating-systems.ts";

/** What there is, or what somebody holds: memory in MiB and processor cores. */
export interface Size {
  readonly memoryMiB: number;
  readonly cores: number;
}

/** A size and who holds it, in words for people. */
export interface Holding extends Size {
  readonly holder: string;
}

/** Left to the machine itself: memory is never overcommitted. In MiB. */
export const machineReserveMiB = 2048;

/** Virtual CPUs per real core: an emulated or idle guest CPU seldom runs, so cores may be promised four times over. */
export const virtualCpusPerCore = 4;

/** What a QEMU process needs beside its guest's memory: 192 MiB of translated code under TCG, devices, its own. */
export const processOverheadMiB = 256;

/** Servers of one group: each has its own loopback address 127.64+n. */
export const largestGroup = 60;

/** The size of this machine, or of the container that this process lives in. */
export function machineSize(): Size {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { memoryMiB: Math.floor(bytes / 1_048_576), cores: availableParallelism() };
}

/** Features of the catalogue that can be told of a machine by its size alone. */
export function featuresOfSize({ memoryMiB, cores }: Size): readonly HostFeature[] {
  // Because a machine of 512 GiB shows its system somewhat less.
  return [
    ...(cores >= 96 ? ["dense-cpu" as const] : []),
    ...(memoryMiB >= 500 * 1024 ? ["large-memory" as const] : []),
  ];
}

/** What a machine of that size can promise to servers. */
export function promisable(machine: Size): Size {
  return {
    memoryMiB: Math.max(0, machine.memoryMiB - machineReserveMiB),
    cores: machine.cores * virtualCpusPerCore,
  };
}

/** What a group of requests takes of the machine together. */
export function sizeOf(requests: readonly Size[]): Size {
  return {
    memoryMiB: requests.reduce((sum, one) => sum + one.memoryMiB + processOverheadMiB, 0),
    cores: requests.reduce((sum, one) => sum + one.cores, 0),
  };
}

/**
 * Why a group can never be allocated on a machine of that size, naming the value; undefined when it can. Synchronous
 * and pure, so that a plan can refuse it before anything is spent.
 */
export function neverFits(requests: readonly ServerRequest[], machine: Size): string | undefined {
  const room = promisable(machine);
  const wanted = sizeOf(requests);
  const names = requests.map((one) => one.name).join(", ");
  for (const request of requests) {
    if (request.image === undefined && operatingSystem(request.os) === undefined)
      return `${request.name} asks for the unknown system ${request.os}`;
    if (request.architecture === "arm64" && request.nestedKvm)
      return `${request.name} asks for nested KVM on arm64, which is emulated here without it`;
    if (request.architecture === "arm64" && request.image !== undefined)
      return `${request.name} asks for a cloud image of arm64: only images that are bootstrapped start here`;
    const lacking = request.host?.features?.find((feature) => !featuresOfSize(machine).includes(feature));
    if (lacking !== undefined)
      return `${request.name} asks for a host with ${lacking}: this machine is not known as one`;
    if (request.host?.cpus !== undefined && request.host.cpus !== "shared")
      return `${request.name} asks for processors of its own (${request.host.cpus}): here all servers share them`;
    if (request.memoryMiB < 256) return `${request.name} asks for ${request.memoryMiB} MiB: a guest needs 256 MiB`;
    if (request.cores < 1) return `${request.name} asks for ${request.cores} cores: a guest needs 1`;
  }
  if (requests.length > largestGroup) return `${requests.length} servers in one group: at most ${largestGroup} fit`;
  if (wanted.memoryMiB > room.memoryMiB)
    return (
      `${names} need ${wanted.memoryMiB} MiB of memory (${processOverheadMiB} MiB of it per server for QEMU): ` +
      `this machine has ${machine.memoryMiB} MiB and keeps ${machineReserveMiB} MiB for itself`
    );
  if (wanted.cores > room.cores)
    return (
      `${names} need ${wanted.cores} virtual CPUs: this machine has ${machine.cores} cores ` +
      `and promises ${virtualCpusPerCore} virtual CPUs for each`
    );
  return undefined;
}

/** What is missing for a group at this moment, naming who holds what; undefined when there is room. */
export function lacking(wanted: Size, holdings: readonly Holding[], machine: Size): string | undefined {
  const room = promisable(machine);
  const freeMemory = room.memoryMiB - holdings.reduce((sum, one) => sum + one.memoryMiB, 0);
  const freeCores = room.cores - holdings.reduce((sum, one) => sum + one.cores, 0);
  if (wanted.memoryMiB <= freeMemory && wanted.cores <= freeCores) return undefined;
  const short =
    wanted.memoryMiB > freeMemory
      ? `${wanted.memoryMiB} MiB of memory, ${Math.max(0, freeMemory)} MiB are free`
      : `${wanted.cores} virtual CPUs, ${Math.max(0, freeCores)} are free`;
  return `${short}: ${heldBy(holdings)}`;
}

function heldBy(holdings: readonly Holding[]): string {
  const sums = new Map<string, Size>();
  for (const one of holdings) {
    const sum = sums.get(one.holder) ?? { memoryMiB: 0, cores: 0 };
    sums.set(one.holder, { memoryMiB: sum.memoryMiB + one.memoryMiB, cores: sum.cores + one.cores });
  }
  return [...sums]
    .map(([holder, sum]) => `${holder} holds ${sum.memoryMiB} MiB and ${sum.cores} virtual CPUs`)
    .join(", ");
}
