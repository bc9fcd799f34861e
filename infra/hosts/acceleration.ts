import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { runCommand } from "./command.ts";
import { withLock } from "./lock.ts";
import type { Acceleration } from "./qemu-arguments.ts";
import { readRecord, writeRecord } from "./record-file.ts";

/** What the probe found, and why. */
export interface AccelerationFacts {
  readonly acceleration: Acceleration;
  /** Whether guests under it get a working `/dev/kvm` of their own. */
  readonly nested: boolean;
  /** One sentence for people. */
  readonly reason: string;
}

/** A kernel for the probe to boot, and where its result is kept. */
export interface ProbeSettings {
  readonly home: string;
  /** Absolute path of any Linux kernel of this architecture; undefined where there is none to boot. */
  readonly kernel: string | undefined;
  readonly signal: AbortSignal;
  /** How long a kernel may take under hardware virtualisation; default 20,000. */
  readonly deadlineMs?: number;
  /** Device to open; default `/dev/kvm`. */
  readonly device?: string;
}

const probeRecord = z.object({
  machine: z.string(),
  acceleration: z.enum(["kvm", "tcg"]),
  nested: z.boolean(),
  reason: z.string(),
});

/**
 * Finds out whether hardware virtualisation works here, by booting a kernel under a deadline: a device that opens may
 * still hang its guest. Kept until the machine boots again or QEMU changes. Emulation otherwise.
 */
export async function probeAcceleration(settings: ProbeSettings): Promise<AccelerationFacts> {
  const device = settings.device ?? "/dev/kvm";
  if (!opens(device)) return emulated(`${device} cannot be opened`);
  const path = join(settings.home, "acceleration.json");
  return withLock(`acceleration ${path}`, settings.signal, async () => {
    const machine = await machineWord(settings.signal);
    const known = await readRecord(path, probeRecord);
    if (known?.machine === machine) return known;
    const { kernel } = settings;
    if (kernel === undefined) return emulated(`no kernel is at hand to prove ${device} with`);
    const found = await bootKernel({ ...settings, kernel });
    await writeRecord(path, { machine, ...found });
    return found;
  });
}

async function bootKernel({
  kernel,
  signal,
  deadlineMs = 20_000,
}: ProbeSettings & { readonly kernel: string }): Promise<AccelerationFacts> {
  const args = ["-no-user-config", "-nodefaults", "-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "256M"];
  const boot = ["-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", kernel];
  const line = ["-append", "console=ttyS0 panic=-1"];
  const started = Date.now();
  const end = await saysWithin("qemu-system-x86_64", [...args, ...boot, ...line], {
    // Because a kernel without a disk ends there, after all that a processor has to do for it.
    words: "Kernel panic",
    deadline: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
  });
  signal.throwIfAborted();
  if (end === "deadline") return emulated(`a kernel did not boot under KVM within ${deadlineMs / 1000} s`);
  if (end !== "said") return emulated(`a kernel does not run under KVM: ${end.ended}`);
  return {
    acceleration: "kvm",
    nested: nestedAllowed(),
    reason: `a kernel booted under KVM in ${Date.now() - started} ms`,
  };
}

/** Whether a command said the words, ran into the deadline, or ended by itself with these last words. */
function saysWithin(
  command: string,
  args: readonly string[],
  until: { readonly words: string; readonly deadline: AbortSignal },
): Promise<"said" | "deadline" | { readonly ended: string }> {
  return new Promise((resolve) => {
    const child = spawn("setpriv", ["--pdeathsig", "KILL", command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let found = false;
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString("latin1")).slice(-65_536);
      found ||= said.includes(until.words);
      if (found) child.kill("SIGKILL");
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const stop = () => child.kill("SIGKILL");
    until.deadline.addEventListener("abort", stop, { once: true });
    if (until.deadline.aborted) stop();
    const end = () => {
      until.deadline.removeEventListener("abort", stop);
      const lastWords = said.trim().split("\n").at(-1)?.trim() ?? "";
      resolve(found ? "said" : until.deadline.aborted ? "deadline" : { ended: lastWords });
    };
    child.once("error", end);
    child.once("close", end);
  });
}

function emulated(reason: string): AccelerationFacts {
  return { acceleration: "tcg", nested: true, reason };
}

function nestedAllowed(): boolean {
  return ["kvm_intel", "kvm_amd"].some((module) =>
    /^[1Y]/.test(textOf(`/sys/module/${module}/parameters/nested`) ?? ""),
  );
}

async function machineWord(signal: AbortSignal): Promise<string> {
  const version = await runCommand("qemu-system-x86_64", ["--version"], { signal });
  return `${textOf("/proc/sys/kernel/random/boot_id")?.trim()} ${version.tail.split("\n")[0]}`;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function opens(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
