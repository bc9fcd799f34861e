import type { Failure } from "../../pipelines/dsl/failure.ts";

/** A host whose answer about itself makes no sense. */
export function unreadableFacts(problems: string): Failure {
  return {
    reason: "unreadable-host",
    class: "configuration",
    title: "A host says about itself what cannot be read",
    detail: problems,
    next: "It must be Linux on amd64 or arm64 with /proc and /sys: take others out of the inventory.",
  };
}

/** A host without room for the disks of servers. */
export function hostDiskFull(name: string, freeMiB: number, leastMiB: number): Failure {
  return {
    reason: "host-disk-full",
    class: "lost",
    title: `The disk of host ${name} is full`,
    detail: `${freeMiB} MiB are free below /var/lib, and ${leastMiB} MiB are the least that servers need.`,
    next: `Make room there, then: edgecert hosts ready ${name}`,
  };
}

/** Hosts that can never give what is asked for, however long one waits. */
export function poolNeverFits(pool: string, why: string): Failure {
  return {
    reason: "never-fits",
    class: "capacity",
    title: `The hosts of ${pool} can never give what is asked for`,
    detail: `${why}.`,
    next: "Ask for less, add hosts to the inventory, or let the ladder go on to an edge provider.",
  };
}

/** Hosts that were busy or set aside until the patience ended. */
export function poolFull(pool: string, waited: string, why: string): Failure {
  return {
    reason: "no-room-in-time",
    class: "capacity",
    title: `No room on the hosts of ${pool} within ${waited}`,
    detail: `${why}.`,
    next: "`edgecert hosts` shows who holds what and what is set aside, with the reason.",
  };
}

/** A name that stands for no host of the inventory. */
export function noSuchHost(name: string, known: readonly string[]): Failure {
  return {
    reason: "no-such-host",
    class: "configuration",
    title: "No such host",
    detail: `${JSON.stringify(name)} is none of the inventory.`,
    next: `Use one of ${known.join(", ")}.`,
  };
}

/** A ledger that cannot be read. */
export function damagedLedger(path: string, why: string): Failure {
  return {
    reason: "damaged-ledger",
    class: "configuration",
    title: "The ledger of shared hosts cannot be read",
    detail: `${path}: ${why}`,
    next: "It says who holds which host. Once no run uses any, remove it; it is made anew.",
  };
}
