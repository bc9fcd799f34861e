import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vectorsOf } from "./attributes.ts";
import type { GuestSettings } from "./guest.ts";
import type { FakeVm, FakeWorld } from "./world.ts";

/** Port at which guests answer: above 1023, so that nobody needs to be root. */
export const guestPort = 2222;

/** Lets machines of a fake really run: each one a process below the folder, behind a real SSH server at its address. */
export function runGuests(world: FakeWorld, folder: string): void {
  const running = new Map<number, ChildProcess>();
  world.guests = {
    start(vm) {
      const own = join(folder, String(vm.id));
      mkdirSync(own, { recursive: true });
      writeFileSync(join(own, "guest.json"), JSON.stringify(settingsOf(vm)));
      const log = openSync(join(own, "console.log"), "a");
      const child = spawn(process.execPath, [join(import.meta.dirname, "guest.ts"), own], {
        stdio: ["ignore", log, log],
        env: { PATH: process.env.PATH },
      });
      child.on("error", () => undefined);
      running.set(vm.id, child);
    },
    stop(vm) {
      running.get(vm.id)?.kill("SIGKILL");
      running.delete(vm.id);
    },
  };
}

function settingsOf(vm: FakeVm): GuestSettings {
  const [context = new Map<string, string>()] = vectorsOf(vm.attributes, "CONTEXT");
  const [card] = vectorsOf(vm.attributes, "NIC");
  return {
    name: context.get("SET_HOSTNAME") ?? vm.name,
    ...{ address: card?.get("IP") ?? "127.0.0.1", port: guestPort },
    loginKeys: context.get("SSH_PUBLIC_KEY") ?? "",
    script: Buffer.from(context.get("START_SCRIPT_BASE64") ?? "", "base64").toString("utf8"),
    keepsHostKey: vm.fate === "own-host-key",
  };
}
