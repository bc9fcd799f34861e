import { backOff } from "../../ssh/deadline.ts";
import { isFailedBy } from "./failures.ts";
import type { OpenNebula } from "./open-nebula.ts";
import { serverError } from "./server-failures.ts";

/** How an end is waited for. Milliseconds. */
export interface EndLimits {
  readonly signal: AbortSignal;
  readonly pollMs: number;
  readonly endDeadlineMs: number;
}

/**
 * Ends a machine and waits until it is done; what is gone is success. While its disks are copied or it boots OpenNebula
 * refuses, and it is asked again; past half of the deadline an administrator's own way is tried too.
 */
export async function endMachine(one: OpenNebula, id: number, limits: EndLimits): Promise<void> {
  const { signal, pollMs, endDeadlineMs } = limits;
  const began = performance.now();
  let asked = false;
  let last = "it was asked to end";
  for (let turn = 0; ; turn += 1) {
    const machine = await infoOf(one, id);
    if (machine === undefined || machine.condition === "gone") return;
    const passed = performance.now() - began;
    if (passed >= endDeadlineMs)
      throw serverError("opennebula-not-terminated", `Machine ${id} is in ${machine.stateName}: ${last}.`);
    if (!asked || machine.condition !== "ending") {
      const refusal = await ask(one, id, passed >= endDeadlineMs / 2);
      asked = refusal === undefined;
      last = refusal ?? last;
    }
    await backOff(Math.min(turn, 2), pollMs / 4, pollMs, signal);
  }
}

async function infoOf(one: OpenNebula, id: number) {
  try {
    return await one.machines.info(id);
  } catch (error) {
    if (isFailedBy(error, "opennebula-no-exists")) return undefined;
    throw error;
  }
}

/** Why OpenNebula refused; undefined where it did not. */
async function ask(one: OpenNebula, id: number, forced: boolean): Promise<string | undefined> {
  try {
    if (forced) await one.machines.recoverDelete(id);
    else await one.machines.terminateHard(id);
    return undefined;
  } catch (error) {
    if (isFailedBy(error, "opennebula-no-exists")) return undefined;
    const passing = isFailedBy(error, "opennebula-wrong-state", "opennebula-locked");
    const mayNot = forced && isFailedBy(error, "opennebula-not-authorized");
    if ((passing || mayNot) && error instanceof Error) return error.message;
    throw error;
  }
}
