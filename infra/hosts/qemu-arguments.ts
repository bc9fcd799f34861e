import type { Architecture } from "../catalog/operating-systems.ts";
import { seedName } from "../images/guest-files.ts";
import { heldWord } from "../images/held-guest.ts";
import type { Boot, Image } from "../images/image.ts";

/** `kvm`, or `tcg` where the processor is emulated. */
export type Acceleration = "kvm" | "tcg";

/**
 * How a machine comes to life: it boots, or boots and waits to be told who it is, or is a copy of one that waits so,
 * whose memory lies in a file.
 */
export type Start =
  | { readonly mode: "boot" }
  | { readonly mode: "hold" }
  | { readonly mode: "copy"; readonly memory: string };

/** A virtual machine to start: everything that ends on QEMU's command line. Paths are absolute. */
export interface Machine {
  readonly id: string;
  /** One word of tags, as `encodeTags` writes it. */
  readonly tags: string;
  readonly architecture: Architecture;
  /** Folder in which QEMU starts: its sockets are made there. */
  readonly folder: string;
  readonly acceleration: Acceleration;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly boot: Boot;
  /** qcow2 overlay of this machine alone. */
  readonly disk: string;
  /** Tells the guest who it is: a tar archive, or the folder of files of a volume for cloud-init. */
  readonly seed: { readonly kind: Image["seed"]; readonly path: string };
  /** File that receives the serial console. */
  readonly console: string;
  readonly pidFile: string;
  /** Address and port of this machine that lead to a port of the guest; default 22. */
  readonly forward: { readonly address: string; readonly port: number; readonly to?: number };
  /** Multicast address and port that carry the group's network. */
  readonly groupNetwork: { readonly address: string; readonly port: number };
  readonly outsideMac: string;
  readonly groupMac: string;
  /** Words for its kernel beyond ours; default: none. */
  readonly kernelWords?: readonly string[];
}

/** Names of the sockets in a machine's folder: QEMU's monitor (QMP), and the guest's second serial port. */
export const sockets = { monitor: "monitor.sock", port: "port.sock" } as const;

/** PCI slots of the network cards, by which a guest tells them apart whatever their addresses are. */
export const cardSlots = { outside: "04", group: "05" } as const;

/** Whether the guest speaks to us on a second serial port: one of our images, on a PC, which has such a port. Pure. */
export function hasPort({ architecture, seed }: Pick<Machine, "architecture" | "seed">): boolean {
  return architecture === "amd64" && seed.kind === "tar";
}

/** Arguments of its emulator's command for a machine that goes to the background once its devices are made. Pure. */
export function qemuArguments(machine: Machine, start: Start): readonly string[] {
  return [
    ...["-no-user-config", "-nodefaults", "-daemonize", "-pidfile", machine.pidFile],
    ...["-name", `guest=edgecert-${machine.id}`, "-smbios", `type=11,value=${machine.tags}`],
    // Because the path of a socket may have at most 107 bytes: these are relative to the folder.
    ...["-display", "none", "-chardev", `socket,id=monitor,path=${sockets.monitor},server=on,wait=off`],
    ...["-mon", "monitor,mode=control"],
    ...processor(machine),
    ...["-smp", String(machine.cores), "-m", `${machine.memoryMiB}M`],
    ...kernel(machine, start),
    ...["-chardev", `file,id=console,path=${escaped(machine.console)},append=on`, "-serial", "chardev:console"],
    ...["-chardev", `socket,id=port,path=${sockets.port},server=on,wait=off`],
    ...(hasPort(machine) ? ["-serial", "chardev:port", "-device", "vmgenid,guid=auto"] : []),
    ...["-drive", `file=${escaped(machine.disk)},if=none,id=disk,format=qcow2,cache=unsafe,discard=unmap`],
    ...["-device", "virtio-blk-pci,drive=disk,addr=0x03"],
    ...seed(machine),
    ...network(machine),
    ...(start.mode === "copy" ? ["-incoming", "defer"] : []),
  ];
}

