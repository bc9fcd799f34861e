import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import type { SshAddress } from "../../../infra/providers/provider.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import type { SshdProgram } from "./sshd-program.ts";

/** OpenSSH's own server on a free port of this machine, with its default limits (MaxSessions 10, MaxStartups 10:30:100). */
export interface OpenSshServer {
  readonly address: SshAddress & { readonly privateKeyPath: string; readonly hostKey: string };
  /** A private folder of the test; also holds the server's log. */
  readonly folder: string;
  /** Kills the server's process of every session: what a client sees of a machine whose sshd dies. */
  drop(): void;
  /** Stops the server and its sessions in their tracks, without a word: what a client sees of a hung machine. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Kills the server and its sessions; what they started lives on. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with another host key where asked. */
  restart(change?: "new host key"): Promise<void>;
  /** Ends everything and removes the folder. */
  stop(): Promise<void>;
}

/** Starts a server that lets in this very user; `lines` are added to its configuration. */
export async function openSshServer(program: SshdProgram, lines: readonly string[] = []): Promise<OpenSshServer> {
  const folder = await mkdtemp(join(tmpdir(), "edgecert-sshd-"));
  const login = makeSshKeyPair("test");
  const port = await freePort();
  await writeFile(join(folder, "login"), login.privateKey, { mode: 0o600 });
  await writeFile(join(folder, "authorized"), `${login.publicKey}\n`, { mode: 0o600 });
  const config = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized`,
    `PidFile ${folder}/pid`,
    "StrictModes no",
    "UsePAM no",
    "Subsystem sftp internal-sftp",
    // Because bash reads its start file for every command here, and this machine's may take half a second.
    `SetEnv HOME=${folder}`,
    ...lines,
  ];
  await writeFile(join(folder, "config"), `${config.join("\n")}\n`);
  const address = {
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    privateKeyPath: join(folder, "login"),
    hostKey: await newHostKey(folder),
  } satisfies SshAddress;
  let daemon = await start(program, folder);
  await ready(address);

  const sessions = (): Promise<number[]> => descendants(daemon, /^sshd/);
  const kill = async (): Promise<void> => {
    const all = await sessions();
    const gone = once(daemon, "exit");
    if (daemon.exitCode === null && daemon.signalCode === null) {
      daemon.kill("SIGKILL");
      await gone;
    }
    send("SIGKILL", all);
  };
  return {
    address,
    folder,
    drop: () => void sessions().then((pids) => send("SIGKILL", pids)),
    freeze: async () => send("SIGSTOP", [daemon.pid, ...(await sessions())]),
    thaw: async () => send("SIGCONT", [daemon.pid, ...(await sessions())]),
    kill,
    async restart(change) {
      await kill();
      const hostKey = change === undefined ? address.hostKey : await newHostKey(folder);
      daemon = await start(program, folder);
      await ready({ ...address, hostKey });
    },
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function newHostKey(folder: string): Promise<string> {
  const key = makeSshKeyPair("test");
  await writeFile(join(folder, "host"), key.privateKey, { mode: 0o600 });
  return key.publicKey;
}

async function start({ words, environment }: SshdProgram, folder: string): Promise<ChildProcess> {
  const [command = "", ...before] = words;
  return spawn(command, [...before, "-D", "-E", join(folder, "log"), "-f", join(folder, "config")], {
    stdio: "ignore",
    env: { ...process.env, ...environment },
  });
}

async function ready(address: SshAddress): Promise<void> {
  (await waitForSsh(address, { timeoutMs: 20_000 })).close();
}

function send(name: NodeJS.Signals, pids: readonly (number | undefined)[]): void {
  for (const pid of pids) {
    try {
      if (pid !== undefined) process.kill(pid, name);
    } catch {
      // Because a session may end by itself between the look and the signal.
    }
  }
}

const given = new Set<number>();

/** A port of the loopback that nobody listens on, and that this process never gave before: two may ask at once. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port.");
  if (given.has(address.port)) return freePort();
  given.add(address.port);
  return address.port;
}

/** Process ids of the descendants of a daemon whose command name matches, from /proc. */
async function descendants(daemon: ChildProcess, name: RegExp): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  const parents = new Map<number, number>();
  const names = new Map<number, string>();
  for (const stat of stats) {
    const [, pid, command, parent] = /^(\d+) \((.*)\) \S (\d+)/s.exec(stat) ?? [];
    parents.set(Number(pid), Number(parent));
    names.set(Number(pid), command ?? "");
  }
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (parents.get(pid) === daemon.pid || isOurs(parents.get(pid)));
  return [...names].filter(([pid, command]) => name.test(command) && isOurs(pid)).map(([pid]) => pid);
}
