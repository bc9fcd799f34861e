import { runCommand } from "../hosts/command.ts";

const passedOn = /^Acquire::(https?::Proxy|ForceIPv4|Check-Valid-Until|Check-Date)\b/;

/** How this machine's apt reaches its mirror (proxy, dates), as options for the apt that bootstraps an image. */
export async function aptSettings(signal: AbortSignal): Promise<readonly string[]> {
  const dump = await runCommand("apt-config", ["dump", "Acquire"], { signal }).catch(() => undefined);
  signal.throwIfAborted();
  return settingsIn(dump?.code === 0 ? dump.tail : "");
}

/** The settings to pass on among the lines of `apt-config dump`, without the semicolon at their end. Pure. */
export function settingsIn(dump: string): readonly string[] {
  return dump
    .split("\n")
    .filter((line) => passedOn.test(line))
    .map((line) => line.replace(/;$/, ""));
}
