import type { Failure } from "../../../pipelines/dsl/failure.ts";

/** A scripted machine whose process or root did not come up. */
export function didNotStart(id: string, said: string): Failure {
  return {
    reason: "scripted-machine-failed",
    class: "transient",
    title: "A scripted machine did not start",
    detail: `${id}: ${said.trim().split("\n").slice(-10).join("\n") || "it said nothing"}`,
    next: "It needs namespaces of mounts, processes and host names: try `unshare --mount --pid --fork true` as this user.",
  };
}

/** Host names that a group cannot have. */
export function badScriptedNames(refusal: string): Failure {
  return {
    reason: "bad-server-names",
    class: "configuration",
    title: "These servers cannot be named so",
    detail: refusal,
    next: "Give each server of a cell a name of its own: lower case letters, digits and hyphens, at most 32.",
  };
}

/** A machine without the namespaces that scripted machines are made of. */
export function needsLinux(platform: string): Failure {
  return {
    reason: "not-linux",
    class: "configuration",
    title: "Scripted machines need Linux",
    detail: `This machine runs ${platform}, which has no namespaces of mounts and processes.`,
    next: "Run on a Linux machine.",
  };
}
