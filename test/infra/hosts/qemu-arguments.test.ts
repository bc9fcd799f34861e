import { expect, test } from "vitest";
import { type Machine, qemuArguments, type Start } from "../../../infra/hosts/qemu-arguments.ts";

const machine: Machine = {
  id: "node1-0a1b2c3d",
  tags: "edgecert:id=node1-0a1b2c3d;run=r1",
  architecture: "amd64",
  folder: "/h/servers/node1-0a1b2c3d",
  acceleration: "tcg",
  cores: 2,
  memoryMiB: 768,
  boot: { kind: "kernel", kernel: "/h/vmlinuz", initrd: "/h/initrd" },
  disk: "/h/a,b/disk.qcow2",
  seed: { kind: "tar", path: "/h/seed.tar" },
  console: "/h/console.log",
  pidFile: "/h/qemu.pid",
  forward: { address: "127.64.0.7", port: 2222 },
  groupNetwork: { address: "230.77.0.7", port: 21000 },
  outsideMac: "52:54:00:00:00:01",
  groupMac: "52:54:00:00:00:02",
};

const boot = { mode: "boot" } as const;

test("the whole command line of an emulated machine", () => {
  expect(qemuArguments(machine, boot).join(" ").replaceAll(" -", "\n-")).toMatchInlineSnapshot(`
    "-no-user-config
    -nodefaults
    -daemonize
    -pidfile /h/qemu.pid
    -name guest=edgecert-node1-0a1b2c3d
    -smbios type=11,value=edgecert:id=node1-0a1b2c3d;run=r1
    -display none
    -chardev socket,id=monitor,path=monitor.sock,server=on,wait=off
    -mon monitor,mode=control
    -machine q35,vmport=off,sata=off,smbus=off
    -accel tcg,thread=multi,tb-size=192
    -cpu max
    -smp 2
    -m 768M
    -kernel /h/vmlinuz
    -initrd /h/initrd
    -append console=ttyS0 quiet panic=-1 mitigations=off net.ifnames=0 systemd.machine_id=2d2d6e6f6465312d3061316232633364 tsc=unstable clocksource=hpet no_timer_check
    -chardev file,id=console,path=/h/console.log,append=on
    -serial chardev:console
    -chardev socket,id=port,path=port.sock,server=on,wait=off
    -serial chardev:port
    -device vmgenid,guid=auto
    -drive file=/h/a,,b/disk.qcow2,if=none,id=disk,format=qcow2,cache=unsafe,discard=unmap
    -device virtio-blk-pci,drive=disk,addr=0x03
    -fw_cfg name=opt/edgecert/seed,file=/h/seed.tar
    -netdev user,id=outside,ipv6=off,hostfwd=tcp:127.64.0.7:2222-:22
    -device virtio-net-pci,netdev=outside,mac=52:54:00:00:00:01,romfile=,addr=0x04
    -netdev socket,id=group,mcast=230.77.0.7:21000,localaddr=127.0.0.1
    -device virtio-net-pci,netdev=group,mac=52:54:00:00:00:02,romfile=,addr=0x05"
  `);
});

test("an image with a boot loader of its own starts from its disk, with its seed as a volume for cloud-init", () => {
  const fromDisk: Machine = { ...machine, boot: { kind: "disk" }, seed: { kind: "nocloud", path: "/h/s,d" } };
  const line = qemuArguments(fromDisk, boot).join(" ");
  expect(line).not.toMatch(/-kernel|-append|-fw_cfg/);
  expect(line).toContain(
    "-device virtio-blk-pci,drive=disk,addr=0x03 -blockdev driver=vvfat,node-name=seed,dir=/h/s,,d,label=cidata,read-only=on " +
      "-device virtio-blk-pci,drive=seed,addr=0x06",
  );
});

test("under KVM the processor is the real one and its clock is left alone", () => {
  const line = qemuArguments({ ...machine, acceleration: "kvm" }, boot).join(" ");
  expect(line).toContain("-accel kvm -cpu host -smp 2");
  expect(line).not.toContain("clocksource");
});

test("a machine of arm64 is emulated on a board of its own, with its own console and no clock of a PC", () => {
  const line = qemuArguments({ ...machine, architecture: "arm64" }, boot).join(" ");
  expect(line).toContain("-machine virt -accel tcg,thread=multi,tb-size=192 -cpu cortex-a72 -smp 2 -m 768M");
  expect(line).toContain("console=ttyAMA0 quiet");
  expect(line).not.toMatch(/q35|hpet|ttyS0|vmgenid/);
});

test("a held machine boots with a word more; a copy has the hardware of its original and waits for its memory", () => {
  const line = (start: Start) => qemuArguments(machine, start).join(" ");
  expect(line({ mode: "hold" }).replace(" edgecert.held", "")).toBe(line(boot));
  expect(line({ mode: "copy", memory: "/h/memory" }).replace(" -incoming defer", "")).toBe(line(boot));
});
