import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where Debian's packages come from: base addresses without a slash at the end. */
export interface Mirror {
  readonly main: string;
  readonly security: string;
}

const fallback: Mirror = {
  main: "http://deb.debian.org/debian",
  security: "http://deb.debian.org/debian-security",
};

/** The mirror that this machine's own apt uses, or Debian's own where it uses none (an Ubuntu machine). */
export function machineMirror(aptFolder = "/etc/apt"): Mirror {
  return mirrorIn(sourceTexts(aptFolder).join("\n"));
}

/** The mirror named in the text of apt's source lists, one-line or deb822. Pure. */
export function mirrorIn(sources: string): Mirror {
  const addresses = sources
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .flatMap((line) => line.match(/https?:\/\/[^\s\]]+/g) ?? [])
    .map((address) => address.replace(/\/+$/, ""));
  return {
    main: addresses.find((address) => address.endsWith("/debian")) ?? fallback.main,
    security: addresses.find((address) => address.endsWith("/debian-security")) ?? fallback.security,
  };
}

/** The three suites of a release, as one-line sources. */
export function sourceLines(suite: string, mirror: Mirror): readonly string[] {
  return [
    `deb ${mirror.main} ${suite} main`,
    `deb ${mirror.main} ${suite}-updates main`,
    `deb ${mirror.security} ${suite}-security main`,
  ];
}

function sourceTexts(aptFolder: string): readonly string[] {
  const lists = filesOf(join(aptFolder, "sources.list.d")).filter((path) => /\.(list|sources)$/.test(path));
  return [join(aptFolder, "sources.list"), ...lists].flatMap((path) => {
    try {
      return [readFileSync(path, "utf8")];
    } catch {
      return [];
    }
  });
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
