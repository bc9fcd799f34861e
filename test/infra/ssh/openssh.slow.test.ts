import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SshAddress } from "../../../infra/providers/provider.ts";
import { connect } from "../../../infra/ssh/connect.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import { sshdProgram } from "./sshd-program.ts";
import { sshSuite } from "./suite.ts";

/** OpenSSH's own server on a free port of this machine, with its default limits (MaxSessions 10, MaxStartups 10:30:100). */
describe("against OpenSSH's server", () => {
  let folder: string;
  let daemon: ChildProcess;
  let address: SshAddress;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "edgecert-sshd-"));
    const host = ssh2.utils.generateKeyPairSync("ed25519");
    const login = ssh2.utils.generateKeyPairSync("ed25519");
    const port = await freePort();
    await writeFile(join(folder, "host"), host.private, { mode: 0o600 });
    await writeFile(join(folder, "login"), login.private, { mode: 0o600 });
    await writeFile(join(folder, "authorized"), `${login.public}\n`, { mode: 0o600 });
    const lines = [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder}/host`,
      `AuthorizedKeysFile ${folder}/authorized`,
      `PidFile ${folder}/pid`,
      "StrictModes no",
      "UsePAM no",
    ];
    await writeFile(join(folder, "config"), `${lines.join("\n")}\n`);
    const { words, environment } = await sshdProgram(folder);
    const [program = "", ...before] = words;
    daemon = spawn(program, [...before, "-D", "-E", join(folder, "log"), "-f", join(folder, "config")], {
      stdio: "ignore",
      env: { ...process.env, ...environment },
    });
    const user = userInfo().username;
    address = { host: "127.0.0.1", port, user, privateKeyPath: join(folder, "login"), hostKey: host.public };
    (await waitForSsh(address, { timeoutMs: 20_000 })).close();
  });
  afterAll(async () => {
    daemon.kill();
    await rm(folder, { recursive: true, force: true });
  });

  /** Kills the server's process of every session: what a client sees of a machine whose sshd dies. */
  const drop = (): void => {
    void sessionsOf(daemon).then((pids) => {
      for (const pid of pids) end(pid);
    });
  };
  sshSuite(() => ({ address, folder, drop }));

  test("a hundred logins at once all succeed in spite of MaxStartups", async () => {
    const connections = await Promise.all(Array.from({ length: 100 }, () => connect(address, { timeoutMs: 60_000 })));
    expect(await connections[99]?.run("echo in")).toMatchObject({ stdout: "in\n" });
    for (const connection of connections) connection.close();
  });
});

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Because a session may end by itself between the look and the kill.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("No port.");
  return address.port;
}

/** Process ids of the direct children of a daemon, from /proc. */
async function sessionsOf(daemon: ChildProcess): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  const parents = stats.map((stat) => Number(stat.replace(/.*\) /s, "").split(" ")[1]));
  return pids.map(Number).filter((_, index) => parents[index] === daemon.pid);
}
