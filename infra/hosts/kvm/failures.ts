import type { Failure } from "../../../pipelines/dsl/failure.ts";
import { InfraError } from "../../failure.ts";

/** Every expected failure of making hypervisors by its reason. The detail is added where it is thrown. */
export const hypervisorFailures = {
  "hypervisor-request": {
    class: "configuration",
    title: "What the hosts are to become is not well described",
    next: "Mend every value that the detail names.",
  },
  "hypervisor-system": {
    class: "configuration",
    title: "Nobody knows how this operating system becomes a hypervisor",
    next: "Ask for hosts with one of the systems that the detail names.",
  },
  "hypervisor-root": {
    class: "configuration",
    title: "The login of a host may not work as root",
    next: "Log in as root, or let the user run `sudo -n` without a password.",
  },
  "hypervisor-facts": {
    class: "lost",
    title: "A host says something strange of itself",
    next: "Log in and look at it; take another machine if it is not what its provider promised.",
  },
  "hypervisor-room": {
    class: "lost",
    title: "A host has too little free disk space for virtual machines",
    next: "Free space below /var/lib, or take a machine with a larger disk.",
  },
  "hypervisor-quarantined": {
    class: "lost",
    title: "A host is in quarantine since an earlier proof failed",
    next: "Mend what the detail names and prove the host again, or release it.",
  },
  "hypervisor-step": {
    class: "lost",
    title: "A step that makes a machine a hypervisor failed",
    next: "Read its last lines in the detail; what was done before stays, and the next try goes on from there.",
  },
  "hypervisor-interrupted": {
    class: "transient",
    title: "The work on a host ended before it was done",
    next: "Try again: what was done stays, and the next try goes on from there.",
  },
  "hypervisor-proof": {
    class: "lost",
    title: "A host failed its proof: it cannot be trusted to run virtual machines",
    next: "Read what failed in the detail; virtualisation may be off in the firmware, or this machine type may not have it.",
  },
} as const satisfies Record<string, Omit<Failure, "reason" | "detail">>;

/** A reason word of {@link hypervisorFailures}. */
export type HypervisorReason = keyof typeof hypervisorFailures;

/** The error of a reason, with what was seen. */
export function hypervisorError(reason: HypervisorReason, detail: string, cause?: unknown): InfraError {
  const options = cause === undefined ? undefined : { cause };
  return new InfraError({ reason, detail, ...hypervisorFailures[reason] }, options);
}
