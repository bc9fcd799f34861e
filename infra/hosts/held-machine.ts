import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { guestLines } from "../images/held-guest.ts";
import { inputDescriptor } from "./command.ts";
import type { Launched } from "./guest.ts";
import { type Monitor, openMonitor } from "./monitor.ts";

/** Files that together are a saved machine: absolute paths. */
export interface SavedFiles {
  readonly memory: string;
  readonly disk: string;
  /** What its console had said. */
  readonly console: string;
}

/** Resolves when a machine that boots held says that nothing in it moves any more. */
export async function awaitHeld({ port }: Pick<Launched, "port">, signal: AbortSignal): Promise<void> {
  await port.next((line) => line.trim() === guestLines.held, signal);
}

/** Saves a machine that is held. It goes on afterwards, also when saving failed, which throws. */
export async function saveMachine({ machine }: Launched, to: SavedFiles, signal: AbortSignal): Promise<void> {
  using monitor = await openMonitor(machine.folder, signal);
  await monitor.execute("stop");
  try {
    await announceMigration(monitor);
    // In bytes per second, where 0 is no limit.
    await monitor.execute("migrate-set-parameters", { "max-bandwidth": 0 });
    await monitor.execute("migrate", { uri: `exec:${writeWhole(to.memory)}` });
    await migrated(monitor, "save");
    await untilWritten(to.memory, signal);
    await copyFile(machine.disk, to.disk, constants.COPYFILE_FICLONE);
    await copyFile(machine.console, to.console);
  } finally {
    await monitor.execute("cont");
  }
}

/** Lets a copy read its memory and run on from where its original was saved. Resolves when it runs. */
export async function wakeCopy({ machine }: Launched, signal: AbortSignal): Promise<void> {
  using monitor = await openMonitor(machine.folder, signal);
  await announceMigration(monitor);
  await monitor.execute("migrate-incoming", { uri: `fd:${inputDescriptor}` });
  await migrated(monitor, "load");
  // Because a copy wakes as its original was saved: stopped.
  await monitor.execute("cont");
}

/** Tells a held machine whether it is the original or a copy, what time it is, and entropy that nobody else has. */
export function nameMachine({ port }: Pick<Launched, "port">, as: "this" | "copy"): void {
  port.send(`${as} ${(Date.now() / 1000).toFixed(3)} ${randomBytes(64).toString("hex")}`);
}

async function announceMigration(monitor: Monitor): Promise<void> {
  await monitor.execute("migrate-set-capabilities", { capabilities: [{ capability: "events", state: true }] });
}

async function migrated(monitor: Monitor, verb: "save" | "load"): Promise<void> {
  for (let status: unknown; status !== "completed"; ) {
    status = (await monitor.event("MIGRATION")).status;
    if (status === "failed" || status === "cancelled") throw new Error(`QEMU could not ${verb} the machine: ${status}`);
  }
}

// Because QEMU gives its bytes away and does not tell whether the last of them were written.
function writeWhole(path: string): string {
  const [part, whole] = [`${path}.part`, path].map((one) => `'${one.replaceAll("'", `'\\''`)}'`);
  return `{ cat > ${part} && mv ${part} ${whole}; } || rm -f ${part}`;
}

async function untilWritten(path: string, signal: AbortSignal): Promise<void> {
  while (await exists(`${path}.part`)) await delay(10, undefined, { signal });
  if (!(await exists(path))) throw new Error(`${path} could not be written: is the disk full?`);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
