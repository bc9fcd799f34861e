import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { operatingSystem } from "../../../infra/catalog/operating-systems.ts";
import { tarOf } from "../../../infra/hosts/tar.ts";
import { systemMounts } from "../../../infra/images/recipe.ts";
import { machineSurroundings, surroundingsOfBuild } from "../../../infra/images/surroundings.ts";

/** Packages of a cloud image beyond a base: cloud-init, what it makes networks with, and a boot loader. */
const packages = "cloud-init ifupdown grub-pc-bin grub-common";

const sectors = { first: 2048, total: 6 * 2 ** 20 };

const grub = `set timeout=0
menuentry debian {
  linux /boot/vmlinuz root=/dev/vda1 console=ttyS0 net.ifnames=0 quiet panic=-1 mitigations=off
  initrd /boot/initrd.img
}
`;

/** Makes the tree of a base an image that boots by itself. Environment: BASE, MACHINE_TAR, GRUB, DISK, PACKAGES. */
const script = `set -eu
tree=$PWD/tree
TREE=$tree
mkdir "$tree"
tar -xf "$BASE" -C "$tree" --exclude='./dev/*' --numeric-owner
cp -p "$tree/etc/apt/sources.list" neutral
tar -xf "$MACHINE_TAR" -C "$tree"
cp --remove-destination -L /etc/resolv.conf "$tree/etc/resolv.conf"
${systemMounts}printf '#!/bin/sh\\nexit 101\\n' > "$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"
unset APT_CONFIG
inside() { INITRD=No DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$tree" "$@" < /dev/null; }
install() { inside apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 install $PACKAGES; }
install || { inside apt-get -q update && install; }
mkdir -p "$tree/boot/grub"
cp "$GRUB" "$tree/boot/grub/grub.cfg"
inside sh -euc '
  mkdir /tmp/initrd; cd /tmp/initrd
  cpio -id --quiet < /boot/initrd.edgecert
  sed -i "s,/dev/vda,/dev/vda1,g" init
  find . | cpio --quiet -o -H newc -R 0:0 > /boot/initrd.img
  mv /boot/vmlinuz-* /boot/vmlinuz
  grub-mkimage -O i386-pc -p "(hd0,msdos1)/boot/grub" -o /boot/core.img biosdisk part_msdos ext2 linux normal
  cd /; rm -rf /tmp/initrd /boot/initrd.edgecert /etc/ssh/ssh_host_*'
umount -R "$tree/dev" "$tree/proc"
cp "$tree/boot/core.img" "$tree/usr/lib/grub/i386-pc/boot.img" .
cp neutral "$tree/etc/apt/sources.list"
rm -rf "$tree/usr/sbin/policy-rc.d" "$tree/etc/resolv.conf" "$tree"/etc/apt/apt.conf.d/00* "$tree"/etc/apt/*.pem
find "$tree/var/lib/apt/lists" "$tree/var/cache/apt" -type f -delete
: > "$tree/etc/machine-id"
: > "$tree/etc/fstab"
truncate -s $((SECTORS * 512)) "$DISK"
mkfs.ext4 -q -F -d "$tree" -L root -m 0 -E offset=$((FIRST * 512)),nodiscard -O ^has_journal "$DISK" \\
  $(((SECTORS - FIRST) / 2))k
`;

/**
 * A cloud image as distributions make them, here of Debian 12: a partitioned disk that starts by BIOS and GRUB, with
 * cloud-init and no account to log in with. Gives the path of a qcow2 file in the folder.
 */
export async function makeCloudImage(home: string, folder: string, signal: AbortSignal): Promise<string> {
  const base = readdirSync(join(home, "images", "bases")).find((name) => name.startsWith("debian-12-"));
  if (base === undefined) throw new Error("the home has no base of debian-12");
  const work = mkdtempSync(join(folder, "work-"));
  const surroundings = surroundingsOfBuild(await machineSurroundings(operatingSystem("debian-12"), signal));
  writeFileSync(join(work, "machine.tar"), tarOf(surroundings));
  writeFileSync(join(work, "grub.cfg"), grub);
  const disk = join(work, "disk.raw");
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user", "--map-auto"];
  execFileSync("unshare", [...user, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script], {
    cwd: work,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      ...{ PATH: `${process.env.PATH}:/usr/sbin:/sbin`, BASE: join(home, "images", "bases", base), PACKAGES: packages },
      ...{ MACHINE_TAR: join(work, "machine.tar"), GRUB: join(work, "grub.cfg"), DISK: disk },
      ...{ SECTORS: String(sectors.total), FIRST: String(sectors.first) },
    },
  });
  writeBootLoader(disk, readFileSync(join(work, "boot.img")), readFileSync(join(work, "core.img")));
  const image = join(folder, "cloud.qcow2");
  execFileSync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", disk, image]);
  execFileSync("unshare", [...user, "rm", "-rf", work]);
  return image;
}

/** What grub-install does for a BIOS: its first sector before the table of partitions, the rest in the gap behind. */
function writeBootLoader(disk: string, boot: Buffer, core: Buffer): void {
  if (core.length > (sectors.first - 1) * 512) throw new Error("GRUB does not fit before the first partition");
  const first = Buffer.alloc(512);
  boot.copy(first, 0, 0, 440);
  first[446] = 0x80;
  first[450] = 0x83;
  first.writeUInt32LE(sectors.first, 454);
  first.writeUInt32LE(sectors.total - sectors.first, 458);
  first.writeUInt16LE(0xaa55, 510);
  const file = openSync(disk, "r+");
  writeSync(file, first, 0, 512, 0);
  writeSync(file, core, 0, core.length, 512);
  closeSync(file);
}
