import { readFile, rm } from "node:fs/promises";
import { InfraError } from "../failure.ts";
import type { Image } from "../images/image.ts";
import type { SshAddress } from "../providers/provider.ts";
import { waitForSsh } from "../ssh/readiness.ts";
import { runCommand } from "./command.ts";
import { guestDied, notReady, qemuRefused } from "./failures.ts";
import { identityOf, isAlive, type ProcessIdentity } from "./process-table.ts";
import { emulatorOf, type Machine, qemuArguments } from "./qemu-arguments.ts";

/** A guest that answered. */
export interface RunningGuest {
  readonly process: ProcessIdentity;
  /** What `uname -r` said in it. */
  readonly kernel: string;
  /** Whether it has a `/dev/kvm` of its own. */
  readonly kvm: boolean;
}

/** How long a guest may take from its start to its first command by SSH, in milliseconds. */
export const bootDeadlineMs = { tcg: 240_000, kvm: 60_000 } as const;

/** Makes the disk of one machine: an overlay that starts as the image and forgets everything with its file. */
export async function makeOverlay(
  image: Pick<Image, "disk" | "format">,
  disk: string,
  signal: AbortSignal,
): Promise<void> {
  await rm(disk, { force: true });
  const words = ["create", "-q", "-f", "qcow2", "-b", image.disk, "-F", image.format, disk];
  const end = await runCommand("qemu-img", words, { signal });
  if (end.code !== 0) throw new InfraError(qemuRefused("qemu-img", end.tail));
}

/** Starts QEMU in the background: it outlives this process. Resolves when the devices are made and the pid is known. */
export async function launch(machine: Machine, signal: AbortSignal): Promise<ProcessIdentity> {
  await rm(machine.console, { force: true });
  const { command } = emulatorOf(machine.architecture);
  const end = await runCommand(command, qemuArguments(machine), { signal });
  const pid = Number((await readFile(machine.pidFile, "utf8").catch(() => "")).trim());
  const identity = end.code === 0 && pid > 0 ? identityOf(pid) : undefined;
  if (identity === undefined) throw new InfraError(qemuRefused(command, end.tail));
  return identity;
}

/** What a launched guest is awaited by. */
export interface Awaited {
  readonly process: ProcessIdentity;
  readonly ssh: SshAddress;
  readonly signal: AbortSignal;
}

// Because a device file may be there and yet refuse: opening it is the proof.
const askFacts = "uname -r; if (exec 3<>/dev/kvm) 2>/dev/null; then echo kvm; fi";

/** How long cloud-init may take once SSH answers, in milliseconds: it installs packages, emulated perhaps. */
const cloudInitMs = 900_000;

// Because 2 says that something was odd and all was done, and the log says what else happened.
const awaitCloudInit = `cloud-init status --wait > /dev/null
[ $? = 0 ] || [ $? = 2 ] || { cloud-init status --long; tail -n 20 /var/log/cloud-init.log; exit 1; } >&2`;

/** Waits until a launched guest runs commands. Throws a failure of class transient when it dies or takes too long. */
export async function awaitGuest(machine: Machine, awaited: Awaited): Promise<RunningGuest> {
  const { process, ssh, signal } = awaited;
  const timeoutMs = bootDeadlineMs[machine.acceleration];
  const died = new AbortController();
  const watch = setInterval(() => isAlive(process) || died.abort(), 500);
  try {
    const connection = await waitForSsh(ssh, { timeoutMs, signal: AbortSignal.any([signal, died.signal]) });
    try {
      if (machine.seed.kind === "nocloud") await connection.must(awaitCloudInit, { signal, timeoutMs: cloudInitMs });
      const { stdout } = await connection.must(askFacts, { signal, timeoutMs });
      const [kernel = "", kvm] = stdout.split("\n");
      return { process, kernel, kvm: kvm === "kvm" };
    } finally {
      connection.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    const tail = await consoleTail(machine.console);
    const why = error instanceof Error ? error.message : String(error);
    const failure = isAlive(process) ? notReady(machine.id, why, tail) : guestDied(machine.id, tail);
    throw new InfraError(failure, { cause: error });
  } finally {
    clearInterval(watch);
  }
}

/** The last lines of a console, without what a terminal would obey. */
export async function consoleTail(path: string, lines = 15): Promise<string> {
  const text = await readFile(path, "latin1").catch(() => "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const plain = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "");
  return plain.trimEnd().split("\n").slice(-lines).join("\n");
}
