import type { Failure } from "../../pipelines/dsl/failure.ts";
import { InfraError } from "../failure.ts";
import { withLock } from "../hosts/lock.ts";
import type { ClusterStep } from "../providers/cluster.ts";
import type { Resource } from "../providers/provider.ts";
import type { TaggedPlace, Unreleased } from "../providers/tagged-place.ts";
import { backOff } from "../ssh/deadline.ts";
import { failureOfClient } from "./diagnostics.ts";
import { cannotList, leakedResources, stackKept } from "./failures.ts";
import { fileLocks, hasFileState, setStateAside, stateNames } from "./file-state.ts";
import type { Operation, OperationEnd } from "./operation.ts";
import { failureOfEnd } from "./operation-failure.ts";
import { runOperation } from "./run-operation.ts";
import { stopRunningOperation } from "./running-operation.ts";
import { forgetStack, type StackPlace } from "./stack-place.ts";
import { breakDeadLocks, brokenOffAt, refuseLivingLocks } from "./unlock.ts";

/** A stack that is to be given back, and the place that knows by tag what it has made. */
export interface StackReturn {
  readonly place: StackPlace;
  readonly tagged: TaggedPlace;
  readonly signal: AbortSignal;
  /** For all of it, in milliseconds. What is left then is leaked, by name. */
  readonly deadlineMs: number;
  /** How long an operation that is at work on the stack may take to end by itself, in milliseconds; default 60,000. */
  readonly graceMs?: number;
  readonly environment?: NodeJS.ProcessEnv;
  note(text: string): void;
  step?(step: ClusterStep): void;
}

interface Return extends StackReturn {
  /** Milliseconds since 1970. */
  readonly until: number;
  /** When an operation was broken off that nobody has repaired yet. */
  readonly begun: Date | undefined;
}

/**
 * Gives back all that a stack has made, whatever became of those who made it, and forgets the stack:
 *
 *     stop what runs --> break dead locks --> list by tag --(broken off, orphans)--> release by tag
 *                                                 |                                  |
 *                            +--------------------+----------------------------------+
 *                            v
 *        +--> refresh, destroy --> list by tag --(empty)--> remove the stack --> forgotten
 *        |                              |
 *        +--(back-off)-- release by tag +        (no time left) --> leaked, by name; the stack stays
 *
 * Resolves with what was listed at first. What is gone is success, and so is a stack that never was. The caller holds the
 * lease; two that give back at once on a machine do so one after the other. Throws an InfraError: `stack-locked` where
 * another process may be alive, `leaked-resources` that names what is left, or why the provider could not be asked.
 */
export async function giveBackStack(parts: StackReturn): Promise<readonly Resource[]> {
  const { place, signal } = parts;
  return withLock(`pulumi stack ${place.backend} ${place.stack}`, signal, async () => {
    const begun = await brokenOffAt(place);
    const all: Return = { ...parts, begun, until: Date.now() + parts.deadlineMs };
    const stopped = await stopRunningOperation(place, parts.graceMs ?? 60_000);
    const unlocked = await unlock(all);
    const before = await list(all);
    const brokenOff = stopped || unlocked || begun !== undefined || !(await stateNames(place, before));
    // Before Pulumi: what it does not know of holds what it would delete, and a real provider waits for that for 20 minutes.
    if (brokenOff) await release(all, before);
    if (before.length > 0 || (await hasFileState(place)) !== false) await destroyUntilEmpty(all, brokenOff);
    else await forgetStack(place);
    return before;
  });
}

/** Sees to it that nobody works on the stack, before anything is taken away. True where a dead lock was broken. */
async function unlock(parts: Return): Promise<boolean> {
  const { place } = parts;
  // Only Pulumi sees the locks on a bucket, and says so when it is asked for something.
  if ((await fileLocks(place)) === undefined) await operate(parts, { name: "refresh", clearPendingCreates: true });
  const unlocked = await breakDeadLocks(place);
  if (unlocked) parts.note(`the lock that a dead process left on ${place.stack} is broken`);
  return unlocked;
}

