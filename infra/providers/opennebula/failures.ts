import type { Failure, FailureClass } from "../../../pipelines/dsl/failure.ts";
import { InfraError } from "../../failure.ts";

/** Every expected failure of talking to OpenNebula by its reason: class, title and the next step. The detail is added where it is thrown. */
export const openNebulaFailures = {
  "opennebula-unreachable": {
    class: "transient",
    title: "OpenNebula's front-end does not answer",
    next: "Check that oned runs and that ONE_XMLRPC leads to it: `curl` of that address must answer, if only with an error.",
  },
  "opennebula-unknown-outcome": {
    class: "transient",
    title: "Nobody knows whether OpenNebula did what it was asked",
    next: "What it may have made carries the run's tags and goes with the next attempt, or at its time.",
  },
  "opennebula-not-authenticated": {
    class: "configuration",
    title: "OpenNebula does not know this user",
    next: "Log in again with `oneuser login <user>`, or put `user:password` into the file that ONE_AUTH names.",
  },
  "opennebula-not-authorized": {
    class: "configuration",
    title: "OpenNebula does not allow this",
    next: "Ask its administrator for the right, or use another user: ONE_AUTH names the file with the session.",
  },
  "opennebula-quota": {
    class: "quota",
    title: "A quota of OpenNebula is used up",
    next: "Give back machines of this user or group, or have its administrator raise the limit.",
  },
  "opennebula-no-exists": {
    class: "configuration",
    title: "OpenNebula has no such object",
    next: "Check the name or number; it may have been removed meanwhile.",
  },
  "opennebula-wrong-state": {
    class: "transient",
    title: "An object of OpenNebula is not in a state for this",
    next: "Run again; where it stays so, look at the object with the `one*` command of its kind.",
  },
  "opennebula-bad-parameters": {
    class: "fatal",
    title: "OpenNebula refused the parameters of a call",
    next: "This is a defect of edgecert, or a version of OpenNebula that it does not know: report it with the detail above.",
  },
  "opennebula-internal": {
    class: "transient",
    title: "OpenNebula failed by itself",
    next: "Run again; oned.log of the front-end says more.",
  },
  "opennebula-not-allocated": {
    class: "configuration",
    title: "OpenNebula could not make an object",
    next: "Correct what the detail names; the template of the object is the place to look.",
  },
  "opennebula-no-lease": {
    class: "capacity",
    title: "A network or datastore of OpenNebula is full",
    next: "Add an address range to the network or space to the datastore, or use another place.",
  },
  "opennebula-locked": {
    class: "transient",
    title: "An object of OpenNebula is locked",
    next: "Wait for whoever holds the lock, or unlock it with the `one*` command of its kind.",
  },
  "opennebula-replication": {
    class: "transient",
    title: "OpenNebula's front-ends do not agree",
    next: "Run again; `onezone show` says which of them leads.",
  },
  "opennebula-unreadable": {
    class: "fatal",
    title: "OpenNebula answered something that is not its own",
    next: "Check that ONE_XMLRPC and ONEFLOW_URL lead to OpenNebula itself and not to a proxy or another service.",
  },
  "opennebula-no-session": {
    class: "configuration",
    title: "There is no session for OpenNebula",
    next: "Put `user:password` or `user:token` into ~/.one/one_auth, mode 0600, or name such a file in ONE_AUTH.",
  },
  "opennebula-insecure": {
    class: "configuration",
    title: "The session would be sent where others can read it",
    next: "Give ONE_XMLRPC and ONEFLOW_URL as https: addresses, with the authority's certificate in EDGECERT_OPENNEBULA_CA, or keep to the loopback address.",
  },
  "opennebula-version": {
    class: "configuration",
    title: "This version of OpenNebula is not known",
    next: "Use a front-end of version 5.12 to 7.x.",
  },
} as const satisfies Readonly<Record<string, Omit<Failure, "reason" | "detail"> & { readonly class: FailureClass }>>;

/** Why talking to OpenNebula failed. */
export type OpenNebulaReason = keyof typeof openNebulaFailures;

/** An error of this folder. */
export function openNebulaError(reason: OpenNebulaReason, detail: string, cause?: unknown): InfraError {
  const failure: Failure = { reason, detail, ...openNebulaFailures[reason] };
  return new InfraError(failure, cause === undefined ? undefined : { cause });
}

/** Whether an error carries a failure of one of these reasons. */
export function isFailedBy(error: unknown, ...reasons: readonly string[]): boolean {
  return error instanceof InfraError && reasons.includes(error.failure.reason);
}
