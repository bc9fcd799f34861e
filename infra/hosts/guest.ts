import { readFile, rm } from "node:fs/promises";
import { InfraError } from "../failure.ts";
import { guestReadyMark } from "../images/guest-files.ts";
import { waitForBanner } from "./banner.ts";
import { runCommand } from "./command.ts";
import { bootDeadline, guestDied, qemuRefused } from "./failures.ts";
import { identityOf, isAlive, type ProcessIdentity } from "./process-table.ts";
import { type Machine, qemuArguments } from "./qemu-arguments.ts";

/** A guest that answered. */
export interface RunningGuest {
  readonly process: ProcessIdentity;
  /** What `uname -r` said in it. */
  readonly kernel: string;
  /** Whether it has a `/dev/kvm` of its own. */
  readonly kvm: boolean;
}

/** How long a guest may take from its start to its SSH banner, in milliseconds. */
export const bootDeadlineMs = { tcg: 240_000, kvm: 60_000 } as const;

/** Makes the disk of one machine: an overlay that starts as the image and forgets everything with its file. */
export async function makeOverlay(image: string, disk: string, signal: AbortSignal): Promise<void> {
  await rm(disk, { force: true });
  const end = await runCommand("qemu-img", ["create", "-q", "-f", "qcow2", "-b", image, "-F", "raw", disk], { signal });
  if (end.code !== 0) throw new InfraError(qemuRefused("qemu-img", end.tail));
}

/** Starts QEMU in the background: it outlives this process. Resolves when the devices are made and the pid is known. */
export async function launch(machine: Machine, signal: AbortSignal): Promise<ProcessIdentity> {
  await rm(machine.console, { force: true });
  const end = await runCommand("qemu-system-x86_64", qemuArguments(machine), { signal });
  const pid = Number((await readFile(machine.pidFile, "utf8").catch(() => "")).trim());
  const identity = end.code === 0 && pid > 0 ? identityOf(pid) : undefined;
  if (identity === undefined) throw new InfraError(qemuRefused("qemu-system-x86_64", end.tail));
  return identity;
}

/** Waits until a launched guest answers by SSH. Throws a failure of class transient when it dies or takes too long. */
export async function awaitGuest(
  machine: Machine,
  process: ProcessIdentity,
  signal: AbortSignal,
): Promise<RunningGuest> {
  const limit = bootDeadlineMs[machine.acceleration];
  const deadline = AbortSignal.timeout(limit);
  const check = () => {
    if (!isAlive(process)) throw new Error("gone");
  };
  try {
    const both = AbortSignal.any([signal, deadline]);
    await waitForBanner({ host: machine.forward.address, port: machine.forward.port, signal: both, check });
  } catch (error) {
    signal.throwIfAborted();
    const tail = await consoleTail(machine.console);
    throw new InfraError(deadline.aborted ? bootDeadline(machine.id, limit, tail) : guestDied(machine.id, tail), {
      cause: error,
    });
  }
  return { process, ...(await guestFacts(machine.console)) };
}

/** The last lines of a console, without what a terminal would obey. */
export async function consoleTail(path: string, lines = 15): Promise<string> {
  const text = await readFile(path, "latin1").catch(() => "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const plain = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "");
  return plain.trimEnd().split("\n").slice(-lines).join("\n");
}

async function guestFacts(console: string): Promise<Pick<RunningGuest, "kernel" | "kvm">> {
  const text = await readFile(console, "latin1").catch(() => "");
  const facts = new RegExp(`${guestReadyMark} kernel=(\\S+) kvm=(yes|no)`).exec(text);
  return { kernel: facts?.[1] ?? "unknown", kvm: facts?.[2] === "yes" };
}
