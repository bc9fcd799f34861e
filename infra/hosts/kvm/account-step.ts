import { quoted } from "../../ssh/transfer-script.ts";
import type { Account } from "./request.ts";
import type { Step } from "./step.ts";
import type { SystemTraits } from "./system.ts";

/** Makes the user of a manager of virtual machines, in the groups of KVM and libvirt; what the user has stays. */
export function accountStep(account: Account, { groups }: SystemTraits): Step {
  const { name, uid, home = `/var/lib/${name}`, authorizedKeys } = account;
  const options = [
    ...(uid === undefined ? [] : [`--uid ${uid}`]),
    `--home-dir ${home}`,
    "--create-home",
    "--shell /bin/bash",
  ];
  return {
    name: "account",
    why: `${name} starts virtual machines here`,
    files: [],
    check: [
      `IFS=: read -r _ _ id _ _ home _ <<END`,
      `$(getent passwd ${name})`,
      "END",
      `[ -n "$id" ] || { needed 'there is no user ${name}'; return; }`,
      ...(uid === undefined
        ? []
        : [`[ "$id" = ${uid} ] || { needed "the uid of ${name} is $id, not ${uid}"; return; }`]),
      `in_groups=" $(id -nG ${name}) "`,
      `for one in ${groups.join(" ")}; do`,
      `  case $in_groups in *" $one "*) ;; *) needed "${name} is not in the group $one"; return ;; esac`,
      "done",
      'keys="$home/.ssh/authorized_keys"',
      ...authorizedKeys.map(
        (key) => `grep -qsxF ${quoted(key)} "$keys" || { needed 'a key of ${name} is missing'; return; }`,
      ),
    ],
    apply: [
      `id ${name} >/dev/null 2>&1 || useradd --system --user-group ${options.join(" ")} ${name}`,
      `usermod --append --groups ${groups.join(",")} ${name}`,
      `folder=$(getent passwd ${name} | cut -d : -f 6)/.ssh`,
      `[ -d "$folder" ] || install -d -m 700 -o ${name} -g "$(id -gn ${name})" "$folder"`,
      'keys="$folder/authorized_keys"',
      `[ -e "$keys" ] || install -m 600 -o ${name} -g "$(id -gn ${name})" /dev/null "$keys"`,
      ...authorizedKeys.map((key) => `grep -qxF ${quoted(key)} "$keys" || echo ${quoted(key)} >>"$keys"`),
    ],
  };
}
