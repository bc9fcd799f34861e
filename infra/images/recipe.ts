import { createHash } from "node:crypto";
import type { CloudImage } from "../../pipelines/dsl/request.ts";
import { type Architecture, kernelPackage } from "../catalog/operating-systems.ts";
import { foreignScript, installScript, mergedHook } from "./foreign-recipe.ts";
import { guestFiles, maskedUnits } from "./guest-files.ts";
import { initrdHook } from "./initrd.ts";
import { officialMirror } from "./mirror.ts";
import { buildOnlyPaths } from "./surroundings.ts";

/** What an image is asked to be. */
export interface ImageRequest {
  /** Such as `debian-12`. */
  readonly os: string;
  /** Distribution packages beyond the base, in any order. */
  readonly packages: readonly string[];
  /** Processor; default `amd64`. */
  readonly architecture?: Architecture;
  /** An image that somebody else made; packages are then installed when a server starts. */
  readonly image?: CloudImage;
  /** sha256 of what an earlier image was made from: that one is taken where it is still there. */
  readonly imageDigest?: string;
}

/** In every image: a kernel with all of KVM, an init, a way in, and what the seed needs. */
export const basePackages: readonly string[] = [
  "systemd-sysv",
  "openssh-server",
  "udev",
  "kmod",
  "iproute2",
  "hostname",
  // Because apt and products check certificates only where there are some.
  "ca-certificates",
];

// Because a guest has neither screen nor sound nor radio, and 200 MB of modules cost seconds in each image.
const leftOutModules = ["gpu", "media", "net/wireless", "infiniband", "iio", "staging", "isdn"].map(
  (folder) => `drivers/${folder}`,
);

/** Paths that are not unpacked while the image is made. The finished image's dpkg unpacks everything. */
export const leftOutPaths: readonly string[] = [
  "/usr/share/doc/*",
  "/usr/share/man/*",
  "/usr/share/info/*",
  "/usr/share/locale/*",
  ...[...leftOutModules, "sound"].flatMap((folder) =>
    ["/lib/modules", "/usr/lib/modules"].map((modules) => `${modules}/*/kernel/${folder}/*`),
  ),
];

/** Run by mmdebstrap before the kernel is installed ($1: the tree): dpkg makes no initrd, ours comes last. */
export const essentialHook = `#!/bin/sh
set -eu
mkdir -p "$1/etc/initramfs-tools"
echo update_initramfs=no > "$1/etc/initramfs-tools/update-initramfs.conf"
`;

/** Run by mmdebstrap last ($1: the tree): it names Debian's own mirror, not the one that it was made from. */
export const neutralHook = `#!/bin/sh
set -eu
rm -rf "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1"/etc/apt/sources.list.d/* "$1"/var/log/apt/* "$1"/var/log/*.log
. "$1/etc/os-release"
cat > "$1/etc/apt/sources.list" <<END
deb ${officialMirror.main} $VERSION_CODENAME main
deb ${officialMirror.main} $VERSION_CODENAME-updates main
deb ${officialMirror.security} $VERSION_CODENAME-security main
END
`;

/** Shell: the process table and the few devices that installing packages in the folder TREE needs. */
export const systemMounts = `mount -t proc proc "$TREE/proc"
mount -t tmpfs -o mode=755 tmpfs "$TREE/dev"
for device in null zero full random urandom tty; do
  : > "$TREE/dev/$device"
  mount --bind "/dev/$device" "$TREE/dev/$device"
done
mkdir "$TREE/dev/pts" "$TREE/dev/shm"
ln -s /proc/self/fd "$TREE/dev/fd"
`;

/**
 * Makes a disk from the base tree: packages installed natively, guest files laid over, one ext4 without a journal.
 * Environment: BASE, TREE, DISK, KERNEL, INITRD_FILE, MANIFEST, ARCHIVES, GUEST_TAR, MACHINE_TAR, PACKAGES, MASKED. Runs in mount
 * and process namespaces of its own, as root or as the root of a user namespace.
 */
