import type { Step } from "./step.ts";
import type { SystemTraits } from "./system.ts";

/** Waits until what the provider does to a fresh machine is over: it installs packages and writes files as we do. */
export const settledStep: Step = {
  name: "settled",
  why: "cloud-init works on a fresh machine, holds the package manager and may undo what is done beside it",
  files: [],
  check: ["[ ! -e /run/cloud-init/enabled ] || [ -e /run/cloud-init/result.json ] || needed 'cloud-init is at work'"],
  // Because its own errors are not ours to judge: what we need is checked by itself.
  apply: ["timeout 900 cloud-init status --wait >/dev/null || :"],
};

/** Services that set a clock, whichever of them an administrator has chosen. */
const clocks = ["chrony", "chronyd", "systemd-timesyncd", "ntpsec", "ntp", "ntpd", "openntpd", "ptp4l"];
const clockRuns = `runs ${clocks.map((name) => `${name}.service`).join(" ")}`;

/** Installs what is missing, and nothing that is only recommended. */
export function packagesStep({ manager, packages, clock }: SystemTraits): Step {
  const { present, install } = managers[manager];
  return {
    name: "packages",
    why: "QEMU, libvirt, firmware and the tools that networks and the test guest need",
    files: [],
    check: [
      `wanted="${packages.join(" ")}"`,
      `${clockRuns} || wanted="$wanted ${clock.package}"`,
      `present=" $(${present} $wanted 2>/dev/null) "`,
      "missing=",
      'for one in $wanted; do case $present in *" installed=$one "*) ;; *) missing="$missing $one" ;; esac; done',
      '[ -z "$missing" ] || needed "without$missing"',
    ],
    apply: [...install, "install_patiently"],
  };
}

/**
 * Both wait for the locks of others, and try again what may pass: a lock that does not wait (apt's lists), a mirror that
 * answers late. A name that no repository knows, after the lists were fetched, is the end.
 */
const managers = {
  apt: {
    present: `dpkg-query -W -f '\${db:Status-Status}=\${Package} '`,
    install: [
      "export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l",
      "quiet='-q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3'",
      "install_now() {",
      "  dpkg --configure -a --force-confold &&",
      "    apt-get $quiet --no-install-recommends -o Dpkg::Options::=--force-confold install $missing",
      "}",
      "install_patiently() {",
      "  tries=0",
      "  until install_now; do",
      "    [ $tries -lt 12 ] || return 1",
      "    [ $tries -eq 0 ] || sleep 5",
      "    tries=$((tries + 1))",
      // Because translated descriptions are half of what is fetched; those that are there stay.
      "    apt-get $quiet -o Acquire::Languages=none -o APT::Get::List-Cleanup=false update || continue",
      "    apt-get $quiet -s --no-install-recommends install $missing >/dev/null || return 1",
      "  done",
      "}",
    ],
  },
  dnf: {
    present: "rpm -q --qf 'installed=%{NAME} '",
    install: [
      "install_patiently() {",
      "  tries=0",
      "  until dnf -q -y --setopt=install_weak_deps=False install $missing; do",
      "    tries=$((tries + 1))",
      "    [ $tries -lt 12 ] || return 1",
      "    sleep 5",
      "    dnf -q list $missing >/dev/null || continue",
      "  done",
      "}",
    ],
  },
} as const;

/** Sees to a clock that is set; one that runs already is left alone, whatever it is. */
export function clockStep({ clock }: SystemTraits): Step {
  return {
    name: "clock",
    why: "certificates, leases and logs of several hosts are compared by their times",
    files: [],
    check: [`${clockRuns} || needed 'no service sets the clock'`],
    apply: [`systemctl enable --now ${clock.unit}`],
  };
}
