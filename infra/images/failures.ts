import type { Failure } from "../../pipelines/dsl/failure.ts";

/** An operating system that no recipe here makes. */
export function unknownSystem(os: string, known: readonly string[]): Failure {
  return {
    reason: "unknown-operating-system",
    class: "configuration",
    title: "No image can be made of this operating system",
    detail: `${os} is none of ${known.join(", ")}`,
    next: "Correct the `os` of the cell, or add the system to infra/catalog/operating-systems.ts.",
  };
}

/** Names that apt would read as options or as several words. */
export function badPackageNames(names: readonly string[]): Failure {
  return {
    reason: "bad-package-name",
    class: "configuration",
    title: "A server asks for packages whose names are none",
    detail: names.map((name) => JSON.stringify(name)).join(", "),
    next: "Write Debian package names such as `python3`: lower case letters, digits, `+`, `-` and `.`.",
  };
}

/** A package or release that the mirror does not have; the log says which. */
export function noSuchPackage(image: string, tail: string, logPath: string): Failure {
  return {
    reason: "no-such-package",
    class: "configuration",
    title: `The image ${image} asks for a package that does not exist there`,
    detail: `${tail}\nThe whole log: ${logPath}`,
    next: "Correct the packages of the server request.",
  };
}

/** A build that ended with an error: mirror, disk or recipe. */
export function buildFailed(image: string, tail: string, logPath: string): Failure {
  const full = /No space left on device|enough free space/.test(tail);
  if (full) return noRoom(image, tail, logPath);
  return {
    reason: "image-build-failed",
    class: "transient",
    title: `The image ${image} could not be built`,
    detail: `${tail}\nThe whole log: ${logPath}`,
    next: "Check that the mirror named in the log answers and that the disk has room, then run again.",
  };
}

function noRoom(image: string, tail: string, logPath: string): Failure {
  return {
    reason: "disk-full",
    class: "configuration",
    title: `The disk has no room for the image ${image}`,
    detail: `${tail.split("\n").findLast((line) => /space/.test(line)) ?? tail}\nThe whole log: ${logPath}`,
    next: "Make room, about 2 GiB per image, or set EDGECERT_HOME to a folder on a larger disk.",
  };
}

/** An image that cannot be removed, because servers or processes use it. */
export function imageInUse(id: string, users: readonly string[]): Failure {
  return {
    reason: "image-in-use",
    class: "configuration",
    title: `The image ${id} is in use`,
    detail: `Used by ${users.join(", ")}.`,
    next: "Wait for it, or `edgecert cancel` the run that holds it; `edgecert list --machines` shows what is held.",
  };
}

/** A cloud image whose description cannot be right. */
export function badCloudImage(mistakes: readonly string[]): Failure {
  return {
    reason: "bad-cloud-image",
    class: "configuration",
    title: "A server asks for a cloud image that is not described well",
    detail: mistakes.join("\n"),
    next: "Correct the `image` of the server request: url, sha256 as its publisher prints it, and format.",
  };
}

/** A file that could not be fetched. */
export function downloadFailed(url: string, why: string): Failure {
  const full = /ENOSPC|no space/i.test(why);
  const wrong = /ENOENT|answers 4\d\d/.test(why);
  return {
    reason: full ? "disk-full" : "download-failed",
    class: full || wrong ? "configuration" : "transient",
    title: full ? "The disk has no room for a download" : "An image could not be fetched",
    detail: `${url}: ${why}`,
    next: full
      ? "Make room (`edgecert prune`), or set EDGECERT_HOME to a folder on a larger disk."
      : "Check the address and this machine's proxy settings, then run again: what was fetched is kept.",
  };
}

/** A file that came whole and is another one than was asked for: it is not used. */
export function wrongDigest(url: string, wanted: string, found: string): Failure {
  return {
    reason: "wrong-digest",
    class: "configuration",
    title: "A fetched image is not the one that was asked for",
    detail: `${url} has the sha256 ${found}, asked for was ${wanted}. It was removed.`,
    next: "Compare with the digest that its publisher signs; an address that always has the newest image needs a dated one.",
  };
}
