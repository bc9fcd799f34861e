import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import type { OpenNebulaHost } from "./calls/host.ts";
import type { QuotaHolder, QuotaMetric } from "./calls/quota.ts";
import { openNebulaFailures } from "./failures.ts";
import type { OpenNebula } from "./open-nebula.ts";
import { serverFailure } from "./server-failures.ts";

interface Room {
  /** Hundredths of a core. */
  cpu: number;
  /** KiB. */
  memory: number;
}

/**
 * Why the servers would not get in now, before OpenNebula is asked for any of them: hosts that the user may use and that
 * are monitored, and quotas of the user and its group. Undefined where nothing stands against it; the scheduler has the
 * last word. Sums of quotas count each server once, as all of them will run.
 */
export async function shortageOf(one: OpenNebula, requests: readonly ServerRequest[]): Promise<Failure | undefined> {
  const [hosts, me] = await Promise.all([one.hosts.pool(), one.accounts.me()]);
  const quota = quotaShortage([me, await one.accounts.group(me.group)], requests);
  return quota ?? hostShortage(hosts, requests);
}

/** As {@link shortageOf}, for hosts alone. Pure. */
export function hostShortage(
  hosts: readonly OpenNebulaHost[],
  requests: readonly ServerRequest[],
): Failure | undefined {
  const usable = hosts.filter(({ state }) => state === "MONITORED" || state === "MONITORING_MONITORED");
  if (usable.length === 0) return serverFailure("opennebula-no-room", `None of ${hosts.length} hosts is monitored.`);
  const empty = usable.map((host) => ({ host, room: { cpu: host.cpu.max, memory: host.memory.max } }));
  const tooLarge = unplaced(empty, requests);
  if (tooLarge !== undefined)
    return serverFailure(
      "opennebula-never-fits",
      `${sizeOf(tooLarge)}: ${usable.length} hosts would not hold it if they were empty.`,
    );
  const free = usable.map((host) => ({
    host,
    room: { cpu: host.cpu.max - host.cpu.used, memory: host.memory.max - host.memory.used },
  }));
  const waiting = unplaced(free, requests);
  if (waiting === undefined) return undefined;
  return serverFailure(
    "opennebula-no-room",
    `${sizeOf(waiting)}: no host has that much free beside the rest of its group.`,
  );
}

/** The first server that finds no host when the largest come first and each takes the fullest host that holds it. */
function unplaced(
  hosts: readonly { readonly host: OpenNebulaHost; readonly room: Room }[],
  requests: readonly ServerRequest[],
): ServerRequest | undefined {
  const order = [...requests].sort((a, b) => b.memoryMiB - a.memoryMiB || b.cores - a.cores);
  for (const request of order) {
    const [cpu, memory] = [request.cores * 100, request.memoryMiB * 1024];
    const fitting = hosts
      .filter(({ host, room }) => suits(host, request) && room.cpu >= cpu && room.memory >= memory)
      .sort((a, b) => a.room.memory - b.room.memory);
    const [best] = fitting;
    if (best === undefined) return request;
    best.room.cpu -= cpu;
    best.room.memory -= memory;
  }
  return undefined;
}

/** OpenNebula's words for the processors of hosts, as `uname -m` says them. */
export const architectures = { amd64: "x86_64", arm64: "aarch64" } as const;

function suits(host: OpenNebulaHost, { architecture = "amd64" }: ServerRequest): boolean {
  return host.architecture === architectures[architecture] || host.architecture === "";
}

function sizeOf({ name, cores, memoryMiB }: ServerRequest): string {
  return `${name} asks for ${cores} cores and ${memoryMiB} MiB`;
}

/** The first limit that the servers together go over. Pure. */
export function quotaShortage(
  holders: readonly QuotaHolder[],
  requests: readonly ServerRequest[],
): Failure | undefined {
  const total = (of: (request: ServerRequest) => number) => requests.reduce((sum, request) => sum + of(request), 0);
  const [count, cpu, memory] = [requests.length, total(({ cores }) => cores), total(({ memoryMiB }) => memoryMiB)];
  const more: Readonly<Record<QuotaMetric, number>> = {
    ...{ VMS: count, CPU: cpu, MEMORY: memory, RUNNING_VMS: count, RUNNING_CPU: cpu, RUNNING_MEMORY: memory },
  };
  for (const { kind, name, limits } of holders) {
    const over = limits.find(({ metric, limit, used }) => used + more[metric] > limit);
    if (over === undefined) continue;
    const { metric, limit, used } = over;
    const detail = `The ${kind} ${name} may have ${limit} of ${metric}, has ${used} and would need ${more[metric]} more.`;
    return { reason: "opennebula-quota", detail, ...openNebulaFailures["opennebula-quota"] };
  }
  return undefined;
}
