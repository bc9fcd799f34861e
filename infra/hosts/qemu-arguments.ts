import { seedName } from "../images/guest-files.ts";
import type { Boot, Image } from "../images/image.ts";

/** `kvm`, or `tcg` where the processor is emulated. */
export type Acceleration = "kvm" | "tcg";

/** A virtual machine to start: everything that ends on QEMU's command line. Paths are absolute. */
export interface Machine {
  readonly id: string;
  /** One word of tags, as `encodeTags` writes it. */
  readonly tags: string;
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
  /** Address and port of this machine that lead to port 22 of the guest. */
  readonly forward: { readonly address: string; readonly port: number };
  /** Multicast address and port that carry the group's network. */
  readonly groupNetwork: { readonly address: string; readonly port: number };
  readonly outsideMac: string;
  readonly groupMac: string;
}

/** Arguments of `qemu-system-x86_64` for a machine that goes to the background once its devices are made. Pure. */
export function qemuArguments(machine: Machine): readonly string[] {
  return [
    ...["-no-user-config", "-nodefaults", "-daemonize", "-pidfile", machine.pidFile],
    ...["-name", `guest=edgecert-${machine.id}`, "-smbios", `type=11,value=${machine.tags}`],
    // Because the disk is virtio: probing the board's own controllers costs an emulated guest seconds.
    ...["-machine", "q35,vmport=off,sata=off,smbus=off", "-display", "none", "-monitor", "none"],
    ...processor(machine),
    ...["-m", `${machine.memoryMiB}M`],
    ...kernel(machine),
    ...["-serial", `file:${machine.console}`],
    ...["-drive", `file=${escaped(machine.disk)},if=none,id=disk,format=qcow2,cache=unsafe,discard=unmap`],
    ...["-device", "virtio-blk-pci,drive=disk"],
    ...seed(machine),
    ...network(machine),
  ];
}

function seed({ seed: { kind, path } }: Machine): readonly string[] {
  if (kind === "tar") return ["-fw_cfg", `name=${seedName},file=${escaped(path)}`];
  // Because QEMU shows a folder as a FAT volume by itself, no tool that makes volumes is needed.
  const volume = `driver=vvfat,node-name=seed,dir=${escaped(path)},label=cidata,read-only=on`;
  return ["-blockdev", volume, "-device", "virtio-blk-pci,drive=seed"];
}

function processor(machine: Machine): readonly string[] {
  const smp = ["-smp", String(machine.cores)];
  if (machine.acceleration === "kvm") return ["-accel", "kvm", "-cpu", "host", ...smp];
  // Because each emulated guest would else keep a quarter of its memory size in translated code.
  return ["-accel", "tcg,thread=multi,tb-size=192", "-cpu", "max", ...smp];
}

function network(machine: Machine): readonly string[] {
  const { forward, groupNetwork } = machine;
  const card = (netdev: string, mac: string) => ["-device", `virtio-net-pci,netdev=${netdev},mac=${mac},romfile=`];
  return [
    ...["-netdev", `user,id=outside,ipv6=off,hostfwd=tcp:${forward.address}:${forward.port}-:22`],
    ...card("outside", machine.outsideMac),
    ...["-netdev", `socket,id=group,mcast=${groupNetwork.address}:${groupNetwork.port},localaddr=127.0.0.1`],
    ...card("group", machine.groupMac),
  ];
}

function kernel(machine: Machine): readonly string[] {
  if (machine.boot.kind === "disk") return [];
  return ["-kernel", machine.boot.kernel, "-initrd", machine.boot.initrd, "-append", kernelLine(machine)];
}

function kernelLine(machine: Machine): string {
  // Because the cycle counter is calibrated wrongly when the real cores are busy (a guest's clock once ran five times
  // too fast), while the HPET says its own frequency.
  const clock = machine.acceleration === "tcg" ? ["tsc=unstable", "clocksource=hpet", "no_timer_check"] : [];
  return [
    ...["console=ttyS0", "quiet", "panic=-1"],
    ...["mitigations=off", "net.ifnames=0", `systemd.machine_id=${machineId(machine.id)}`, ...clock],
  ].join(" ");
}

// Because an empty machine-id makes systemd treat every boot as the first one, which costs seconds.
function machineId(id: string): string {
  return Buffer.from(id.padStart(16, "-")).subarray(-16).toString("hex");
}

function escaped(path: string): string {
  return path.replaceAll(",", ",,");
}
