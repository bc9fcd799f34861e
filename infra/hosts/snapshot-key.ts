import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { runCommand } from "./command.ts";
import { type Machine, qemuArguments } from "./qemu-arguments.ts";

/** What of this machine a saved machine depends on. */
export interface HostFacts {
  /** The first line of `qemu-system-x86_64 --version`. */
  readonly qemu: string;
  /** The real processor and the kernel that lends it, which a guest under KVM sees. */
  readonly processor: string;
}

/** Asks this machine. */
export async function hostFacts(signal: AbortSignal): Promise<HostFacts> {
  const { tail } = await runCommand("qemu-system-x86_64", ["--version"], { signal });
  const first = readFileSync("/proc/cpuinfo", "utf8").split("\n\n", 1)[0] ?? "";
  const lasting = first.split("\n").filter((line) => /^(model name|microcode|flags)\s*:/.test(line));
  return { qemu: tail.split("\n", 1)[0] ?? "", processor: [release(), ...lasting].join("\n") };
}

/**
 * Names what machines must have in common so that one can be a copy of another, as sha256 in hex: the build of the image,
 * the size of the seed, QEMU's version, the processor, and the whole command line but what is a server's own. Pure.
 */
export function snapshotKey(
  machine: Machine,
  image: { readonly digest: string; readonly build: string; readonly disk: string },
  of: { readonly host: HostFacts; readonly seedBytes: number },
): string {
  const shape = qemuArguments({ ...machine, ...nobody, seed: { ...machine.seed, path: "" } }, { mode: "hold" });
  const processor = machine.acceleration === "kvm" ? of.host.processor : "emulated";
  const parts = [image.digest, image.build, image.disk, of.host.qemu, processor, of.seedBytes, ...shape];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** What is a server's own on QEMU's command line, taken out. */
const nobody = {
  ...{ id: "", tags: "", folder: "", disk: "", console: "", pidFile: "" },
  forward: { address: "", port: 0 },
  groupNetwork: { address: "", port: 0 },
  outsideMac: "",
  groupMac: "",
} as const satisfies Partial<Machine>;
