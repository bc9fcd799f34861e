/** What the initrd does: loads the modules it brings, mounts the disk, hands over to the real init. */
export const initOfInitrd = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
while read -r module; do /bin/busybox insmod "/modules/$module"; done < /modules/order
tries=0
until [ -b /dev/vda ] || [ $tries -ge 600 ]; do /bin/busybox usleep 50000; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 -o noinit_itable /dev/vda /root || { echo "edgecert: the disk cannot be mounted"; exit 1; }
/bin/busybox mount --move /dev /root/dev
/bin/busybox umount /proc
exec /bin/busybox switch_root /root /sbin/init
`;

/** Modules without which Debian's kernels reach no disk: everything there is a module, ext4 too. */
export const initrdModules = "virtio_pci virtio_blk crc32c_generic ext4";

/**
 * Run by mmdebstrap in the finished tree ($1): an initrd of about 2 MB, a static busybox and a handful of modules, at
 * `/boot/initrd.edgecert`. It is a tenth of what initramfs-tools makes, and made in a second.
 */
export const initrdHook = `#!/bin/sh
set -eu
cd "$1/tmp"
# Because the apt outside knows the machine's own certificates, proxies and mirror.
APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q download busybox-static
dpkg-deb -x busybox-static_*.deb busybox
cat > make-initrd <<'OUTER'
set -eu
version=$(ls /lib/modules)
cd /tmp
mkdir -p initrd/bin initrd/dev initrd/proc initrd/root initrd/modules
cp "$(find busybox -name busybox -type f -perm -u+x | head -n 1)" initrd/bin/busybox
: > initrd/modules/order
for name in ${initrdModules}; do
  modprobe -S "$version" --show-depends "$name" 2> /dev/null | while read -r kind path rest; do
    [ "$kind" = insmod ] || continue
    file=$(basename "$path" .xz)
    [ ! -e "initrd/modules/$file" ] || continue
    case "$path" in
      *.xz) initrd/bin/busybox unxz -c "$path" > "initrd/modules/$file" ;;
      *) cp "$path" "initrd/modules/$file" ;;
    esac
    echo "$file" >> initrd/modules/order
  done
done
cat > initrd/init <<'INNER'
${initOfInitrd}INNER
chmod 755 initrd/init
cd initrd
find . | cpio --quiet -o -H newc -R 0:0 > /boot/initrd.edgecert
cd /tmp
cat initrd/modules/order
rm -rf busybox busybox-static_*.deb initrd make-initrd
OUTER
chroot "$1" sh /tmp/make-initrd
`;
