import type { Failure } from "../../pipelines/dsl/failure.ts";
import { InfraError } from "../failure.ts";
import type { SshHop } from "../providers/provider.ts";

/** Every expected failure of this folder by its reason: class, title and the next step. The detail is added where it is thrown. */
export const sshFailures = {
  "ssh-unreachable": {
    class: "transient",
    title: "No SSH server answers",
    next: "Look at the machine's console: is it up, is sshd running, does a firewall drop the port?",
  },
  "ssh-host-key-changed": {
    class: "fatal",
    title: "The machine shows another host key than the one given to it",
    next: "Do not log in: either another machine took the address or someone sits between. Release the machine and take a fresh one.",
  },
  "ssh-host-key-revoked": {
    class: "fatal",
    title: "The machine shows a host key that was revoked",
    next: "Do not log in: the key was taken out of use. Give the machine a new host key and put that into known_hosts.",
  },
  "ssh-host-key-unknown": {
    class: "configuration",
    title: "Nobody knows the host key of the machine",
    next: "Compare the fingerprint with `ssh-keygen -lf` on the machine's console, then add its key to a known_hosts file.",
  },
  "ssh-host-key-unreadable": {
    class: "configuration",
    title: "The expected host key cannot be read",
    next: "Give the key in the form `ssh-ed25519 AAAA...`, as /etc/ssh/ssh_host_ed25519_key.pub has it, or readable known_hosts files.",
  },
  "ssh-private-key": {
    class: "configuration",
    title: "The private key cannot be used",
    next: "Check that the file exists, is readable by this user and holds a private key; an encrypted one needs its passphrase named.",
  },
  "ssh-agent": {
    class: "configuration",
    title: "There is no private key to log in with",
    next: "Name a private key file in the address, or start an agent: eval $(ssh-agent) && ssh-add.",
  },
  "ssh-proxy": {
    class: "configuration",
    title: "The proxy does not let SSH through",
    next: "Give it as socks5://host:port or http://host:port, its credentials in EDGECERT_SSH_PROXY_USER and EDGECERT_SSH_PROXY_PASSWORD, and check its rules.",
  },
  "ssh-jump-refused": {
    class: "configuration",
    title: "A jump host does not pass connections on",
    next: "Set AllowTcpForwarding in the jump host's sshd_config, and check what it permits this key to open.",
  },
  "ssh-authentication": {
    class: "configuration",
    title: "The SSH server refuses the login",
    next: "Check that the public half of the key is in authorized_keys of that user on the machine.",
  },
  "ssh-handshake": {
    class: "transient",
    title: "The SSH handshake was not completed",
    next: "Try again; if it stays, raise MaxStartups in the machine's sshd_config and look at its log.",
  },
  "ssh-algorithms": {
    class: "configuration",
    title: "The SSH server accepts no algorithm that edgecert offers",
    next: "Allow curve25519-sha256, an ed25519 host key and aes128-gcm@openssh.com in the machine's sshd_config.",
  },
  "ssh-connection-lost": {
    class: "transient",
    title: "The SSH connection was lost",
    next: "Try again; if it stays, look at the machine's console and at the network between.",
  },
  "ssh-connection-closed": {
    class: "fatal",
    title: "The SSH connection was closed by its owner",
    next: "This is a defect of the caller: it used a connection after closing it.",
  },
  "ssh-channel-refused": {
    class: "transient",
    title: "The SSH server opens no further session",
    next: "Raise MaxSessions in the machine's sshd_config above the number of commands that run there at once.",
  },
  "command-deadline": {
    class: "transient",
    title: "A remote command did not end in time",
    next: "Read the last lines it printed; give it a longer deadline if it was still working.",
  },
  "command-nonzero-exit": {
    class: "fatal",
    title: "A remote command failed",
    next: "Read its last lines in the detail; run it by hand on the machine to see more.",
  },
  "command-unknown-end": {
    class: "transient",
    title: "Nobody knows how a remote command ended",
    next: "Try again: the server closed the session without an exit code, as it does when sshd is killed.",
  },
  "command-cancelled": {
    class: "cancelled",
    title: "A remote command was cancelled",
    next: "Nothing: it was told to stop and its session was closed.",
  },
  "transfer-digest": {
    class: "transient",
    title: "A transferred file arrived changed",
    next: "Try again; if it stays, check disk space and memory of both machines.",
  },
  "transfer-local": {
    class: "configuration",
    title: "The local side of a transfer failed",
    next: "Check that the local path exists and is readable, or writable for a download, and that `tar` is installed.",
  },
  "transfer-remote": {
    class: "fatal",
    title: "The remote side of a transfer failed",
    next: "Check free space and permissions of the remote folder.",
  },
  "transfer-disk-full": {
    class: "fatal",
    title: "The disk at the destination of a transfer is full",
    next: "Free space there, or give the machine a larger disk; the detail names the path and the bytes that are free.",
  },
  "remote-file-missing": {
    class: "fatal",
    title: "A remote file is missing",
    next: "Check on the machine that the step before really wrote it.",
  },
  "job-name": {
    class: "configuration",
    title: "A job's name or variable cannot be used",
    next: "Names are 1 to 128 of letters, digits, `.`, `_`, `@`, `-`; variables are shell identifiers.",
  },
  "job-name-taken": {
    class: "configuration",
    title: "Another command already ran under this job's name",
    next: "Give every job of a machine its own name; only the very same command is attached to again.",
  },
  "job-launch": {
    class: "transient",
    title: "A detached job could not be launched",
    next: "Read the detail; check free space below the job folder and `systemctl --failed` on the machine.",
  },
  "job-missing": {
    class: "fatal",
    title: "The machine knows no job of this name",
    next: "Start the job before following it; a machine that was replaced has lost its jobs.",
  },
  "job-deadline": {
    class: "transient",
    title: "A detached job did not end in time",
    next: "It still runs: read its log, then stop it or give it a longer deadline.",
  },
  "job-unstoppable": {
    class: "transient",
    title: "A detached job does not stop",
    next: "A process may hang in the kernel: release the machine.",
  },
} as const satisfies Record<string, Omit<Failure, "reason" | "detail">>;

/** A reason word of {@link sshFailures}. */
export type SshReason = keyof typeof sshFailures;

/** The error of a reason, with what was seen. */
export function sshError(reason: SshReason, detail: string, cause?: unknown): InfraError {
  return new InfraError({ reason, detail, ...sshFailures[reason] }, cause === undefined ? undefined : { cause });
}

/** Whether an error is an {@link InfraError} with one of these reasons. */
export function hasReason(error: unknown, ...reasons: readonly SshReason[]): error is InfraError {
  return error instanceof InfraError && reasons.some((reason) => reason === error.failure.reason);
}

/** What to throw for an aborted signal: its own reason where that carries a failure, else `command-cancelled`. */
export function abortError(signal: AbortSignal, what: string): Error {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && "failure" in reason) return reason;
  return sshError("command-cancelled", what, reason);
}

/** `user@host:port`, as it appears in details. */
export function placeOf(address: SshHop): string {
  return `${address.user}@${address.host}:${address.port}`;
}
