import type { Failure } from "../../../pipelines/dsl/failure.ts";

/** A group that this machine can never hold. */
export function neverFitsHere(why: string): Failure {
  return {
    reason: "never-fits",
    class: "capacity",
    title: "This machine can never hold the servers asked for",
    detail: `${why}.`,
    next: "Ask for less memory, fewer virtual CPUs or fewer servers, or run on a larger machine.",
  };
}

/** A copy of a saved machine that did not become a server. */
export function noCopy(id: string, why: string): Failure {
  return {
    reason: "no-copy",
    class: "transient",
    title: `Server ${id} did not start from its snapshot, which was removed`,
    detail: why,
    next: "The next server of its kind makes a new one; EDGECERT_START=cold boots every server from its image.",
  };
}

/** A word for how servers start that is none. */
export function badStart(word: string): Failure {
  return {
    reason: "bad-start",
    class: "configuration",
    title: "EDGECERT_START says how local servers start",
    detail: `${JSON.stringify(word)} is neither cold nor snapshot`,
    next: "Set it to cold, to boot every server from its image, or unset it.",
  };
}

/** Names that cannot be host names of one network. */
export function badServerNames(why: string): Failure {
  return {
    reason: "bad-server-name",
    class: "configuration",
    title: "Servers of one group need host names of their own",
    detail: `${why}.`,
    next: "Name servers with lower case letters, digits and hyphens, such as `node1`.",
  };
}

/** A group that waited for room until its deadline. */
export function noRoomInTime(minutes: number, lack: string): Failure {
  return {
    reason: "no-room-in-time",
    class: "capacity",
    title: `No room on this machine within ${minutes} minutes`,
    detail: `Waited for ${lack}.`,
    next: "`edgecert list` shows who holds what; `edgecert cancel` gives it back.",
  };
}

/** A machine on which QEMU's processes cannot be found again. */
export function notLinux(platform: string): Failure {
  return {
    reason: "not-linux",
    class: "configuration",
    title: "Local servers need Linux",
    detail: `This machine runs ${platform}: processes are found by /proc, and guests by KVM or its emulation.`,
    next: "Run on a Linux machine, or use another provider.",
  };
}

/** An error of the machine that nobody expected, such as a full disk. */
export function machineError(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const full = /ENOSPC|No space left/.test(message);
  return {
    reason: full ? "disk-full" : "machine-error",
    class: full ? "configuration" : "transient",
    title: full ? "The disk of this machine is full" : "This machine could not run a server",
    detail: message,
    next: full ? "Remove what is not needed; images of the cache may be deleted." : "Run again; the detail says more.",
  };
}
