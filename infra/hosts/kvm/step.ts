import { createHash } from "node:crypto";
import { quoted } from "../../ssh/transfer-script.ts";

/** A file of ours on a host: never one that its administrator or a package owns. */
export interface HostFile {
  /** Absolute. */
  readonly path: string;
  /** Lines in which `#` begins a comment; ends with a newline. */
  readonly body: string;
}

/**
 * One thing that makes a machine a hypervisor. `check` and `apply` are lines of POSIX shell, run by root in functions of
 * their own: a check says what is missing by `needed REASON || return`, changes nothing, and is the judge of `apply` too.
 */
export interface Step {
  /** Kebab-case, unique in its plan. */
  readonly name: string;
  /** One sentence: what for. */
  readonly why: string;
  /** Files that must read so; checked before `check`, written before `apply`. */
  readonly files: readonly HostFile[];
  /** Files below /proc/sys that the check asks for by `value_is` and `value_reaches`. */
  readonly settings?: readonly string[];
  readonly check: readonly string[];
  readonly apply: readonly string[];
  /** Present where the change could cut the way to the host: it is taken back unless a new connection confirms it. */
  readonly guard?: Guard;
}

/** How a change of the network is taken back, and what makes it last once it is confirmed. Lines of POSIX shell. */
export interface Guard {
  readonly undo: readonly string[];
  readonly keep: readonly string[];
}

/** What a file of ours holds: its first line carries a digest of the rest, so that a change by hand is seen. Pure. */
export function contentOf({ body }: HostFile): string {
  return `# edgecert ${sha256(body).slice(0, 32)}: once changed by hand, this file stays as it is\n${body}`;
}

/** How a check asks for a file: by the digest of all that it should hold. Pure. */
export function fileCheck(file: HostFile): string {
  return `file_is ${file.path} ${sha256(contentOf(file))}`;
}

/** How a file is written. Pure. */
export function fileWrite(file: HostFile): string {
  return `write_file ${file.path} ${quoted(contentOf(file))}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What checks of these steps ask for, to be gathered by few processes: paths of our files. Pure. */
export function filesOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ files }) => files.map(({ path }) => path));
}

/**
 * Functions for checks and applications. A check's word is `reason`; files changed by hand gather in `foreign`. What many
 * ask for is asked once, as each process takes an emulated machine many milliseconds: digests of `$own_files`, units that
 * run, settings of the kernel. `forget` makes them be asked anew.
 */
export const stepFunctions = `LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin; export PATH
umask 022
end='
'
forget() { sums= units= settings=; }
forget
needed() { reason=$*; return 1; }
file_is() {
  [ -e "$1" ] || { needed "$1 is missing"; return; }
  [ -n "$sums" ] || sums="$end$(sha256sum $own_files 2>/dev/null)$end"
  case $sums in *"$end$2  $1$end"*) return 0 ;; esac
  is_ours "$1" || { foreign="$foreign $1"; return 0; }
  needed "$1 is of another request"
}
is_ours() {
  read -r hash name digest _ <"$1"
  sum=$(tail -n +2 "$1" | sha256sum | cut -c 1-32)
  [ "$hash $name" = "# edgecert" ] && [ "$digest" = "$sum:" ]
}
write_file() {
  if [ -e "$1" ] && ! is_ours "$1"; then return 0; fi
  mkdir -p "\${1%/*}"
  printf %s "$2" >"$1.edgecert-new" && mv "$1.edgecert-new" "$1"
}
runs() {
  [ -n "$units" ] || units="$end$(systemctl list-units --plain --no-legend --type=service --type=socket --state=active)$end"
  for unit; do case $units in *"$end$unit "*) return 0 ;; esac; done
  return 1
}
starts() {
  for unit; do
    for folder in sockets multi-user; do
      [ ! -L "/etc/systemd/system/$folder.target.wants/$unit" ] || return 0
    done
  done
  return 1
}
setting() {
  # Because shells read byte by byte, and the kernel gives only the first byte of a number so.
  [ -n "$settings" ] || settings="$end$(grep -sH . $own_settings)$end"
  value=\${settings#*"$end$1:"}
  if [ "$value" = "$settings" ]; then value=; else value=\${value%%"$end"*}; fi
}
value_is() {
  setting "$1"
  [ "$value" = "$2" ] || needed "$1 is \${value:-missing}, not $2"
}
value_reaches() {
  setting "$1"
  [ "\${value:-0}" -ge "$2" ] || needed "$1 is \${value:-missing}, below $2"
}
has_module() {
  [ -d "/sys/module/$1" ] || grep -qs "/$1\\.ko" "/lib/modules/$(uname -r)/modules.builtin" || needed "module $1 is not loaded"
}
stamp() {
  read -r upfor _ </proc/uptime
  now=$((\${upfor%.*} * 100 + 1\${upfor#*.} - 100))
}
`;
