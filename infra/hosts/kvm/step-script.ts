import { quoted } from "../../ssh/transfer-script.ts";
import { factsScript, sayFunction } from "./facts.ts";
import { fileCheck, filesOf, fileWrite, type Step, stepFunctions } from "./step.ts";

/** When a host takes a change of its network back although whatever waits for the confirmation has died; seconds. */
const rollbackSeconds = 180;

const functions = (steps: readonly Step[]): string =>
  steps
    .map(({ files, check, apply }, index) => {
      const looked = [...files.map((file) => `${fileCheck(file)} || return`), ...check];
      const done = [...files.map((file) => fileWrite(file)), ...apply];
      return `check_${index}() {\n${looked.join("\n")}\n}\napply_${index}() {\n${done.join("\n")}\n}\n`;
    })
    .join("");

const variables = (steps: readonly Step[]): string => {
  const settings = steps.flatMap((step) => step.settings ?? []);
  return `own_files=${quoted(filesOf(steps).join(" "))}\nown_settings=${quoted(settings.join(" "))}\n`;
};

const look = `look() {
  reason='' foreign=''
  if "check_$1"; then state='in order'; else state=needed; fi
  if [ "$state" = 'in order' ] && [ -n "$foreign" ]; then state=kept reason="changed by hand:$foreign"; fi
}
`;

const prelude = (steps: readonly Step[]): string =>
  `${stepFunctions}${sayFunction}${variables(steps)}${functions(steps)}${look}`;

/** Shell that tells the facts of a host and how each step stands, and changes nothing. Pure. */
export function checkScript(steps: readonly Step[]): string {
  const looks = steps.map(({ name }, index) => `report ${index} ${name}`);
  return `${prelude(steps)}report() {
  stamp; before=$now
  look "$1"
  stamp
  say step "$2" "$state" "$reason" $((now - before))
}
main() {
${factsScript}${looks.join("\n")}
}
main
`;
}

/**
 * Shell that brings each step in order, in turn, and stops at one that fails. One runs on a host at a time, others wait.
 * Killed anywhere it may run again: every step is looked at before and after. Changes of the network that follow each other
 * are confirmed together.
 */
export function applyScript(steps: readonly Step[], patienceSeconds = 45): string {
  const calls = steps.flatMap(({ name, guard }, index) => {
    if (guard === undefined) return [`bring ${index} ${name}`, goOn];
    const words = [guard.undo, guard.keep].map((lines) => quoted(lines.join("\n")));
    const call = `change ${index} ${name} ${words.join(" ")}`;
    return steps[index + 1]?.guard === undefined ? [call, goOn, "settle", goOn] : [call, goOn];
  });
  return `${prelude(steps)}${bring}patience=${Math.ceil(Math.min(patienceSeconds, 120) * 5)}
${change}main() {
exec 9>/run/edgecert-hypervisor.lock
flock -n 9 || { say waiting; flock -w 1800 9 || exit 75; }
${calls.join("\n")}
}
main
`;
}

// Because a shell heeds `set -e` nowhere inside of a command that stands before `||`, not even in a subshell.
const goOn = "[ $? = 0 ] || return 1";

const bring = `begin() {
  stamp; before=$now
  look "$1"
  if [ "$state" = needed ]; then say begin "$2" "$reason"; was=$reason; return; fi
  stamp
  say step "$2" "$state" "$reason" $((now - before))
  return 1
}
finish() {
  forget
  look "$1"
  if [ "$code" = 0 ] && [ "$state" != needed ]; then say step "$2" done "$4" "$3"; return; fi
  [ "$code" != 0 ] || code="still: $reason"
  say step "$2" failed "$4" "$3" "$code"
  return 1
}
bring() {
  begin "$1" "$2" || return 0
  (set -eu; "apply_$1") 9>&- 2>&1
  code=$?
  stamp
  finish "$1" "$2" $((now - before)) "$was"
}
`;

const change = `token='' changed=''
change() {
  begin "$1" "$2" || return 0
  [ -n "$token" ] || arm || {
    say step "$2" failed "$was" 0 'the host could not be told to take the change back by itself'
    rm -f /run/edgecert/*-"$token"
    return 1
  }
  { printf '%s\\n' "$3"; cat "$undo"; } >"$undo.new" && mv "$undo.new" "$undo"
  printf '%s\\n' "$4" >>"$keep"
  changed="$changed$1 $2 "
  (set -eu; "apply_$1") 9>&- 2>&1
  code=$?
  stamp
  eval "took_$1=$((now - before)) was_$1=\\$was"
  [ "$code" = 0 ] || settle
}
arm() {
  mkdir -p /run/edgecert
  token="$$-$now"
  undo=/run/edgecert/undo-$token
  keep=/run/edgecert/keep-$token
  : >"$undo"
  : >"$keep"
  : >"/run/edgecert/armed-$token"
  rollback="mv /run/edgecert/armed-$token /run/edgecert/undone-$token || exit 0; PATH=$PATH; . $undo"
  systemd-run --quiet --collect --unit="edgecert-undo-$token" --on-active=${rollbackSeconds} \\
    --timer-property=AccuracySec=1s /bin/sh -c "$rollback"
}
settle() {
  [ -n "$token" ] || return 0
  if [ "$code" = 0 ]; then confirm; fi
  [ "$code" = 0 ] || /bin/sh -c "$rollback" 2>&1
  systemctl stop "edgecert-undo-$token.timer" 2>/dev/null
  rm -f /run/edgecert/*-"$token"
  token=''
  set -- $changed
  changed=''
  while [ $# -gt 0 ]; do
    eval "took=\\$took_$1 was=\\$was_$1"
    finish "$1" "$2" "$took" "$was" || failed=1
    shift 2
  done
  [ "\${failed:-0}" = 0 ]
}
confirm() {
  stamp; before=$now
  say confirm "$token"
  tries=0
  until [ -e "/run/edgecert/confirmed-$token" ] || [ $tries -ge $patience ]; do
    sleep 0.2
    tries=$((tries + 1))
  done
  if [ ! -e "/run/edgecert/confirmed-$token" ]; then code='nobody confirmed it by a new connection'
  elif mv "/run/edgecert/armed-$token" "/run/edgecert/kept-$token"; then
    (set -eu; . "$keep") 9>&- 2>&1
    [ $? = 0 ] || code='it could not be made to last'
  else code='it was taken back after ${rollbackSeconds} seconds'; fi
  stamp
  [ "$code" != 0 ] || say step reach done 'a new connection reaches the host' $((now - before))
}
`;

/** The command by which a new connection confirms a change of the network. Pure. */
export function confirmCommand(token: string): string {
  return `touch /run/edgecert/confirmed-${token}`;
}
