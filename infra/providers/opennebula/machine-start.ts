import type { Connection } from "../../ssh/connection.ts";
import { backOff } from "../../ssh/deadline.ts";
import { hasReason } from "../../ssh/failures.ts";
import { waitForSsh } from "../../ssh/readiness.ts";
import type { SshAddress } from "../provider.ts";
import type { OpenNebulaMachine } from "./calls/virtual-machine.ts";
import type { OpenNebula } from "./open-nebula.ts";
import { serverError } from "./server-failures.ts";

/** How a machine is waited for. Milliseconds. */
export interface StartLimits {
  readonly signal: AbortSignal;
  readonly pollMs: number;
  /** Until the scheduler has found a host. */
  readonly capacityDeadlineMs: number;
  /** From then until the machine can be used. */
  readonly startDeadlineMs: number;
}

/** Waits until a machine runs. Throws what keeps it from that: the scheduler's own words, or the state it fell into. */
export async function waitUntilRuns(one: OpenNebula, id: number, limits: StartLimits): Promise<OpenNebulaMachine> {
  const asked = performance.now();
  let placedAt: number | undefined;
  for (let turn = 0; ; turn += 1) {
    const machine = await one.machines.info(id);
    const { condition } = machine;
    if (condition === "running") return machine;
    refuseEnded(machine);
    const now = performance.now();
    if (condition === "waiting") refuseUnplaced(machine, now - asked >= limits.capacityDeadlineMs);
    else placedAt ??= now;
    if (placedAt !== undefined && now - placedAt >= limits.startDeadlineMs)
      throw serverError("opennebula-server-failed", `${nameOf(machine)} is in ${machine.stateName} for too long.`);
    await backOff(Math.min(turn, 2), limits.pollMs / 4, limits.pollMs, limits.signal);
  }
}

/** Throws where a machine will not run any more. */
function refuseEnded(machine: OpenNebulaMachine): void {
  const { condition, stateName } = machine;
  const said = machine.attributes.get("ERROR") ?? "OpenNebula gives no reason";
  if (condition === "failed")
    throw serverError("opennebula-server-failed", `${nameOf(machine)} is in ${stateName}: ${said}.`);
  if (condition === "stopped" || condition === "ending" || condition === "gone")
    throw serverError("opennebula-server-stopped", `${nameOf(machine)} is in ${stateName}.`);
}

function refuseUnplaced(machine: OpenNebulaMachine, late: boolean): void {
  const said = machine.attributes.get("SCHED_MESSAGE") ?? "";
  if (/not authorized to use any host/.test(said))
    throw serverError("opennebula-cannot", `${nameOf(machine)}: ${said}.`);
  if (!late) return;
  const why = said === "" ? "the scheduler says nothing" : said;
  throw serverError("opennebula-no-room", `${nameOf(machine)} is in ${machine.stateName}: ${why}.`);
}

function nameOf({ id, name }: OpenNebulaMachine): string {
  return `Machine ${id} (${name})`;
}

/**
 * Waits until a running machine can be logged in to with the host key that it was given. Until it has taken that, it
 * shows one of its own, which is never accepted. Ends early where OpenNebula says that the machine runs no more.
 */
export async function reach(
  one: OpenNebula,
  id: number,
  address: SshAddress,
  limits: StartLimits,
): Promise<Connection> {
  const ended = new AbortController();
  const until = performance.now() + limits.startDeadlineMs;
  const signal = AbortSignal.any([limits.signal, ended.signal]);
  let stranger: unknown;
  const watching = watch(one, id, { ...limits, signal }).catch((error: unknown) => ended.abort(error));
  try {
    for (let turn = 0; ; turn += 1) {
      try {
        return await waitForSsh(address, { timeoutMs: Math.max(1, until - performance.now()), signal });
      } catch (error) {
        if (!hasReason(error, "ssh-host-key-changed") || performance.now() >= until) throw stranger ?? error;
        stranger = error;
      }
      await backOff(turn, 250, 2000, signal);
    }
  } catch (error) {
    limits.signal.throwIfAborted();
    if (ended.signal.aborted) throw ended.signal.reason;
    const why = error instanceof Error ? error.message : String(error);
    throw serverError("opennebula-not-ready", `Machine ${id} at ${address.host}: ${why}`, error);
  } finally {
    ended.abort();
    await watching;
  }
}

async function watch(one: OpenNebula, id: number, { pollMs, signal }: StartLimits): Promise<void> {
  for (;;) {
    await backOff(0, pollMs * 3, pollMs * 3, signal);
    refuseEnded(await one.machines.info(id));
  }
}
