import { initOfInitrd, initrdModules } from "./initrd.ts";

/**
 * An image for a processor that this machine does not have is made in two stages, because nothing of it can run here:
 *
 *     bootstrapped: packages fetched and unpacked -> disk -> booted once, emulated: dpkg installs -> image
 *
 * Makes the disk, kernel and initrd of the first stage. Environment: BASE, TREE, DISK, KERNEL, INITRD_FILE, GUEST_TAR,
 * MASKED, INSTALL. Runs in namespaces of its own, as root or as the root of a user namespace.
 */
export const foreignScript = `set -eu
mkdir -p "$TREE"
tar -xf "$BASE" -C "$TREE" --exclude='./dev/*' --numeric-owner --xattrs --xattrs-include='security.*'
tar -xf "$GUEST_TAR" -C "$TREE"
chmod 700 "$TREE/root"
for unit in $MASKED; do ln -sfn /dev/null "$TREE/etc/systemd/system/$unit"; done
mkdir -p "$TREE/etc/systemd/system/sysinit.target.wants" "$TREE/etc/initramfs-tools"
ln -sfn ../edgecert-seed.service "$TREE/etc/systemd/system/sysinit.target.wants/edgecert-seed.service"
echo update_initramfs=no > "$TREE/etc/initramfs-tools/update-initramfs.conf"
[ -e "$TREE/usr/bin/awk" ] || ln -s mawk "$TREE/usr/bin/awk"
version=$(ls "$TREE/lib/modules")
depmod -b "$TREE" "$version"
initrd="$TREE.initrd"
mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/proc" "$initrd/root" "$initrd/modules"
cp "$(find "$TREE/bin/" "$TREE/usr/bin" -name busybox -type f | head -n 1)" "$initrd/bin/busybox"
: > "$initrd/modules/order"
for name in ${initrdModules}; do
  modprobe -d "$TREE" -S "$version" --show-depends "$name" 2> /dev/null | while read -r kind path rest; do
    [ "$kind" = insmod ] || continue
    file=$(basename "$path" .xz)
    [ ! -e "$initrd/modules/$file" ] || continue
    case "$path" in
      *.xz) xz -dc "$path" > "$initrd/modules/$file" ;;
      *) cp "$path" "$initrd/modules/$file" ;;
    esac
    echo "$file" >> "$initrd/modules/order"
  done
done
cat > "$initrd/init" <<'INNER'
${initOfInitrd}INNER
chmod 755 "$initrd/init"
(cd "$initrd" && find . | cpio --quiet -o -H newc -R 0:0) > "$INITRD_FILE"
rm -rf "$initrd"
cp "$TREE"/boot/vmlinuz-* "$KERNEL"
cp --remove-destination "$INSTALL" "$TREE/sbin/init"
chmod 755 "$TREE/sbin/init"
truncate -s 8G "$DISK"
mkfs.ext4 -q -F -d "$TREE" -L root -m 0 -E lazy_itable_init=1,nodiscard -O ^has_journal "$DISK"
`;

/** Run by mmdebstrap first ($1: the empty tree): the layout of folders that Debian's packages expect since release 12. */
export const mergedHook = `#!/bin/sh
set -eu
for name in bin lib sbin; do
  mkdir -p "$1/usr/$name"
  ln -s "usr/$name" "$1/$name"
done
`;

/** What the emulated machine says last when all is installed. */
export const installedWords = "edgecert: everything is installed";

/** Where the list of installed packages stands in the image. */
export const foreignManifest = "/var/lib/edgecert/packages.txt";

/** The second stage: process 1 of the emulated machine, replaced by the real one when systemd's package is installed. */
export const installScript = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes LC_ALL=C INITRD=No
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
finish() {
  echo "$1"
  sync
  echo o > /proc/sysrq-trigger
  while :; do sleep 1; done
}
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
[ -e /var/lib/dpkg/status ] || : > /var/lib/dpkg/status
cd /var/cache/apt/archives || finish "edgecert: there are no packages"
dpkg --force-depends --force-unsafe-io --unpack base-passwd_*.deb || finish "edgecert: base-passwd cannot be unpacked"
dpkg --force-depends --force-unsafe-io --force-confold --install ./*.deb
dpkg --configure -a || finish "edgecert: packages cannot be configured"
[ -z "$(dpkg --audit)" ] || finish "edgecert: packages are left half installed"
cd /
mkdir -p /var/lib/edgecert
dpkg-query -W > ${foreignManifest}
if grep -aqi PerSourcePenalties /usr/sbin/sshd; then
  echo 'PerSourcePenalties no' >> /etc/ssh/sshd_config.d/10-edgecert.conf
fi
rm -rf /usr/sbin/policy-rc.d /etc/ssh/ssh_host_* /var/log/*.log /var/log/apt/* /etc/dpkg/dpkg.cfg.d/99mmdebstrap
find /var/lib/apt/lists /var/cache/apt -type f -delete
: > /etc/machine-id
fstrim / || true
finish "${installedWords}"
`;
