import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OperatingSystem } from "../catalog/operating-systems.ts";
import { sourcePlaces } from "./apt-settings.ts";

/** Where Debian's packages come from: base addresses without a slash at the end. */
export interface Mirror {
  readonly main: string;
  readonly security: string;
}

/** Debian's own mirror, which an image names whatever mirror it was made from. */
export const officialMirror: Mirror = {
  main: "http://deb.debian.org/debian",
  security: "http://deb.debian.org/debian-security",
};

/** The mirror that this machine's own apt uses, or Debian's own where it uses none (an Ubuntu machine). */
export async function machineMirror(signal: AbortSignal): Promise<Mirror> {
  const { list, parts } = await sourcePlaces(signal);
  const lists = filesOf(parts).filter((path) => /\.(list|sources)$/.test(path));
  return mirrorIn([list, ...lists].map(textOf).join("\n"));
}

/** The mirror named in the text of apt's source lists, one-line or deb822. Pure. */
export function mirrorIn(sources: string): Mirror {
  const addresses = sources
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .flatMap((line) => line.match(/https?:\/\/[^\s\]]+/g) ?? [])
    .map((address) => address.replace(/\/+$/, ""));
  return {
    main: addresses.find((address) => address.endsWith("/debian")) ?? officialMirror.main,
    security: addresses.find((address) => address.endsWith("/debian-security")) ?? officialMirror.security,
  };
}

/** Where Debian keeps releases that mirrors have dropped. */
const archive: Mirror = {
  main: "http://archive.debian.org/debian",
  security: "http://archive.debian.org/debian-security",
};

/** The three suites of a release, as one-line sources. Pure. */
export function sourceLines(suite: string, mirror: Mirror, options = ""): readonly string[] {
  const deb = options === "" ? "deb" : `deb [${options}]`;
  return [
    `${deb} ${mirror.main} ${suite} main`,
    `${deb} ${mirror.main} ${suite}-updates main`,
    `${deb} ${mirror.security} ${suite}-security main`,
  ];
}

/**
 * The sources of a system's packages: the mirror, or the distribution's archive for a release whose support has ended and
 * that the mirror says it does not have. An archive is never signed anew, so its dates are not checked.
 */
export async function packageSources(
  system: OperatingSystem,
  mirror: Mirror,
  has: (address: string) => Promise<boolean>,
): Promise<readonly string[]> {
  if (system.support === "current") return sourceLines(system.suite, mirror);
  const main = await has(`${mirror.main}/dists/${system.suite}/InRelease`);
  const security = await has(`${mirror.security}/dists/${system.suite}-security/InRelease`);
  const moved = { main: (main ? mirror : archive).main, security: (security ? mirror : archive).security };
  return sourceLines(system.suite, moved, main && security ? "" : "check-valid-until=no");
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
