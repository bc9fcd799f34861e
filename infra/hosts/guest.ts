import { readFile, rm } from "node:fs/promises";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import { InfraError } from "../failure.ts";
import { guestLines } from "../images/held-guest.ts";
import type { Image } from "../images/image.ts";
import type { SshAddress } from "../providers/provider.ts";
import { connect } from "../ssh/connect.ts";
import type { Connection } from "../ssh/connection.ts";
import { hasReason } from "../ssh/failures.ts";
import { waitForSsh } from "../ssh/readiness.ts";
import { runCommand } from "./command.ts";
import { guestDied, guestPanicked, notReady, qemuRefused } from "./failures.ts";
import { type LineSocket, openLineSocket } from "./line-socket.ts";
import { identityOf, isAlive, type ProcessIdentity } from "./process-table.ts";
import { emulatorOf, hasPort, type Machine, qemuArguments, type Start, sockets } from "./qemu-arguments.ts";

/** A machine whose QEMU runs, with its guest's second serial port open. */
export interface Launched {
  readonly machine: Machine;
  readonly process: ProcessIdentity;
  readonly port: LineSocket;
}

/** A guest that answered. */
export interface RunningGuest {
  /** What `uname -r` said in it. */
  readonly kernel: string;
  /** Whether it has a `/dev/kvm` of its own. */
  readonly kvm: boolean;
}

/**
 * How long a guest may take from its start to its first command by SSH, in milliseconds. As long under KVM, because its host
 * may itself be emulated; one that died or panicked is noticed at once anyway.
 */
export const bootDeadlineMs = 240_000;

/** Makes the disk of one machine: an overlay that starts as the backing and forgets everything with its file. */
export async function makeOverlay(
  backing: Pick<Image, "disk" | "format">,
  disk: string,
  signal: AbortSignal,
): Promise<void> {
  await rm(disk, { force: true });
  const from = ["-b", backing.disk, "-F", backing.format];
  const end = await runCommand("qemu-img", ["create", "-q", "-f", "qcow2", ...from, disk], { signal });
  if (end.code !== 0) throw new InfraError(qemuRefused("qemu-img", end.tail));
}

/** Starts QEMU in the background: it outlives this process. Resolves when the devices are made and the pid is known. */
export async function launch(machine: Machine, start: Start, signal: AbortSignal): Promise<Launched> {
  const { command } = emulatorOf(machine.architecture);
  const settings = { signal, cwd: machine.folder, ...(start.mode === "copy" ? { input: start.memory } : {}) };
  const end = await runCommand(command, qemuArguments(machine, start), settings);
  const pid = Number((await readFile(machine.pidFile, "utf8").catch(() => "")).trim());
  const process = end.code === 0 && pid > 0 ? identityOf(pid) : undefined;
  if (process === undefined) throw new InfraError(qemuRefused(command, end.tail));
  return { machine, process, port: await openLineSocket(machine.folder, sockets.port, signal) };
}

// Because a device file may be there and yet refuse: opening it is the proof, and opening what is not there would make it.
const askFacts = "uname -r; if [ -c /dev/kvm ] && (exec 3<>/dev/kvm) 2>/dev/null; then echo kvm; fi";

/** How long a cloud image may take until SSH answers, in milliseconds: emulated, cloud-init alone works for a minute before. */
const cloudBootMs = 2 * bootDeadlineMs;

/** How long cloud-init may take once SSH answers, in milliseconds: it installs packages, emulated perhaps. */
const cloudInitMs = 900_000;

// Because 2 says that something was odd and all was done, and the log says what else happened.
const awaitCloudInit = `cloud-init status --wait > /dev/null
[ $? = 0 ] || [ $? = 2 ] || { cloud-init status --long; tail -n 20 /var/log/cloud-init.log; exit 1; } >&2`;

/** Waits until a launched guest runs commands. Throws a failure of class transient when it dies or takes too long. */
export async function awaitGuest(launched: Launched, ssh: SshAddress, outer: AbortSignal): Promise<RunningGuest> {
  const cloud = launched.machine.seed.kind === "nocloud";
  const boot = { signal: outer, ...(cloud ? { timeoutMs: cloudBootMs } : {}) };
  const connection = await whileAlive(launched, boot, async (signal, timeoutMs) => {
    if (!hasPort(launched.machine)) return waitForSsh(ssh, { timeoutMs, signal });
    await launched.port.next((line) => line.trim() === guestLines.ready, signal);
    return greet(ssh, timeoutMs, signal);
  });
  try {
    const limits = { signal: outer, ...(cloud ? { timeoutMs: cloudInitMs } : {}) };
    return await whileAlive(launched, limits, async (signal, timeoutMs) => {
      if (cloud) await connection.must(awaitCloudInit, { signal, timeoutMs });
      const { stdout } = await connection.must(askFacts, { signal, timeoutMs });
      const [kernel = "", kvm] = stdout.split("\n");
      return { kernel, kvm: kvm === "kvm" };
    });
  } finally {
    connection.close();
  }
}

// Because a look for the banner first would cost an emulated guest a process, and it has said that it listens.
async function greet(ssh: SshAddress, timeoutMs: number, signal: AbortSignal): Promise<Connection> {
  try {
    return await connect(ssh, { signal });
  } catch (error) {
    if (!hasReason(error, "ssh-unreachable", "ssh-handshake", "ssh-connection-lost")) throw error;
    return waitForSsh(ssh, { timeoutMs, signal });
  }
}

/**
 * Does work with a guest that boots, under a deadline; default: {@link bootDeadlineMs}. An error becomes a failure that says how the guest
 * ended and what its console said last; one of class transient, because a second boot may go better.
 */
export async function whileAlive<Result>(
  { machine, process }: Pick<Launched, "machine" | "process">,
  limits: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  work: (signal: AbortSignal, timeoutMs: number) => Promise<Result>,
): Promise<Result> {
  const timeoutMs = limits.timeoutMs ?? bootDeadlineMs;
  const late = AbortSignal.timeout(timeoutMs);
  const ended = new AbortController();
  const watch = setInterval(async () => {
    if (!isAlive(process) || (await panicked(machine))) ended.abort(new Error("the guest ended"));
  }, 500);
  try {
    return await work(AbortSignal.any([limits.signal, late, ended.signal]), timeoutMs);
  } catch (error) {
    limits.signal.throwIfAborted();
    throw new InfraError(await failureOf(machine, process, error), { cause: error });
  } finally {
    clearInterval(watch);
  }
}

async function failureOf(machine: Machine, process: ProcessIdentity, error: unknown): Promise<Failure> {
  const tail = await consoleTail(machine.console);
  if (await panicked(machine)) return guestPanicked(machine.id, tail);
  if (!isAlive(process)) return guestDied(machine.id, tail);
  return notReady(machine.id, error instanceof Error ? error.message : String(error), tail);
}

async function panicked(machine: Machine): Promise<boolean> {
  return (await readFile(machine.console, "latin1").catch(() => "")).includes(panicWords);
}

const panicWords = "Kernel panic - not syncing";

/** The last lines of a console, or those around a panic of its kernel, without what a terminal would obey. */
export async function consoleTail(path: string, lines = 15): Promise<string> {
  const text = await readFile(path, "latin1").catch(() => "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const plain = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "");
  const all = plain.trimEnd().split("\n");
  // Because a panic prints its reason first, and more of its trace than a tail holds.
  const panic = all.findIndex((line) => line.includes(panicWords));
  const from = panic < 0 ? all.length - lines : Math.min(panic - 5, all.length - lines);
  return all.slice(Math.max(0, from), Math.max(0, from) + lines).join("\n");
}
