import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import { tarOf } from "../../../infra/hosts/tar.ts";
import { firstProcess } from "../../../infra/providers/simulator/machine.ts";
import { insideWords, sandboxWords } from "../../../infra/providers/simulator/sandbox.ts";
import { serveShells } from "../../../infra/providers/simulator/shell-server.ts";

/** What a guest is told by its CONTEXT, and where it is. */
const guestSettings = z.object({
  name: z.string(),
  address: z.string(),
  port: z.number(),
  loginKeys: z.string(),
  script: z.string(),
  /** Whether it leaves its host key as its image has it. */
  keepsHostKey: z.boolean(),
});

export type GuestSettings = z.infer<typeof guestSettings>;

/**
 * The guest of a machine: a root of its own made of this machine's programs, contextualized as OpenNebula's packages do
 * it (host name, key to log in, start script at the end), and then an SSH server before it. Word: its folder.
 */
async function runGuest(folder: string): Promise<void> {
  const settings = guestSettings.parse(JSON.parse(readFileSync(join(folder, "guest.json"), "utf8")));
  const own = makeSshKeyPair(settings.name);
  const files = [
    { path: "etc/hostname", mode: 0o644, content: `${settings.name}\n` },
    { path: "etc/hosts", mode: 0o644, content: "127.0.0.1 localhost\n" },
    { path: "etc/ssh/ssh_host_ed25519_key", mode: 0o600, content: own.privateKey },
    { path: "root/.ssh/authorized_keys", mode: 0o600, content: `${settings.loginKeys}\n` },
  ];
  writeFileSync(join(folder, "seed.tar"), tarOf(files));
  const [program = "", ...words] = sandboxWords(folder, { programs: null, name: settings.name, bootId: randomUUID() });
  const sandbox = spawn(program, words, { stdio: ["ignore", "inherit", "inherit"] });
  sandbox.once("exit", () => process.exit(1));
  const pid = await firstProcess(sandbox, folder);
  const inside = (command: string, input = "") => {
    const [enter = "", ...rest] = insideWords(pid, folder, command);
    return spawnSync(enter, rest, { input, encoding: "utf8" });
  };
  if (!settings.keepsHostKey) console.log(inside("sh -s", settings.script).stderr);
  await serveShells(
    {
      ...{ address: settings.address, port: settings.port },
      hostKey: inside("cat /etc/ssh/ssh_host_ed25519_key").stdout,
      logins: settings.loginKeys.split("\n").filter((line) => line !== ""),
    },
    (command) => {
      const [enter = "", ...rest] = insideWords(pid, folder, command);
      return spawn(enter, rest, { detached: true, stdio: "pipe" });
    },
  );
}

if (import.meta.main) await runGuest(process.argv[2] ?? "");
