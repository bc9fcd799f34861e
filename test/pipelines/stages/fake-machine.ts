import { writeFile } from "node:fs/promises";
import type { Server } from "../../../infra/providers/provider.ts";
import type { CommandResult, Connection } from "../../../infra/ssh/connection.ts";
import type { Machine } from "../../../pipelines/stages/machine.ts";

/** A machine whose commands a test answers; everything said to it is kept. */
export interface FakeMachine extends Machine {
  readonly commands: { readonly command: string; readonly input: string | undefined }[];
  readonly uploads: [string, string][];
}

/** What a command, or what is fed to it, gives; undefined for success without output. */
export type Answer = (command: string, input: string) => Partial<CommandResult> | Error | undefined;

/** A server as a provider would describe it. */
export function fakeServer(name: string, role: string): Server {
  return {
    id: `test-${name}`,
    name,
    role,
    os: "debian-12",
    ssh: { host: "127.0.0.1", port: 22, user: "root", privateKeyPath: "/nowhere", hostKey: "ssh-ed25519 AAAA" },
    privateAddress: "10.0.0.2",
    facts: {
      provider: "test",
      hostClass: "on-premises",
      acceleration: "tcg",
      imageDigest: "0".repeat(64),
      startMode: "cold",
      kernel: "6.1",
      readyMs: 1,
    },
  };
}

/** Makes a machine; `files` are what can be downloaded from it, by remote path. */
export function fakeMachine(
  server: Server,
  answer: Answer = () => undefined,
  files: Readonly<Record<string, Buffer>> = {},
): FakeMachine {
  const commands: FakeMachine["commands"] = [];
  const uploads: FakeMachine["uploads"] = [];
  const run: Connection["run"] = async (command, options) => {
    commands.push({ command, input: options?.input });
    const said = answer(command, String(options?.input ?? ""));
    if (said instanceof Error) throw said;
    return { code: 0, signal: null, stdout: "", stderr: "", ...said };
  };
  const connection: Connection = {
    address: server.ssh,
    run,
    must: async (command, options) => {
      const result = await run(command, options);
      if (result.code !== 0) throw new Error(`${command}: exit code ${result.code}`);
      return result;
    },
    upload: async (local, remote) => void uploads.push([local, remote]),
    download: async (remote, local, options) => {
      const found = files[remote];
      if (found === undefined) throw new Error(`${remote} is not there`);
      const kept = found.subarray(Math.max(0, found.length - (options?.maxBytes ?? found.length)));
      await writeFile(local, kept);
      return { sha256: "", bytes: kept.length, truncated: kept.length < found.length };
    },
    close: () => undefined,
  };
  return { server, commands, uploads, connect: async () => connection };
}
