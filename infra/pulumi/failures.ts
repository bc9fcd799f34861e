import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { Unreleased } from "../providers/tagged-place.ts";
import type { StackLock } from "./stack-lock.ts";

const install = "Install Pulumi from its own download page, or run `npm install --global pulumi`, which fetches it";

/** No program that could bring a cluster up. */
export function noEngine(oldest: string): Failure {
  return {
    reason: "no-pulumi-engine",
    class: "configuration",
    title: "Pulumi is not installed",
    detail: `Edge clusters are brought up by the program pulumi, ${oldest} or newer; PATH has none.`,
    next: `${install}.`,
  };
}

/** A program that is too old for what runs ask of it. */
export function oldEngine(found: { readonly command: string; readonly version: string }, oldest: string): Failure {
  return {
    reason: "old-pulumi-engine",
    class: "configuration",
    title: `Pulumi ${found.version} is too old`,
    detail: `${found.command} is ${found.version}; ${oldest} is the first that keeps tags of stacks in file and S3 states.`,
    next: `${install}, and see that it comes first on PATH.`,
  };
}

/** A program that does not say which version it is. */
export function brokenEngine(command: string, detail: string): Failure {
  return {
    reason: "broken-pulumi-engine",
    class: "configuration",
    title: "Pulumi does not start",
    detail: `${command} version failed: ${detail}`,
    next: `Run it by hand to see why. ${install}.`,
  };
}

/** An operation that was ended before it was done. */
export function operationStopped(why: "signal" | "deadline"): Failure {
  const late = why === "deadline";
  return {
    reason: late ? "operation-deadline" : "operation-stopped",
    class: late ? "transient" : "cancelled",
    title: late ? "Pulumi did not end in its time" : "Pulumi was told to stop",
    detail: late ? "The operation was ended at its deadline." : "The operation was ended before it was done.",
    next: "What it had begun is found in its state and by its tags, and given back.",
  };
}

/** The process of an operation that died. */
export function operationCrashed(how: string, printed: string): Failure {
  return {
    reason: "operation-crashed",
    class: "transient",
    title: "The process that ran Pulumi died",
    detail: `It ${how}: ${printed}`,
    next: "What it had begun is found in its state and by its tags; if it dies again, see that memory suffices.",
  };
}

/** Somebody works on the stack, or a machine that we cannot look into did when it died. */
export function stackLocked(stack: string, locks: readonly StackLock[]): Failure {
  const holders = locks.map(({ user, host, pid, since }) => `${user} on ${host}, process ${pid}, since ${since}`);
  const [first] = locks;
  return {
    reason: "stack-locked",
    class: "transient",
    title: `The stack ${stack} is held by another process`,
    detail: `Held by ${holders.join("; ") || "somebody whom Pulumi does not name"}.`,
    next: `Wait until it has ended. If it is dead for sure, remove ${first?.where ?? "its lock"} by hand, or run \`pulumi cancel\`.`,
  };
}

/** What is still there when time and attempts are used up. */
export function leakedResources(provider: string, stack: string, left: readonly Unreleased[]): Failure {
  const named = left.map(({ resource, why }) => `${resource.kind} ${resource.id} (${why})`);
  return {
    reason: "leaked-resources",
    class: "fatal",
    title: `${left.length} ${left.length === 1 ? "resource" : "resources"} of ${stack} could not be given back to ${provider}`,
    detail: named.join("; "),
    next: "They cost money until they are gone: run it again, or remove them at the provider; their tags name run and node.",
  };
}

/** Nothing is left at the provider, and the stack that says otherwise could not be removed. */
export function stackKept(stack: string, cause: Failure): Failure {
  return {
    ...cause,
    detail: `Nothing of ${stack} is listed by its provider any more, but its stack could not be removed. ${cause.detail}`,
  };
}

/** The provider cannot be asked what exists. */
export function cannotList(stack: string, cause: Failure): Failure {
  return {
    ...cause,
    detail: `What ${stack} has made cannot be listed, and may still exist. ${cause.detail}`,
  };
}
