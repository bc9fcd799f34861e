import { spawn } from "node:child_process";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../../hosts/lock.ts";
import { writeRecord } from "../../hosts/record-file.ts";
import { extendLease } from "../../lease.ts";
import { allocationLock, groupFiles, type Places, serverFiles } from "./places.ts";
import { readServers } from "./server-record.ts";

/** Servers of one node of one run. */
export interface Group {
  readonly run: string;
  readonly node: string;
}

/**
 * Lets the servers of a group go at a time (UTC, ISO 8601) and not before. A small process of its own waits for that
 * time and gives them back, so that no later command is needed; it ends earlier where they were given back before.
 */
export async function keepGroup(places: Places, group: Group, until: string, signal: AbortSignal): Promise<void> {
  const { lease, kept } = groupFiles(places, group);
  const held = await withLock(allocationLock, signal, async () => {
    const records = (await readServers(places.home)).filter((one) => one.run === group.run && one.node === group.node);
    for (const record of records)
      await writeRecord(serverFiles(places, record.id).record, { ...record, expiresAt: until });
    return (await extendLease(lease, until)) || records.length > 0;
  });
  if (!held) return;
  await writeFile(`${kept}.part`, String(Math.ceil(Date.parse(until) / 1000)));
  await rename(`${kept}.part`, kept);
  startReaper(places, group, kept);
}

/** Says that nothing of a group is kept any more: whoever waits for its end may stop. */
export async function forgetKept(places: Places, group: Group): Promise<void> {
  await rm(groupFiles(places, group).kept, { force: true });
}

/**
 * Waits by the clock, in steps: a machine that slept is not late, and a file that has gone is noticed. As a shell it takes
 * a megabyte where this program would take fifty.
 */
const waiting = `
while [ -e "$1" ]; do
  left=$(( $(cat "$1") - $(date +%s) ))
  [ "$left" -le 0 ] && exec "$2" "$3" "$4" "$5" "$6"
  sleep $(( left < 5 ? left : 5 ))
done`;

function startReaper(places: Places, { run, node }: Group, kept: string): void {
  const program = join(import.meta.dirname, `reaper${import.meta.filename.slice(-3)}`);
  const words = ["-c", waiting, "edgecert-reaper", kept, process.execPath, program, places.home, run, node];
  // Because a session of its own outlives this process and its terminal.
  const child = spawn("/bin/sh", words, { detached: true, stdio: "ignore", cwd: "/" });
  child.on("error", () => {});
  child.unref();
}
