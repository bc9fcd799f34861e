import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Architecture } from "../catalog/operating-systems.ts";
import { InfraError } from "../failure.ts";
import systemPackages from "./system-packages.json" with { type: "json" };

/** One thing that this machine must have before it can run servers, and the Debian package that brings it. */
export interface Requirement {
  /** The command looked for on PATH, `/usr/sbin` and `/sbin`; or the absolute path of a file. */
  readonly command: string;
  readonly package: string;
  readonly why: string;
  /** Whether servers cannot be started without it; the rest makes images. */
  readonly startsServers: boolean;
}

interface Entry {
  readonly command?: string;
  readonly file?: string;
  readonly package: string;
  readonly why: string;
  readonly unless?: string;
  readonly when?: string;
  readonly for?: string;
}

const entries: readonly Entry[] = systemPackages.packages;

/** What local servers need of this machine for the current user. The same list stands in `system-packages.json`. */
export const requirements: readonly Requirement[] = requirementsFor("amd64");

/** The same for servers of one architecture: what only other processors need is asked for with the first such server. */
export function requirementsFor(architecture: Architecture): readonly Requirement[] {
  return entries
    .filter((entry) => entry.unless !== "root" || process.getuid?.() !== 0)
    .filter((entry) => entry.when === undefined || entry.when === architecture)
    .map(({ command, file, ...entry }) => ({
      ...{ command: command ?? file ?? "", package: entry.package, why: entry.why },
      startsServers: entry.for === "servers",
    }));
}

/** Absolute path of a command or file, or undefined where this machine lacks it. */
export function findCommand(command: string): string | undefined {
  if (command.startsWith("/")) return isReadable(command) ? command : undefined;
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, command)).find((path) => isExecutable(path));
}

/** The requirements that this machine does not meet. */
export function missingRequirements(architecture: Architecture = "amd64"): readonly Requirement[] {
  return requirementsFor(architecture).filter((requirement) => findCommand(requirement.command) === undefined);
}

/**
 * Throws a failure of class configuration that names every missing package at once: of what starts `servers` from images
 * that are there, or of what makes images too.
 */
export function requireSystemPackages(architecture: Architecture = "amd64", what: "all" | "servers" = "all"): void {
  const missing = missingRequirements(architecture).filter((one) => what === "all" || one.startsServers);
  if (missing.length === 0) return;
  const install = `apt-get install ${[...new Set(missing.map((one) => one.package))].join(" ")}`;
  throw new InfraError({
    reason: "missing-system-packages",
    class: "configuration",
    title: "This machine lacks what local servers need",
    detail: missing.map((one) => `${one.command} (package ${one.package}): ${one.why}`).join("\n"),
    next: architecture === "amd64" ? `Run \`edgecert doctor --fix\`, or \`${install}\`.` : `Run \`${install}\`.`,
  });
}

function isExecutable(path: string): boolean {
  return isAccessible(path, constants.X_OK);
}

function isReadable(path: string): boolean {
  return isAccessible(path, constants.R_OK);
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
