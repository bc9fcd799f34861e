/**
 * Makes the root of a scripted machine out of this machine's programs and waits for ever as process 1 of it. Runs below
 * `unshare --mount --pid --fork --uts`, so that nothing it mounts is seen outside and all of it ends with that process.
 * Words: folder of the machine, folder of scripted programs or `-`, host name, boot id.
 *
 *   <folder>/root   a tmpfs: /usr and its links from this machine, read-only; everything else the machine's own
 *   <folder>/up     written when the root stands
 */
export const sandboxScript = `set -eu
folder=$1 programs=$2 name=$3 boot=$4
root=$folder/root
mount --make-rprivate /
mkdir -p "$root"
mount -t tmpfs -o mode=755,size=512m tmpfs "$root"
for one in usr bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$one" ]; then cp -P "/$one" "$root/$one"
  elif [ -d "/$one" ]; then mkdir "$root/$one" && mount --bind "/$one" "$root/$one" && mount -o remount,bind,ro "$root/$one"
  fi
done
mkdir -p "$root/etc" "$root/dev" "$root/proc" "$root/run" "$root/root" "$root/opt/scripted" "$root/var/lib/edgecert"
mkdir -p -m 1777 "$root/tmp" "$root/var/tmp"
cp -a /etc/alternatives "$root/etc" 2>/dev/null || true
for one in group ld.so.cache ld.so.conf ld.so.conf.d nsswitch.conf os-release passwd; do
  if [ -e "/etc/$one" ]; then cp -RL "/etc/$one" "$root/etc/$one" || true; fi
done
[ "$programs" = - ] || cp -RL "$programs/." "$root/opt/scripted"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
# Because these two belong to the whole real machine: a scripted one has its own.
printf 'core\\n' > "$folder/core_pattern"
printf '%s\\n' "$boot" > "$folder/boot_id"
mount --bind "$folder/core_pattern" "$root/proc/sys/kernel/core_pattern"
mount --bind "$folder/boot_id" "$root/proc/sys/kernel/random/boot_id"
tar -x --no-same-owner -f "$folder/seed.tar" -C "$root"
mkdir "$root/boot"
: > "$root/boot/vmlinuz-$(uname -r)"
hostname "$name" 2>/dev/null || true
: > "$folder/up.new"
mv "$folder/up.new" "$folder/up"
# Because process 1 inherits orphans, and a shell that waits buries them.
while :; do sleep 3600 & wait; done
`;

/** Words that start the sandbox as a child of this process, which dies with it however this process dies. */
export function sandboxWords(
  folder: string,
  of: { readonly programs: string | null; readonly name: string; readonly bootId: string },
) {
  const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  return [
    ...["setpriv", "--pdeathsig", "KILL", "unshare", ...asRoot, "--mount", "--pid", "--fork", "--uts", "--kill-child"],
    ...["/bin/sh", "-c", sandboxScript, "sandbox", folder, of.programs ?? "-", of.name, of.bootId],
  ];
}

/** Words that run one shell command inside the sandbox whose process 1 has this pid here. */
export function insideWords(pid: number, folder: string, command: string): readonly string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"];
  const path = "/opt/scripted:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return [
    ...["nsenter", "--target", String(pid), ...asRoot, "--mount", "--pid", "--uts", "chroot", `${folder}/root`],
    ...["/usr/bin/env", "-i", `PATH=${path}`, "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh"],
    ...["/bin/sh", "-c", `cd; ${command}`],
  ];
}
