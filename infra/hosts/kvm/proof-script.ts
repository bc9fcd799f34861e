import { quarantineFile, sayFunction } from "./facts.ts";
import { type HypervisorRequest, natBridge } from "./request.ts";

/** How long the test guest may take from its start to its first answer, in seconds. */
export interface ProofLimits {
  /** Default 300: seconds on real machines, minutes where the host itself is emulated on a busy one. */
  readonly guestSeconds?: number;
}

// libvirt's own folder for disks, because both AppArmor and SELinux let QEMU read there.
const folder = "/var/lib/libvirt/images/edgecert-proof";

/**
 * Lays the first root file system of the test guest together: the shell, `ip` and `insmod` of the host with their
 * libraries, and its modules for a virtio network card, uncompressed. So it needs nothing that a host does not have.
 */
const initrd = `proof_initrd() {
  root=${folder}/root
  mkdir -p $root/bin $root/modules $root/dev $root/proc
  insmod=$(readlink -f "$(command -v insmod)")
  ip=$(readlink -f "$(command -v ip)")
  cp "$(readlink -f /bin/sh)" $root/bin/sh
  cp "$ip" $root/bin/ip
  cp "$insmod" $root/bin/insmod
  cp "$(command -v sleep)" $root/bin/sleep
  for library in $(ldd "$(readlink -f /bin/sh)" "$ip" "$insmod" "$(command -v sleep)" | grep -o '/[^ :)]*' | grep '\\.so' | sort -u); do
    mkdir -p "$root\${library%/*}"
    cp -L "$library" "$root$library"
  done
  : >$root/modules/order
  { modprobe --show-depends virtio_pci 2>/dev/null || :; modprobe --show-depends virtio_net; } >$root/modules/needed
  while read -r word path _; do
    [ "$word" = insmod ] || continue
    plain=\${path##*/}
    plain=\${plain%%.ko*}.ko
    [ ! -e "$root/modules/$plain" ] || continue
    case $path in
      *.xz) xz -dc "$path" >"$root/modules/$plain" ;;
      *.zst) zstd -qdc "$path" >"$root/modules/$plain" ;;
      *.gz) gzip -dc "$path" >"$root/modules/$plain" ;;
      *) cp "$path" "$root/modules/$plain" ;;
    esac
    echo "$plain" >>$root/modules/order
  done <$root/modules/needed
  cat >$root/init <<'END'
#!/bin/sh
while read -r module; do insmod /modules/$module; done </modules/order
ip link set lo up
ip address add "$proof_address" dev eth0
ip link set eth0 up
echo "edgecert: the test guest is up"
exec sleep 3600
END
  chmod 755 $root/init
  (cd $root && find . | cpio --quiet -o -H newc) >${folder}/initrd
}
`;

function domain(bridge: string, architecture: string): string {
  const isPc = architecture === "amd64";
  const type = isPc ? `<type arch="x86_64" machine="q35">hvm</type>` : `<type arch="aarch64" machine="virt">hvm</type>`;
  const line = `console=${isPc ? "ttyS0" : "ttyAMA0"} quiet panic=-1 mitigations=off net.ifnames=0 proof_address=$address`;
  return [
    `<domain type="kvm"><name>$guest</name><memory unit="MiB">256</memory><vcpu>1</vcpu>`,
    `<os>${type}<kernel>${folder}/kernel</kernel><initrd>${folder}/initrd</initrd><cmdline>${line}</cmdline></os>`,
    `<features><acpi/>${isPc ? "" : `<gic version="host"/>`}</features><cpu mode="host-passthrough"/>`,
    "<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot><on_crash>destroy</on_crash>",
    `<devices><controller type="usb" model="none"/><interface type="bridge"><source bridge="${bridge}"/><model type="virtio"/><rom enabled="no"/></interface>`,
    `<serial type="file"><source path="${folder}/console"/></serial><memballoon model="none"/></devices></domain>`,
  ].join("");
}

/**
 * Shell that proves a hypervisor and tells what it saw: opens /dev/kvm, asks virt-host-validate, boots a guest with the
 * host's own kernel on its bridge, pings it, removes it. One proof runs on a host at a time. Pure.
 */
export function proofScript(architecture: string, request: HypervisorRequest, limits: ProofLimits = {}): string {
  const { name, prefix, proof } = natBridge(request.bridge ?? {});
  const seconds = limits.guestSeconds ?? 300;
  return `LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin; export PATH
${sayFunction}${initrd}
virsh() { command virsh -q -c qemu:///system "$@"; }
seconds() { read -r up _ </proc/uptime; echo "\${up%.*}"; }
remove_guest() {
  virsh destroy "$guest" >/dev/null 2>&1
  if virsh domstate "$guest" >/dev/null 2>&1; then removed=false; else removed=true; fi
  rm -rf ${folder}
}
ping_guest() {
  until ping -c 1 -W 1 -I ${name} ${proof} >/dev/null 2>&1; do
    [ "$(seconds)" -lt $((began + ${seconds})) ] || { echo "no answer from ${proof} on ${name} within ${seconds} s"; return 1; }
    virsh domstate "$guest" 2>/dev/null | grep -q running || { echo "the guest ended by itself"; return 1; }
  done
}
main() {
  exec 9>/run/edgecert-proof.lock
  flock -w 600 9 || { say guest failed 0 "another proof runs for ten minutes already"; return; }
  # Because opening what is not there would make a file of it.
  if [ -c /dev/kvm ] && (exec 3<>/dev/kvm) 2>/dev/null; then say kvm opens; else say kvm refused "$(ls -l /dev/kvm 2>&1)"; fi
  virt-host-validate qemu 2>&1 | while IFS= read -r line; do say validate "$line"; done
  # Because a guest of a proof that was cut off would answer in the place of the new one.
  for guest in $(virsh list --all --name | grep '^edgecert-proof-'); do virsh destroy "$guest"; done >/dev/null 2>&1
  guest=edgecert-proof-$$
  address=${proof}/${prefix}
  rm -rf ${folder}
  mkdir -p ${folder} && chmod 711 ${folder}
  trap remove_guest EXIT
  trap 'exit 143' HUP INT TERM PIPE
  began=$(seconds)
  if why=$(prepare 2>&1 && ping_guest); then ended=answered; else ended=failed; fi
  took=$(($(seconds) - began))
  why="$why $(tail -n 3 ${folder}/console 2>/dev/null)"
  trap - EXIT
  remove_guest
  say guest $ended $took "$why"
  say removed "$removed"
}
prepare() {
  (set -eu
  cp "/boot/vmlinuz-$(uname -r)" ${folder}/kernel
  proof_initrd
  chmod 644 ${folder}/kernel ${folder}/initrd
  cat >${folder}/guest.xml <<END
${domain(name, architecture)}
END
  virsh create ${folder}/guest.xml) 9>&-
}
main
`;
}

/** Shell that writes on a host why it is in quarantine, or takes the word back. Pure. */
export function quarantineScript(why: string | undefined): string {
  if (why === undefined) return `rm -f ${quarantineFile}\n`;
  return `mkdir -p ${quarantineFile.replace(/\/[^/]*$/, "")}\ncat >${quarantineFile} <<'EDGECERT'\n${why.replaceAll(/\s+/g, " ")}\nEDGECERT\n`;
}
