import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../hosts/command.ts";

const passedOn = /^Acquire::(https?::Proxy|ForceIPv4|Check-Valid-Until|Check-Date)\b/;

/** How this machine's apt reaches its mirror (proxy, dates), as options for the apt that bootstraps an image. */
export async function aptSettings(signal: AbortSignal): Promise<readonly string[]> {
  const dump = await runCommand("apt-config", ["dump", "Acquire"], { signal }).catch(() => undefined);
  signal.throwIfAborted();
  return settingsIn(dump?.code === 0 ? dump.tail : "");
}

/** Where this machine's apt keeps its sources: one file, and a folder of more. Absolute. */
export async function sourcePlaces(signal: AbortSignal): Promise<{ readonly list: string; readonly parts: string }> {
  const names = ["LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"];
  const said = await runCommand("apt-config", ["shell", ...names], { signal }).catch(() => undefined);
  signal.throwIfAborted();
  const placeOf = (name: string) => new RegExp(`^${name}='(/[^']*)'$`, "m").exec(said?.tail ?? "")?.[1];
  return {
    list: placeOf("LIST") ?? "/etc/apt/sources.list",
    parts: placeOf("PARTS")?.replace(/\/$/, "") ?? "/etc/apt/sources.list.d",
  };
}

/** The settings to pass on among the lines of `apt-config dump`, without the semicolon at their end. Pure. */
export function settingsIn(dump: string): readonly string[] {
  return dump
    .split("\n")
    .filter((line) => passedOn.test(line))
    .map((line) => line.replace(/;$/, ""));
}

/**
 * Whether the server behind an address has that file, asked by this machine's own apt, which knows its proxies and
 * certificates. Only a plain "not found" is a no: a mirror that cannot be reached says nothing about what it has.
 */
export async function aptFinds(address: string, signal: AbortSignal): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "edgecert-apt-"));
  try {
    const words = ["-o", "Acquire::Retries=0", "download-file", address, join(folder, "file")];
    const end = await runCommand("/usr/lib/apt/apt-helper", words, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    return end === undefined || end.code === 0 || !/\b(404|410)\b/.test(end.tail);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