async function destroyUntilEmpty(parts: Return, brokenOff: boolean): Promise<void> {
  for (let round = 0; ; round += 1) {
    const failure = await destroy(parts, brokenOff || round > 0);
    const found = await list(parts);
    if (found.length === 0 && (failure === null || isUseless(failure))) return remove(parts, failure);
    const left = await release(parts, found);
    if (isOver(parts)) {
      const last = left.length > 0 ? left : unexplained(await list(parts));
      if (last.length > 0) throw new InfraError(leakedResources(parts.tagged.provider, parts.place.stack, last));
      throw new InfraError(stackKept(parts.place.stack, failure ?? timeIsUp));
    }
    if (found.length === 0 || left.length > 0) await backOff(round, 500, 15_000, parts.signal).catch(() => {});
  }
}

const timeIsUp: Failure = {
  reason: "operation-deadline",
  class: "transient",
  title: "There was no time left to remove the stack",
  detail: "The deadline came before Pulumi had deleted all from its state.",
  next: "Run it again: nothing is left that costs money.",
};

/** A state that Pulumi can never work on again: without its help, the tags decide. */
function isUseless(failure: { readonly code?: string | null }): boolean {
  return ["BrokenState", "WrongPassphrase", "NoPassphrase"].includes(failure.code ?? "");
}

function isOver({ until, signal }: Return): boolean {
  return signal.aborted || Date.now() >= until;
}

function unexplained(found: readonly Resource[]): Unreleased[] {
  return found.map((resource) => ({ resource, why: "it is still listed" }));
}

/** Null when Pulumi knows of nothing any more. */
async function destroy(parts: Return, repair: boolean) {
  if (repair) {
    const failure = await operate(parts, { name: "refresh", clearPendingCreates: true });
    // Because a destroy would end as the refresh did, and a provider must not be asked twice for nothing.
    if (failure !== null && isUseless(failure)) return failure;
  }
  return operate(parts, { name: "destroy", continueOnError: true });
}

async function operate(parts: Return, operation: Operation) {
  const end = await run(parts, operation);
  if (end.outcome !== "failed" || end.why !== "locked") return failureOfEnd(parts.tagged.provider, end);
  if (!(await breakDeadLocks(parts.place))) {
    refuseLivingLocks(parts.place, end.message, parts.begun);
    await run(parts, { name: "cancel" });
  }
  parts.note(`the lock that a dead process left on ${parts.place.stack} is broken`);
  return failureOfEnd(parts.tagged.provider, await run(parts, operation));
}

function run(parts: Return, operation: Operation): Promise<OperationEnd> {
  const { signal, until, environment, step, graceMs } = parts;
  return runOperation(parts.place, operation, {
    signal,
    // Because what a stuck operation leaves must still be given back by its tags.
    deadlineMs: Math.max(1, Math.round(0.7 * (until - Date.now()))),
    ...(environment === undefined ? {} : { environment }),
    ...(graceMs === undefined ? {} : { graceMs }),
    ...(step === undefined ? {} : { step: (one) => step.call(parts, one) }),
  });
}

async function list(parts: Return): Promise<readonly Resource[]> {
  const { run: ofRun, node } = parts.place;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await parts.tagged.list({ run: ofRun, node });
    } catch (error) {
      const failure = error instanceof InfraError ? error.failure : failureOfClient(parts.tagged.provider, error);
      if (failure.class !== "transient" || isOver(parts))
        throw new InfraError(cannotList(parts.place.stack, failure), { cause: error });
      await backOff(attempt, 500, 15_000, parts.signal).catch(() => {});
    }
  }
}

async function release(parts: Return, found: readonly Resource[]): Promise<readonly Unreleased[]> {
  if (found.length === 0) return [];
  const { tagged, signal, until } = parts;
  parts.note(`${found.length} resources of ${parts.place.stack} are given back by their tags`);
  return tagged.release(found, { signal, patienceMs: Math.max(0, until - Date.now()) });
}

/** Only ever called when nothing is listed. */
async function remove(parts: Return, useless: Failure | null): Promise<void> {
  const { place } = parts;
  const failure = await operate(parts, { name: "remove", force: useless !== null });
  if (failure !== null && (useless === null || !(await setStateAside(place))))
    throw new InfraError(stackKept(place.stack, failure));
  await forgetStack(place);
}
