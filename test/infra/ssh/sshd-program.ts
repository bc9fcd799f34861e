import { type ExecFileSyncOptions, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";

/** How to start OpenSSH's server on this machine without installing it: a command to put before its arguments. */
export interface SshdProgram {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const installed = "/usr/sbin/sshd";

/**
 * The installed server, else the one of the distribution's package, fetched and unpacked into the folder: installing the
 * package would start a service of this machine.
 */
export async function sshdProgram(folder: string): Promise<SshdProgram> {
  if (userInfo().uid === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  if (existsSync(installed)) return { words: [installed], environment: {} };
  const root = join(folder, "openssh");
  await mkdir(root, { recursive: true });
  // What goes wrong is part of the error; a mirror that does not answer at once is asked again.
  const quiet = { cwd: root, stdio: ["ignore", "ignore", "pipe"] } as const satisfies ExecFileSyncOptions;
  execFileSync("apt-get", ["-o", "Acquire::Retries=3", "download", "openssh-server", "libwrap0"], quiet);
  for (const name of readdirSync(root)) if (name.endsWith(".deb")) execFileSync("dpkg-deb", ["-x", name, root], quiet);
  const libraries = readdirSync(join(root, "usr", "lib")).filter((name) => name.endsWith("-linux-gnu"));
  const environment = { LD_LIBRARY_PATH: libraries.map((name) => join(root, "usr", "lib", name)).join(":") };
  const sshd = join(root, "usr", "sbin", "sshd");
  return { words: userInfo().uid === 0 ? withItsUser(root, sshd) : [sshd], environment };
}

/** Because a server started by root wants a user `sshd`, it sees one in a mount namespace of its own. */
function withItsUser(root: string, sshd: string): readonly string[] {
  const passwd = join(root, "passwd");
  writeFileSync(passwd, `${readFileSync("/etc/passwd", "utf8")}sshd:x:64999:65534::/run/sshd:/usr/sbin/nologin\n`);
  const script = 'mount --bind "$1" /etc/passwd && shift && exec "$@"';
  return ["unshare", "--mount", "sh", "-c", script, "sh", passwd, sshd];
}
