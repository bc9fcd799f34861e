/** Word on the kernel's command line of a guest that is to wait, booted, until it is told who it is. */
export const heldWord = "edgecert.held";

/** What a guest says on its second serial port: nothing in it moves any more, so that it can be saved; sshd listens. */
export const guestLines = { held: "held", ready: "ready" } as const;

/** Because looking for it from outside would cost an emulated guest a process for each look, the guest says it. */
export const readyDropIn = `[Service]
ExecStartPost=-/bin/sh -c "echo ${guestLines.ready} > /dev/ttyS1"
`;

/**
 * Run once by the seed unit of a held guest, before any service that cares who the guest is. Says {@link guestLines}'s `held` on the
 * second serial port and reads one line of three words there: `this` or `copy`, the time in seconds since 1970 with
 * a fraction, and 64 bytes of entropy in hex. Prints the first word.
 *
 * Entropy goes into the kernel's pool and the generator is seeded anew at once: the numbers are those of
 * RNDADDENTROPY and RNDRESEEDCRNG in linux/random.h, which are the same on x86 and ARM.
 */
export const holdScript = `#!/bin/sh
set -eu
port=/dev/ttyS1
stty -F $port raw -echo
udevadm settle
while systemctl list-jobs --no-legend | grep -v edgecert-seed | grep -q ' running'; do sleep 0.2; done
exec 3<> $port
sync
echo 1 > /proc/sys/vm/drop_caches
echo ${guestLines.held} >&3
read -r became now entropy <&3
date -s "@$now" > /dev/null
perl -e 'my $seed = pack("H*", shift); open(my $random, "+<", "/dev/random") or die $!;
  ioctl($random, 0x40085203, pack("ii", 8 * length $seed, length $seed) . $seed) or die $!;
  ioctl($random, 0x5207, 0) or die $!' "$entropy"
echo "$became"
`;

/**
 * Run in a copy after its seed was unpacked: what the original's init and journal remember is forgotten. The boot id is
 * a mount, as containers have it, because the kernel makes its own only once.
 */
export const renewScript = `#!/bin/sh
set -eu
cat /proc/sys/kernel/random/uuid > /run/edgecert-boot-id
mount --bind /run/edgecert-boot-id /proc/sys/kernel/random/boot_id
rm -rf /run/log/journal/* /run/systemd/journal/kernel-seqnum
systemctl daemon-reexec
systemctl restart systemd-journald.service
`;
