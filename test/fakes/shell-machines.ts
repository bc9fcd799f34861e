import { spawn } from "node:child_process";
import { once } from "node:events";
import ssh2 from "ssh2";
import * as z from "zod";
import { joinShell } from "../../infra/providers/simulator/shell-server.ts";
import type { Machines } from "./machines.ts";

const cloudConfig = z.object({ ssh_keys: z.object({ ed25519_private: z.string() }) });

/**
 * Machines that are loopback addresses of this process, each an SSH server with the host key of its user data: whoever
 * shows a key is let in, and commands are run by `sh` here. For tests of what comes after a machine answers.
 */
export function shellMachines(port: number, net = 78): Machines {
  const servers = new Map<string, ssh2.Server>();
  let made = 0;
  return {
    async create({ id, userData }) {
      made += 1;
      const address = `127.${net}.${Math.floor(made / 250)}.${(made % 250) + 1}`;
      const { ssh_keys } = cloudConfig.parse(JSON.parse(userData.slice(userData.indexOf("\n"))));
      const server = new ssh2.Server({ hostKeys: [ssh_keys.ed25519_private] }, (client) => {
        client.on("error", () => undefined);
        client.on("authentication", (attempt) =>
          attempt.method === "publickey" ? attempt.accept() : attempt.reject(["publickey"]),
        );
        client.on("session", (accept) => {
          accept().once("exec", (acceptExec, _reject, { command }) =>
            joinShell(acceptExec(), spawn("/bin/sh", ["-c", command])),
          );
        });
      });
      server.listen(port, address);
      await once(server, "listening");
      servers.set(id, server);
      return { address, privateAddress: address };
    },
    async delete(id) {
      servers.get(id)?.close();
      servers.delete(id);
    },
    all: async () => [...servers.keys()].map((id) => ({ id, state: "running" })),
  };
}
