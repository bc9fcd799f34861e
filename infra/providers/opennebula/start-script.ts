import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import type { Member } from "../../hosts/seed.ts";
import type { SshKeyPair } from "../../hosts/ssh-key-pair.ts";

/**
 * What a server does at the end of its first boot, run by OpenNebula's contextualization as root: it installs packages,
 * takes the host key that we know it by, and restarts its SSH server, so that nobody logs in before all is there. Whoever
 * may read the machine at OpenNebula reads that key there. A package that could not be installed is told by
 * {@link groupScript}. Pure.
 */
export function startScript(hostKey: SshKeyPair, packages: readonly string[]): string {
  return `#!/bin/sh
set -eu
umask 077
${packages.length === 0 ? "" : installing(packages)}
mkdir -p /etc/ssh
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
cat > /etc/ssh/ssh_host_ed25519_key <<'KEY'
${hostKey.privateKey}KEY
printf '%s\\n' '${hostKey.publicKey}' > /etc/ssh/ssh_host_ed25519_key.pub
systemctl restart ssh.service 2>/dev/null || systemctl restart sshd.service 2>/dev/null || service ssh restart 2>/dev/null || true
`;
}

function installing(packages: readonly string[]): string {
  const names = packages.map(quote).join(" ");
  return `(if command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq -o DPkg::Lock::Timeout=300 update && apt-get -y -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends ${names}
elif command -v dnf >/dev/null; then dnf -y -q install ${names}
fi) || true`;
}

/** What one server has to know of its group: names that resolve, host keys, and a key to log in on the others. Pure. */
export function groupScript(
  members: readonly Member[],
  groupKey: SshKeyPair,
  packages: ServerRequest["packages"],
): string {
  const key = (one: Member) => one.hostKey.publicKey.split(" ").slice(0, 2).join(" ");
  const hosts = members.map(({ name, address }) => `${address} ${name}`);
  const known = members.map((one) => `${one.name},${one.address} ${key(one)}`);
  return `set -eu
umask 022
grep -v '# edgecert$' /etc/hosts > /etc/hosts.edgecert 2>/dev/null || true
printf '%s # edgecert\\n' ${hosts.map(quote).join(" ")} >> /etc/hosts.edgecert
cat /etc/hosts.edgecert > /etc/hosts && rm -f /etc/hosts.edgecert
mkdir -p /etc/ssh && printf '%s\\n' ${known.map(quote).join(" ")} > /etc/ssh/ssh_known_hosts
umask 077
mkdir -p ~/.ssh
cat > ~/.ssh/id_ed25519 <<'KEY'
${groupKey.privateKey}KEY
printf '%s\\n' ${quote(groupKey.publicKey)} > ~/.ssh/id_ed25519.pub
printf '%s\\n' ${quote(groupKey.publicKey)} >> ~/.ssh/authorized_keys
${packages.map((name) => `dpkg -s ${quote(name)} >/dev/null 2>&1 || rpm -q ${quote(name)} >/dev/null 2>&1 || { echo ${quote(`the package ${name} was not installed`)} >&2; exit 1; }`).join("\n")}
uname -r
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
