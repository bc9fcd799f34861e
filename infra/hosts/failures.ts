import type { Failure } from "../../pipelines/dsl/failure.ts";

/** QEMU or its tools ended with an error before any guest ran. */
export function qemuRefused(command: string, tail: string): Failure {
  return {
    reason: "qemu-refused",
    class: "transient",
    title: `${command} did not start`,
    detail: tail.trim() === "" ? "It said nothing." : tail.trim(),
    next: "Read what it said; `edgecert doctor` shows what this machine lacks.",
  };
}

/** A guest that lives and does not run commands in time. */
export function notReady(id: string, why: string, console: string): Failure {
  return {
    reason: "boot-deadline",
    class: "transient",
    title: `Server ${id} did not become ready`,
    detail: `${why}\nThe end of its console:\n${console}`,
    next: "Look at the console above; a machine that is busy with other work may need fewer servers at once.",
  };
}

/** A guest whose process ended while it was awaited. */
export function guestDied(id: string, console: string): Failure {
  return {
    reason: "guest-died",
    class: "transient",
    title: `The virtual machine of server ${id} ended while it started`,
    detail: `The end of its console:\n${console}`,
    next: "Look at the console above and at the machine's memory (`dmesg` names what the kernel killed).",
  };
}

/** A guest whose kernel gave up while it was awaited. */
export function guestPanicked(id: string, console: string): Failure {
  return {
    reason: "guest-panicked",
    class: "transient",
    title: `The kernel of server ${id} panicked while it started`,
    detail: `The end of its console:\n${console}`,
    next: "Look at the console above; an image that panics again is best removed and built anew.",
  };
}

/** A guest that was to have KVM of its own and has not. */
export function noNestedKvm(id: string): Failure {
  return {
    reason: "no-nested-kvm",
    class: "configuration",
    title: `Server ${id} has no /dev/kvm of its own`,
    detail: "It was asked for with `nestedKvm`, and neither kvm_amd nor kvm_intel works in it.",
    next: "Allow nesting on this machine (`modprobe kvm_intel nested=1`), or delete acceleration.json to probe again.",
  };
}
