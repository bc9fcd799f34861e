/** When a host takes a change of its network back although whatever waits for the confirmation has died; seconds. */
const rollbackSeconds = 180;

/**
 * Shell functions that change the network of a host: the host takes the change back by itself unless a new connection
 * confirms it.
 */
export const networkChange = `token='' changed=''
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
