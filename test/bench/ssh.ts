import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect } from "../../infra/ssh/connect.ts";
import type { Connection } from "../../infra/ssh/connection.ts";
import { type OpenSshServer, openSshServer } from "../infra/ssh/open-ssh-server.ts";
import { sshdProgram } from "../infra/ssh/sshd-program.ts";

const serverCount = 8;
const commandsPerServer = 100;
const megabytes = 500;
const rounds = { commands: 3, transfers: 5 };
const aims = { commands: 1, transfers: 0.6 };

/** A way to do one task, timed beside its peer. */
interface Pair {
  readonly name: string;
  readonly aim: number;
  readonly rounds: number;
  ours(): Promise<void>;
  theirs(): Promise<void>;
}

/**
 * edgecert's connections beside `ssh` with a ControlMaster and `scp`, each as it comes, against the same OpenSSH servers
 * on loopback: {@link commandsPerServer} commands one after another on each of eight servers at once, and a file of
 * random bytes up and down. Prints medians of milliseconds and their ratio.
 */
export async function benchSsh(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "edgecert-bench-ssh-"));
  const program = await sshdProgram(folder);
  const servers = await Promise.all(Array.from({ length: serverCount }, () => openSshServer(program)));
  const connections = await Promise.all(servers.map((server) => connect(server.address)));
  const peers = await Promise.all(servers.map((server) => openSshPeer(server)));
  try {
    const big = join(folder, "big");
    await writeRandom(big);
    const pairs = [commands(connections, peers), ...transfers(folder, connections, peers)];
    for (const pair of pairs) await measure(pair);
  } finally {
    for (const connection of connections) connection.close();
    await Promise.all(peers.map((peer) => peer.close()));
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

function commands(connections: readonly Connection[], peers: readonly Peer[]): Pair {
  const times = Array.from({ length: commandsPerServer });
  return {
    name: `${commandsPerServer} commands on each of ${serverCount} servers`,
    aim: aims.commands,
    rounds: rounds.commands,
    ours: async () => {
      await Promise.all(
        connections.map(async (connection) => {
          for (const _ of times) await connection.must("true");
        }),
      );
    },
    theirs: async () => {
      await Promise.all(
        peers.map(async (peer) => {
          for (const _ of times) await peer.run("true");
        }),
      );
    },
  };
}

function transfers(folder: string, [connection]: readonly Connection[], [peer]: readonly Peer[]): Pair[] {
  if (connection === undefined || peer === undefined) throw new Error("There are no servers.");
  const big = join(folder, "big");
  const far = { ours: join(folder, "ours"), theirs: join(folder, "theirs") };
  const shared = { aim: aims.transfers, rounds: rounds.transfers };
  return [
    {
      name: `${megabytes} MB up`,
      ...shared,
      ours: () => connection.upload(big, far.ours),
      theirs: () => peer.copy(big, `${peer.place}:${far.theirs}`),
    },
    {
      name: `${megabytes} MB down`,
      ...shared,
      ours: async () => {
        await connection.download(big, join(folder, "back-ours"));
      },
      theirs: () => peer.copy(`${peer.place}:${big}`, join(folder, "back-theirs")),
    },
  ];
}

/** Which side begins changes with every round, so that neither always finds the machine as the other left it. */
async function measure({ name, aim, rounds: count, ours, theirs }: Pair): Promise<void> {
  await ours();
  await theirs();
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < count; round += 1) {
    if (round % 2 === 0) times.ours.push(await milliseconds(ours));
    times.theirs.push(await milliseconds(theirs));
    if (round % 2 === 1) times.ours.push(await milliseconds(ours));
  }
  const [our, their] = [median(times.ours), median(times.theirs)];
  const ratio = our / their;
  console.log(
    `ssh: ${name}: ${our.toFixed(0)} ms beside ${their.toFixed(0)} ms of OpenSSH, ${ratio.toFixed(2)}x (aim ${aim}x: ${ratio <= aim ? "met" : "missed"})`,
  );
}

/** OpenSSH's own client against one server. */
interface Peer {
  readonly place: string;
  run(command: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  close(): Promise<void>;
}

async function openSshPeer({ address, folder }: OpenSshServer): Promise<Peer> {
  const known = join(folder, "known_hosts");
  await writeFile(known, `[${address.host}]:${address.port} ${address.hostKey}\n`);
  const login = [
    "-F",
    "none",
    "-i",
    address.privateKeyPath,
    "-o",
    `UserKnownHostsFile=${known}`,
    "-o",
    "BatchMode=yes",
  ];
  const control = ["-o", `ControlPath=${folder}/control`];
  const place = `${address.user}@${address.host}`;
  const port = String(address.port);
  // Because the master outlives its parent where it puts itself into the background.
  const master = spawn("ssh", [...login, ...control, "-o", "ControlMaster=yes", "-N", "-p", port, place], {
    stdio: "ignore",
  });
  const run = promisify(execFile);
  const check = [...control, "-F", "none", "-O", "check", "-p", port, place];
  for (let isUp = false; !isUp; )
    isUp = await run("ssh", check).then(
      () => true,
      () => false,
    );
  return {
    place,
    run: async (command) => void (await run("ssh", [...login, ...control, "-p", port, place, command])),
    copy: async (from, to) => void (await run("scp", [...login, "-q", "-P", port, from, to])),
    close: async () => void master.kill(),
  };
}

async function writeRandom(path: string): Promise<void> {
  const file = await open(path, "w");
  for (let written = 0; written < megabytes; written += 1) await file.write(randomBytes(1_000_000));
  await file.close();
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
