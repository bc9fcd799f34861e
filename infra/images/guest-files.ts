import type { ArchiveFile } from "../hosts/tar.ts";
import { heldWord, holdScript, readyDropIn, renewScript } from "./held-guest.ts";

/** Name under which QEMU's fw_cfg device hands the seed to the guest. */
export const seedName = "opt/edgecert/seed";

const seedUnit = `[Unit]
Description=Identity and network of this server, handed over by its host
DefaultDependencies=no
After=systemd-remount-fs.service systemd-tmpfiles-setup-dev.service
Before=sysinit.target network-pre.target ssh.service
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/lib/edgecert/seed
StandardOutput=journal+console

[Install]
WantedBy=sysinit.target
`;

// Because a guest may be rebooted by a suite: files are laid down once, addresses every time. Certificates are entered by
// hand, as update-ca-certificates takes an emulated guest many seconds.
const seedScript = `#!/bin/sh
set -eu
modprobe virtio_net
modprobe kvm_amd 2>/dev/null || modprobe kvm_intel 2>/dev/null || true
ip link set lo up
if [ ! -e /etc/edgecert/seeded ]; then
  modprobe qemu_fw_cfg
  became=this
  if grep -qw ${heldWord} /proc/cmdline; then became=$(/usr/lib/edgecert/hold); fi
  tar -xf /sys/firmware/qemu_fw_cfg/by_name/${seedName}/raw -C / --no-same-owner --warning=no-timestamp
  for certificate in /usr/local/share/ca-certificates/*.crt; do
    [ ! -e "$certificate" ] || cat "$certificate" >> /etc/ssl/certs/ca-certificates.crt
  done
  touch /etc/edgecert/seeded
  hostname -F /etc/hostname
  [ $became != copy ] || /usr/lib/edgecert/renew
else
  hostname -F /etc/hostname
fi
while read -r slot mac address gateway; do
  for path in "/sys/bus/pci/devices/0000:00:$slot.0"/virtio*/net/*; do
    device=\${path##*/}
    [ "$(cat "$path/address")" = "$mac" ] || ip link set "$device" address "$mac"
    ip address replace "$address" dev "$device"
    ip link set "$device" up
    [ -z "$gateway" ] || ip route replace default via "$gateway" dev "$device"
  done
done < /etc/edgecert/network
echo "edgecert: this server is $(cat /etc/hostname)"
`;

const sshdSettings = `PermitRootLogin prohibit-password
PasswordAuthentication no
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
`;

// Because udev finds all of these in a virtual machine, and loading what nobody uses takes longer than the rest of udev.
const unusedModules = `${["psmouse", "pcspkr", "iTCO_wdt", "lpc_ich", "i2c_i801", "serio_raw", "evdev", "button"]
  .map((module) => `blacklist ${module}\n`)
  .join("")}`;

/** Files laid over the bootstrapped tree: how a guest learns who it is. */
export const guestFiles: readonly ArchiveFile[] = [
  { path: "etc/systemd/system/edgecert-seed.service", mode: 0o644, content: seedUnit },
  { path: "usr/lib/edgecert/seed", mode: 0o755, content: seedScript },
  { path: "usr/lib/edgecert/hold", mode: 0o755, content: holdScript },
  { path: "usr/lib/edgecert/renew", mode: 0o755, content: renewScript },
  { path: "etc/systemd/system/ssh.service.d/edgecert-ready.conf", mode: 0o644, content: readyDropIn },
  { path: "etc/ssh/sshd_config.d/10-edgecert.conf", mode: 0o644, content: sshdSettings },
  { path: "etc/modprobe.d/edgecert.conf", mode: 0o644, content: unusedModules },
  { path: "etc/systemd/journald.conf.d/edgecert.conf", mode: 0o644, content: "[Journal]\nStorage=volatile\n" },
  // Because a test run wants to know why a service died.
  { path: "etc/systemd/system/service.d/edgecert-cores.conf", mode: 0o644, content: "[Service]\nLimitCORE=infinity\n" },
  { path: "etc/fstab", mode: 0o644, content: "" },
  { path: "etc/machine-id", mode: 0o444, content: "" },
  { path: "etc/hostname", mode: 0o644, content: "edgecert\n" },
  { path: "etc/hosts", mode: 0o644, content: "127.0.0.1 localhost\n" },
  { path: "etc/resolv.conf", mode: 0o644, content: "nameserver 10.0.2.3\n" },
];

/** Units that only cost time in a server that lives for minutes. */
export const maskedUnits: readonly string[] = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "getty@tty1.service",
  "getty-static.service",
  "modprobe@configfs.service",
  "modprobe@dm_mod.service",
  "modprobe@drm.service",
  "modprobe@efi_pstore.service",
  "modprobe@fuse.service",
  "modprobe@loop.service",
  "sys-fs-fuse-connections.mount",
  "sys-kernel-config.mount",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "systemd-binfmt.service",
  "proc-sys-fs-binfmt_misc.automount",
  "serial-getty@ttyS0.service",
  "systemd-networkd-wait-online.service",
  "systemd-hwdb-update.service",
  "systemd-journal-catalog-update.service",
  "systemd-update-done.service",
  "systemd-firstboot.service",
  "systemd-pstore.service",
  "systemd-timesyncd.service",
  // Systemd's own work on a disk that was made by hand: nothing in /etc/fstab, no seed worth keeping, accounts in place.
  "systemd-remount-fs.service",
  "systemd-repart.service",
  "systemd-random-seed.service",
  "systemd-sysusers.service",
  "systemd-journal-flush.service",
  "systemd-update-utmp.service",
  "systemd-update-utmp-runlevel.service",
];