function seed({ seed: { kind, path } }: Machine): readonly string[] {
  if (kind === "tar") return ["-fw_cfg", `name=${seedName},file=${escaped(path)}`];
  // Because QEMU shows a folder as a FAT volume by itself, no tool that makes volumes is needed.
  const volume = `driver=vvfat,node-name=seed,dir=${escaped(path)},label=cidata,read-only=on`;
  // Because the BIOS starts from the disk in the first slot, and the kernel names disks in this order too.
  return ["-blockdev", volume, "-device", "virtio-blk-pci,drive=seed,addr=0x06"];
}

// Because the disk is virtio: probing the board's own controllers costs an emulated guest seconds.
const pc = ["-machine", "q35,vmport=off,sata=off,smbus=off"];

// Because each emulated guest would else keep a quarter of its memory size in translated code.
const emulated = ["-accel", "tcg,thread=multi,tb-size=192"];

/** The program and the board that emulate a processor; the processor of `arm64` is one whose code is quick to emulate. */
export function emulatorOf(architecture: Architecture): {
  readonly command: string;
  readonly board: readonly string[];
} {
  if (architecture === "amd64") return { command: "qemu-system-x86_64", board: [...pc, ...emulated, "-cpu", "max"] };
  return { command: "qemu-system-aarch64", board: ["-machine", "virt", ...emulated, "-cpu", "cortex-a72"] };
}

function processor({ architecture, acceleration }: Machine): readonly string[] {
  if (acceleration === "tcg") return emulatorOf(architecture).board;
  return [...pc, "-accel", "kvm", "-cpu", "host"];
}

function network(machine: Machine): readonly string[] {
  const { forward, groupNetwork } = machine;
  const card = (netdev: keyof typeof cardSlots, mac: string) => [
    "-device",
    `virtio-net-pci,netdev=${netdev},mac=${mac},romfile=,addr=0x${cardSlots[netdev]}`,
  ];
  return [
    ...["-netdev", `user,id=outside,ipv6=off,hostfwd=tcp:${forward.address}:${forward.port}-:${forward.to ?? 22}`],
    ...card("outside", machine.outsideMac),
    ...["-netdev", `socket,id=group,mcast=${groupNetwork.address}:${groupNetwork.port},localaddr=127.0.0.1`],
    ...card("group", machine.groupMac),
  ];
}

function kernel(machine: Machine, start: Start): readonly string[] {
  if (machine.boot.kind === "disk") return [];
  return ["-kernel", machine.boot.kernel, "-initrd", machine.boot.initrd, "-append", kernelLine(machine, start)];
}

function kernelLine(machine: Machine, start: Start): string {
  // Because the cycle counter is calibrated wrongly when the real cores are busy (a guest's clock once ran five times
  // too fast), while the HPET says its own frequency.
  const isPc = machine.architecture === "amd64";
  const clock = isPc && machine.acceleration === "tcg" ? ["tsc=unstable", "clocksource=hpet", "no_timer_check"] : [];
  return [
    ...[isPc ? "console=ttyS0" : "console=ttyAMA0", "quiet", "panic=-1"],
    ...["mitigations=off", "net.ifnames=0", `systemd.machine_id=${machineId(machine.id)}`, ...clock],
    ...(start.mode === "hold" ? [heldWord] : []),
    ...(machine.kernelWords ?? []),
  ].join(" ");
}

/**
 * The machine id of a server, 32 hex digits, which follows from its own id. On the kernel's command line because an
 * empty one makes systemd treat every boot as the first, which costs seconds. Pure.
 */
export function machineId(id: string): string {
  return Buffer.from(id.padStart(16, "-")).subarray(-16).toString("hex");
}

function escaped(path: string): string {
  return path.replaceAll(",", ",,");
}
