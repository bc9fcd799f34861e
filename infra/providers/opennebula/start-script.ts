import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import type { Member } from "../../hosts/seed.ts";
import type { SshKeyPair } from "../../hosts/ssh-key-pair.ts";

/**
 * What a server does at the end of its first boot, run by OpenNebula's contextualization as root: it takes the host key
 * that we know it by, installs packages, and then restarts its SSH server, so that nobody logs in before all is there.
 * Pure.
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
  const bad = packages.find((name) => !/^[a-z0-9][a-z0-9.+-]*$/.test(name));
  if (bad !== undefined) throw new RangeError(`${JSON.stringify(bad)} is not a name of a package`);
  const names = packages.join(" ");
  return `if command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq -o DPkg::Lock::Timeout=300 update && apt-get -y -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends ${names}
elif command -v dnf >/dev/null; then dnf -y -q install ${names}
fi`;
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
${packages.map((name) => `{ ! command -v dpkg >/dev/null || dpkg -s ${quote(name)} >/dev/null; } || { echo 'package ${name} is missing' >&2; exit 1; }`).join("\n")}
uname -r
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
