import { quoted } from "./transfer-script.ts";

/**
 * The remote side of a detached job, as shell programs that are fed to `/bin/sh -s`, so that nothing of them stands in an
 * argument. Each is one function called in its last line: a program cut by a lost connection does nothing.
 *
 *   <root>/<name>/command   what runs                     env       variables, 0600, removed before the command starts
 *                 wrapper   what runs it                  process   pid, start time (ticks), boot id, began (ms)
 *                 log       stdout and stderr             exit      exit code, ended (ms); renamed into place
 *                 claim     taken by the one wrapper      stopped   asked to stop
 */
export interface JobPlace {
  /** Absolute remote folder that holds the jobs. */
  readonly root: string;
  readonly name: string;
}

/** What a job is made of. */
export interface JobContent {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; absent: the login's home. */
  readonly cwd: string | undefined;
}

const head = ({ root, name }: JobPlace): string => `root=${quoted(root)}
name=${quoted(name)}
job="$root/$name"
# Because an @ would make the unit an instance of a template; a colon is not allowed in names.
unit=${quoted(`edgecert-job-${name.replaceAll("@", ":")}`)}
bootid() { cat /proc/sys/kernel/random/boot_id; }
now() { date +%s%3N; }
alive() {
  [ "$boot" = "$(bootid)" ] || return 1
  set -- $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)
  [ "\${20:-}" = "$start" ] && [ "$1" != Z ]
}
`;

/** Prints `started`, `attached` (it was started before) or `taken` (another command has the name). */
export function startScript(place: JobPlace, content: JobContent): string {
  const env = Object.entries(content.env).map(([key, value]) => `export ${key}=${quoted(value)}\n`);
  return `${head(place)}main() {
umask 077
mkdir -p -- "$job" || return 73
exec 9>"$root/.$name.lock" || return 73
flock -w 60 9 || return 75
printf '%s\\n' ${quoted(content.command)} >"$job/command.new" || return 74
[ ! -d "$job/claim" ] || claimed 50
if [ -f "$job/process" ]; then
  if cmp -s "$job/command" "$job/command.new"; then echo attached; else echo taken; fi
  rm -f "$job/command.new"
  return 0
fi
rm -rf "$job/claim"
mv "$job/command.new" "$job/command" || return 74
printf '%s' ${quoted(env.join(""))} >"$job/env" || return 74
printf '%s' ${quoted(wrapper(place, content.cwd))} >"$job/wrapper" || return 74
export -p | grep -E '^(export|declare -x) (HOME|USER|LOGNAME|PATH|LANG|SHELL)=' >"$job/login"
launch && claimed 1200 || return 75
echo started
}
claimed() {
  i=0
  until [ -f "$job/process" ]; do
    i=$((i + 1))
    [ "$i" -le "$1" ] || return 1
    sleep 0.05
  done
}
launch() {
  if [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
    systemd-run --quiet --collect --unit="$unit" --property=OOMPolicy=continue --property=TimeoutStopSec=10 \\
      /bin/sh "$job/wrapper" </dev/null 9>&- && return 0
  fi
  # Because what started the job may be cancelled, and would take along all that carries its mark.
  env -u EDGECERT_COMMAND setsid /bin/sh "$job/wrapper" </dev/null >/dev/null 2>&1 9>&- &
}
main
`;
}

function wrapper(place: JobPlace, cwd: string | undefined): string {
  return `${head(place)}cd "$job" || exit 74
mkdir claim 2>/dev/null || exit 0
umask 077
. ./login
: >>log
set -- $(sed 's/.*) //' "/proc/$$/stat")
printf '%s %s %s %s\\n' "$$" "\${20}" "$(bootid)" "$(now)" >process.tmp
mv process.tmp process
(
  umask 022
  EDGECERT_JOB="$job"
  export EDGECERT_JOB
  . ./env
  rm -f env
  cd ${cwd === undefined ? '"$HOME"' : quoted(cwd)} && exec /bin/sh "$job/command"
) </dev/null >>log 2>&1
# Because on a full disk the file would be empty: no code is better than half of one.
printf '%s %s\\n' "$?" "$(now)" >exit.tmp && sync exit.tmp && mv exit.tmp exit
`;
}

/**
 * Prints the log's bytes from an offset on until the job is over. Standard error gets `following`, then one of
 * `missing`, `running` or `<ending> <code or -> <duration in ms> <size of the log>`.
 */
export function followScript(place: JobPlace, offset: number): string {
  return `${head(place)}main() {
echo following >&2
if [ ! -f "$job/process" ]; then echo missing >&2; return 0; fi
read -r pid start boot began <"$job/process"
if [ ! -f "$job/exit" ] && alive; then
  tail -c +${offset + 1} -s 0.2 --pid="$pid" -f "$job/log" 2>/dev/null
else
  tail -c +${offset + 1} "$job/log"
fi
# Because the code is renamed into place just before its writer ends: alive first, then look for the code.
if alive; then left=1; else left=0; fi
code=-
ended=$(now)
if [ -f "$job/exit" ]; then read -r code ended <"$job/exit"; how=exited
elif [ "$left" = 1 ]; then echo running >&2; return 0
elif [ "$boot" != "$(bootid)" ]; then how=rebooted
else how=vanished; fi
if [ -f "$job/stopped" ]; then how=stopped; code=-; fi
echo "$how $code $((ended - began)) $(stat -c %s "$job/log")" >&2
}
main
`;
}

/** Ends every process of the job: TERM, after the grace KILL. Exit code 75 when some are left after that. */
export function stopScript(place: JobPlace, graceMs: number): string {
  return `${head(place)}main() {
[ -f "$job/process" ] || return 0
read -r pid start boot began <"$job/process"
[ "$boot" = "$(bootid)" ] || return 0
if alive && [ ! -f "$job/exit" ]; then : >"$job/stopped"; fi
send TERM
gone ${Math.ceil(graceMs / 100)} || send KILL
if [ -d /run/systemd/system ]; then
  # Because only the unit still knows a process that cleared its environment.
  systemctl kill --signal=KILL "$unit" 2>/dev/null
  systemctl stop "$unit" 2>/dev/null
fi
gone 50 || return 75
}
members() {
  if alive; then echo "$pid"; fi
  grep -lzsxF "EDGECERT_JOB=$job" /proc/[0-9]*/environ | cut -d / -f 3
}
send() { for one in $(members); do kill -s "$1" "$one" 2>/dev/null; done; }
gone() {
  i=0
  while [ -n "$(members)" ]; do
    i=$((i + 1))
    [ "$i" -le "$1" ] || return 1
    sleep 0.1
  done
}
main
`;
}
