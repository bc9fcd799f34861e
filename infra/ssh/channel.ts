import type { Client, ClientChannel, PseudoTtyOptions } from "ssh2";
import { backOff, unless } from "./deadline.ts";
import { hasReason, sshError } from "./failures.ts";

/** What a session of the server runs. */
export interface SessionRequest {
  /** Absent: the login shell. */
  readonly command?: string;
  /** Absent: no terminal. */
  readonly terminal?: PseudoTtyOptions;
}

/** What ends the wait for a session. */
export interface Endings {
  /** Aborted when the connection is over. */
  readonly lost: AbortSignal;
  /** The same a little later, when ssh2 has said what that means for a session that was being opened. */
  readonly settled: AbortSignal;
  readonly signal: AbortSignal;
}

/**
 * Opens a session, again after a pause when the server says that it holds too many: it frees them late. Throws the
 * reason of whichever signal is aborted first, or `ssh-channel-refused`.
 */
export async function openChannel(client: Client, request: SessionRequest, endings: Endings): Promise<ClientChannel> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await openOnce(client, request, endings);
    } catch (error) {
      if (attempt >= 7 || !hasReason(error, "ssh-channel-refused")) throw error;
      await backOff(attempt, 50, 2000, endings.signal);
    }
  }
}

const unstarted = new WeakSet<object>();

/** Whether an error of a command proves that the server never began it, so that it may be sent again. */
export function isUnstarted(error: unknown): boolean {
  return typeof error === "object" && error !== null && unstarted.has(error);
}

function markUnstarted(lost: AbortSignal): Error {
  const why = lost.reason instanceof Error ? lost.reason.message : String(lost.reason);
  const closed = hasReason(lost.reason, "ssh-connection-closed");
  const error = closed ? lost.reason : sshError("ssh-connection-lost", `before the command began: ${why}`, lost.reason);
  if (!closed) unstarted.add(error);
  return error;
}

function openOnce(
  client: Client,
  { command, terminal }: SessionRequest,
  { lost, settled, signal }: Endings,
): Promise<ClientChannel> {
  let left = false;
  const opened = new Promise<ClientChannel>((resolve, reject) => {
    if (lost.aborted) throw markUnstarted(lost);
    const done = (error: Error | undefined, channel: ClientChannel): void => {
      if (error && lost.aborted) reject(wasAsked(error) ? lost.reason : markUnstarted(lost));
      else if (error) reject(sshError("ssh-channel-refused", error.message, error));
      else if (left) channel.close();
      else resolve(channel);
    };
    if (command === undefined) client.shell(terminal ?? false, done);
    else client.exec(command, terminal === undefined ? {} : { pty: terminal }, done);
  });
  return unless(opened, settled, signal).catch((error: unknown) => {
    left = true;
    throw error;
  });
}

/** Because ssh2 sends the command only when the session is open; after a loss it then says nothing but this. */
function wasAsked(error: Error): boolean {
  return error.message.startsWith("Unable to ");
}
