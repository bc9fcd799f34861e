import type { SshAddress } from "../providers/provider.ts";
import { connect } from "./connect.ts";
import type { CommandOptions, Connection } from "./connection.ts";
import { backOff, unless, within } from "./deadline.ts";
import { hasReason, placeOf, sshError } from "./failures.ts";
import { openLink } from "./link.ts";
import { openTransport } from "./route.ts";

/** How long a machine may take to come up. */
export interface ReadinessOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Boot id before a reboot that was ordered: a machine that still has it is not back yet. See {@link bootIdOf}. */
  readonly bootIdBefore?: string;
}

/** What the machine's kernel calls its present boot: another one after each start. */
export async function bootIdOf(connection: Connection, options: CommandOptions = {}): Promise<string> {
  return (await connection.must("cat /proc/sys/kernel/random/boot_id", options)).stdout.trim();
}

/**
 * Waits until a booting machine runs a command, and returns the connection. Looks for the SSH banner first, because a
 * server that sees logins fail shuts the sender out (OpenSSH 9.8 and later). A wrong host key or an unusable private key
 * fails at once; a refused login is tried three times, because PAM refuses ordinary users until the boot is done.
 */
export function waitForSsh(address: SshAddress, options: ReadinessOptions): Promise<Connection> {
  const what = `Waiting for SSH at ${placeOf(address)}`;
  let last = "no look was finished";
  const late = (): Error => sshError("ssh-unreachable", `${what}: not ready after ${options.timeoutMs} ms; ${last}.`);
  return within({ ...options, what, late }, async (signal) => {
    let refused = 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        await banner(address, bannerMs(attempt), signal);
        return await greet(address, options.bootIdBefore, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!isPassing(error)) throw error;
        if (hasReason(error, "ssh-authentication")) {
          refused += 1;
          if (refused === 3) throw error;
        }
        last = error instanceof Error ? error.message : String(error);
      }
      await (refused > 0 ? backOff(refused, 1000, 8000, signal) : backOff(attempt, 100, 1000, signal));
    }
  });
}

/** Longer with every look: QEMU's forwarder accepts before the guest listens, and an emulated guest greets late. */
function bannerMs(attempt: number): number {
  return Math.min(15_000, 2000 * 1.3 ** Math.min(attempt, 10));
}

async function greet(address: SshAddress, before: string | undefined, signal: AbortSignal): Promise<Connection> {
  const connection = await connect(address, { signal });
  try {
    const limits = { signal, timeoutMs: 30_000 };
    if (before === undefined) await connection.must("true", limits);
    else if ((await bootIdOf(connection, limits)) === before) {
      throw sshError("ssh-unreachable", `${placeOf(address)} has not gone down yet`);
    }
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Resolves when the machine sends `SSH-`; the rest of the greeting is left to the login. */
function banner(address: SshAddress, timeoutMs: number, outer: AbortSignal): Promise<void> {
  const what = `Waiting for the SSH banner of ${placeOf(address)}`;
  const late = (): Error => sshError("ssh-unreachable", `${what}: none after ${timeoutMs} ms.`);
  return within({ timeoutMs, signal: outer, what, late }, async (signal) => {
    const { stream, close } = await unless(openTransport(address, signal, openLink), signal);
    const greeted = new Promise<void>((resolve, reject) => {
      let seen = "";
      stream.on("error", (cause) => reject(sshError("ssh-unreachable", `${what}: ${cause.message}.`, cause)));
      stream.on("close", () => reject(sshError("ssh-unreachable", `${what}: closed without one.`)));
      stream.on("data", (chunk: Buffer) => {
        // Because a server may send lines of its own before the banner (RFC 4253, section 4.2).
        seen = `${seen}${chunk.toString("latin1")}`.slice(-4096);
        if (/(^|\n)SSH-/.test(seen)) resolve();
      });
    });
    try {
      await unless(greeted, signal);
    } finally {
      stream.destroy();
      close();
    }
  });
}

function isPassing(error: unknown): boolean {
  return hasReason(
    error,
    "ssh-unreachable",
    "ssh-handshake",
    "ssh-connection-lost",
    "ssh-channel-refused",
    "ssh-authentication",
    "command-unknown-end",
    "command-deadline",
  );
}
