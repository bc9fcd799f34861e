import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { withLock } from "../../infra/hosts/lock.ts";
import { isAlive } from "../../infra/hosts/process-table.ts";
import { readRecord } from "../../infra/hosts/record-file.ts";

const record = z.object({
  pid: z.number(),
  startTime: z.string(),
  control: z.url(),
  machines: z.enum(["instant", "real"]),
  environment: z.record(z.string(), z.string()),
});

/** What stands behind the instances of fakes: nothing, or local virtual machines. */
export type MachineMode = z.infer<typeof record>["machines"];

/** Where a process of fakes is found, what commands need in their environment, and where its script is changed. */
export type CloudsRecord = z.infer<typeof record>;

const startMs = 300_000;

/** The file in which the fakes of a folder say where they are. */
export function cloudsRecordIn(folder: string): string {
  return join(folder, "clouds.json");
}

/** The fakes that a folder's commands share, if they run. */
export async function runningClouds(folder: string): Promise<CloudsRecord | undefined> {
  const found = await readRecord(cloudsRecordIn(folder), record);
  return found !== undefined && isAlive(found) ? found : undefined;
}

/**
 * The same, started once where they do not run: a process that outlives this one and ends after an idle hour. Real machines
 * start from the images of `home`, and end with that process.
 */
export async function sharedClouds(
  folder: string,
  machines: { readonly mode: MachineMode; readonly home: string } = { mode: "instant", home: folder },
): Promise<CloudsRecord> {
  const { signal } = new AbortController();
  return withLock(`fakes of ${folder}`, signal, async () => (await runningClouds(folder)) ?? start(folder, machines));
}

async function start(
  folder: string,
  { mode, home }: { readonly mode: MachineMode; readonly home: string },
): Promise<CloudsRecord> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(cloudsRecordIn(folder), { force: true });
  const log = join(folder, "clouds.log");
  const output = openSync(log, "w", 0o600);
  const program = join(import.meta.dirname, "clouds-process.ts");
  const child = spawn(process.execPath, [program, folder, mode, home], {
    detached: true,
    stdio: ["ignore", output, output],
  });
  const ended = once(child, "exit");
  child.unref();
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline) {
    const started = await runningClouds(folder);
    if (started !== undefined) return started;
    if ((await Promise.race([ended, setTimeout(100)])) !== undefined) break;
  }
  child.kill("SIGKILL");
  throw new Error(`the fakes do not start:\n${readFileSync(log, "utf8").trim()}`);
}

/** Another script for the world of running fakes. Throws what is wrong with it. */
export async function changeScript(clouds: CloudsRecord, script: string): Promise<void> {
  const answer = await fetch(clouds.control, { method: "PUT", body: script });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Ends the fakes of a folder, and all that existed in them. */
export async function endClouds(folder: string): Promise<void> {
  const running = await runningClouds(folder);
  if (running === undefined) return;
  process.kill(running.pid, "SIGTERM");
  while (isAlive(running)) await setTimeout(50);
}
