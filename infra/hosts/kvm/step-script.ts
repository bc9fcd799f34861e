import { quoted } from "../../ssh/transfer-script.ts";
import { factsScript, sayFunction } from "./facts.ts";
import { networkChange } from "./network-change.ts";
import { fileCheck, filesOf, fileWrite, type Step, stepFunctions } from "./step.ts";

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
${networkChange}main() {
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
