/** What of a host's sshd is touched. */
export interface SshdPlaces {
  /** Absolute path of the private host key that cloud-init put there; the public one is beside it. */
  readonly hostKey: string;
  /** Folders and files in which cloud-init keeps copies of user data, as shell words that may be patterns. */
  readonly copies: readonly string[];
  /** Shell: lets sshd read its keys again. Sessions that are open live on. */
  readonly restart: string;
}

/** Where Debian, Ubuntu, AlmaLinux and RHEL have them. */
export const usualPlaces: SshdPlaces = {
  hostKey: "/etc/ssh/ssh_host_ed25519_key",
  copies: ["/var/lib/cloud", "/run/cloud-init", "/var/log/cloud-init*", "/etc/cloud"],
  restart: "systemctl restart ssh.service 2> /dev/null || systemctl restart sshd.service",
};

/**
 * Shell: waits until cloud-init is done, because it writes host keys itself. Because it says 2 when something was odd and
 * all was done, and 1 when a part of the user data, such as the timer that ends the host's cost, may be missing.
 */
export const awaitFirstBoot = `if command -v cloud-init > /dev/null; then
  cloud-init status --wait > /dev/null || [ $? = 2 ] || { cloud-init status --long; exit 1; } >&2
fi
`;

/** Shell: makes the host's own key beside the injected one, where there is none yet, and prints its public half. */
export function offering({ hostKey }: SshdPlaces): string {
  return `${begin(hostKey)}
[ -n "$(shown "$key.own")" ] || {
  rm -f "$key.half" "$key.half.pub"
  ssh-keygen -q -t ed25519 -N '' -C "$(uname -n)" -f "$key.half"
  mv -f "$key.half" "$key.own"
  rm -f "$key.half.pub"
}
shown "$key.own"
`;
}

/**
 * Shell: erases the copies of the injected key, puts the host's own key, \`ssh-ed25519 AAAA...\`, in its place, and restarts
 * sshd. Whatever a killed run of it left is finished by the next.
 */
export function switching({ hostKey, copies, restart }: SshdPlaces, own: string): string {
  return `${begin(hostKey)}
own='${own}'
if [ -e "$key.own" ]; then
  [ "$(shown "$key.own")" = "$own" ]
  ${erasing(copies)}
  shown "$key.own" > "$key.half"
  chmod 644 "$key.half"
  mv -f "$key.half" "$key.pub"
  mv -f "$key.own" "$key"
  sync
fi
[ "$(shown "$key")" = "$own" ]
${restart}
`;
}

// Because a takeover may run a script while the one before still does.
function begin(hostKey: string): string {
  return `set -eu
umask 077
key='${hostKey}'
exec 9> "$key.lock"
flock -w 60 9
shown() { ssh-keygen -y -P '' -f "$1" 2> /dev/null < /dev/null | cut -d ' ' -f 1,2; }`;
}

// Because the first line of such a key is the same in all: from the third on it is this one's, in whatever the copy is
// wrapped. A seed is emptied and stays: without one, cloud-init would take the next boot for the first of another machine.
function erasing(copies: readonly string[]): string {
  return `mark=$(sed -n '4{/^[A-Za-z0-9+/=]*$/p}' "$key")
  if [ "$(shown "$key")" != "$own" ] && [ -n "$mark" ]; then
    grep -rlsF -e "$mark" ${copies.join(" ")} 2> /dev/null | while IFS= read -r copy; do
      case "$copy" in
        */seed/*) : > "$copy" ;;
        *) rm -f "$copy" ;;
      esac
    done
  fi
  if [ -d /etc/cloud/cloud.cfg.d ]; then
    # Because cloud-init deletes host keys at a boot at which it does not reach the data of its cloud.
    echo 'ssh_deletekeys: false' > /etc/cloud/cloud.cfg.d/99_edgecert_host_key.cfg
  fi`;
}
