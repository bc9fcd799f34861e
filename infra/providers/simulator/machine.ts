import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { insideWords, sandboxWords } from "./sandbox.ts";
import { serveShells } from "./shell-server.ts";

/** What stands in `machine.json` of a scripted machine; its keys are in the seed and in the private host key beside it. */
export const machineSettings = z.object({
  name: z.string(),
  address: z.string(),
  port: z.number(),
  hostKey: z.string(),
  /** Public keys that may log in. */
  logins: z.array(z.string()),
  /** Folder of programs that stand before this machine's own; null for none. */
  programs: z.string().nullable(),
});

export type MachineSettings = z.infer<typeof machineSettings>;

/**
 * A scripted machine: one process with an SSH server before a root of its own. It is powered off by killing this
 * process. Words: its folder, and the tags by which it is found.
 */
async function runMachine(folder: string): Promise<void> {
  const settings = machineSettings.parse(JSON.parse(readFileSync(join(folder, "machine.json"), "utf8")));
  const [program = "", ...words] = sandboxWords(folder, { ...settings, bootId: randomUUID() });
  const sandbox = spawn(program, words, { stdio: ["ignore", "inherit", "inherit"] });
  sandbox.once("exit", (code, signal) => {
    console.error(`the sandbox ended with ${code ?? signal}`);
    process.exit(1);
  });
  const pid = await firstProcess(sandbox, folder);
  await serveShells(settings, (command) => {
    const [enter = "", ...rest] = insideWords(pid, folder, command);
    return spawn(enter, rest, { detached: true, stdio: "pipe" });
  });
  console.log(`${settings.name} answers at ${settings.address}:${settings.port}`);
}

/** The pid here of process 1 of the sandbox, once its root stands. */
export async function firstProcess(sandbox: ChildProcess, folder: string): Promise<number> {
  const up = join(folder, "up");
  if (!existsSync(up)) {
    await new Promise<void>((resolve) => {
      const watcher = watch(folder, () => {
        if (!existsSync(up)) return;
        watcher.close();
        resolve();
      });
      // Because it may have been written before the watch began.
      if (existsSync(up)) {
        watcher.close();
        resolve();
      }
    });
  }
  const children = readFileSync(`/proc/${sandbox.pid}/task/${sandbox.pid}/children`, "utf8").trim().split(" ");
  const pid = Number(children[0]);
  if (!Number.isInteger(pid) || pid <= 0) throw new Error("the sandbox has no first process");
  return pid;
}

if (import.meta.main) await runMachine(process.argv[2] ?? "");