export const layerScript = `set -eu
unset APT_CONFIG
mkdir -p "$TREE" "$ARCHIVES"
tar -xf "$BASE" -C "$TREE" --exclude='./dev/*' --numeric-owner --xattrs --xattrs-include='security.*'
cp -p "$TREE/etc/apt/sources.list" "$TREE/etc/apt/sources.neutral"
tar -xf "$MACHINE_TAR" -C "$TREE"
${systemMounts}cp --remove-destination -L /etc/resolv.conf "$TREE/etc/resolv.conf"
cp --remove-destination -L /etc/hosts "$TREE/etc/hosts"
printf '#!/bin/sh\\nexit 101\\n' > "$TREE/usr/sbin/policy-rc.d"
chmod 755 "$TREE/usr/sbin/policy-rc.d"
inside() { INITRD=No DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$TREE" "$@" < /dev/null; }
install() {
  inside apt-get -q -y --no-install-recommends -o APT::Keep-Downloaded-Packages=true -o Dpkg::Use-Pty=0 \\
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= install $PACKAGES
}
# Because some packages link their manual pages as alternatives and fail where there is no folder for them.
mkdir -p "$TREE/usr/share/man/man1"
if [ -n "$PACKAGES" ]; then
  find "$ARCHIVES" -name '*.deb' -exec cp -l -t "$TREE/var/cache/apt/archives" {} + 2> /dev/null || true
  install || { inside apt-get -q update && install; }
  find "$TREE/var/cache/apt/archives" -name '*.deb' -exec cp -l -n -t "$ARCHIVES" {} + 2> /dev/null || true
fi
inside dpkg-query -W > "$MANIFEST"
# Because Go from 1.20 on comes without compiled packages, and an emulated processor would compile those of every test for minutes.
if [ -x "$TREE/usr/bin/go" ]; then
  inside env HOME=/root CGO_ENABLED=0 go build testing/internal/testdeps encoding/json
fi
umount -R "$TREE/dev" "$TREE/proc"
rm -f "$TREE/usr/sbin/policy-rc.d" "$TREE"/etc/ssh/ssh_host_* "$TREE/etc/resolv.conf"
rm -f "$TREE/etc/dpkg/dpkg.cfg.d/99mmdebstrap" ${buildOnlyPaths.map((path) => `"$TREE/${path}"`).join(" ")}
mv "$TREE/etc/apt/sources.neutral" "$TREE/etc/apt/sources.list"
rm -rf "$TREE"/var/log/*.log "$TREE"/var/log/apt/*
find "$TREE/var/lib/apt/lists" "$TREE/var/cache/apt" -type f -delete
tar -xf "$GUEST_TAR" -C "$TREE"
chmod 700 "$TREE/root"
if grep -aqi PerSourcePenalties "$TREE/usr/sbin/sshd"; then
  echo 'PerSourcePenalties no' >> "$TREE/etc/ssh/sshd_config.d/10-edgecert.conf"
fi
for unit in $MASKED; do ln -sfn /dev/null "$TREE/etc/systemd/system/$unit"; done
mkdir -p "$TREE/etc/systemd/system/sysinit.target.wants"
ln -sfn ../edgecert-seed.service "$TREE/etc/systemd/system/sysinit.target.wants/edgecert-seed.service"
cp "$TREE"/boot/vmlinuz-* "$KERNEL"
mv "$TREE/boot/initrd.edgecert" "$INITRD_FILE"
truncate -s 8G "$DISK"
mkfs.ext4 -q -F -d "$TREE" -L root -m 0 -E lazy_itable_init=1,nodiscard -O ^has_journal "$DISK"
`;

const recipeVersion = 2;

/** The digest of a base: sha256 in hex over all that it is made from, except the packages' bytes. */
export function baseKey({ os, architecture }: Pick<ImageRequest, "os" | "architecture">): string {
  const hooks = [essentialHook, initrdHook, neutralHook];
  const packages = [kernelPackage(architecture ?? "amd64"), ...basePackages].join(" ");
  return digestOf(["base", String(recipeVersion), os, packages, leftOutPaths.join(" "), ...hooks]);
}

/** The digest of an image: sha256 in hex. The order and repetition of packages do not matter. */
export function imageKey(request: ImageRequest): string {
  if (request.image !== undefined) return request.image.sha256;
  const guest = JSON.stringify([guestFiles, maskedUnits]);
  const script = request.architecture === "arm64" ? mergedHook + foreignScript + installScript : layerScript;
  return digestOf([baseKey(request), script, guest, ...sortedPackages(request.packages)]);
}

/** Packages without repetition, sorted by code unit. */
export function sortedPackages(packages: readonly string[]): readonly string[] {
  return [...new Set(packages)].sort();
}

function digestOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
