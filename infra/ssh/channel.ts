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

/**
 * Opens a session, again after a pause when the server says that it holds too many: it frees them late. Throws the
 * reason of whichever signal is aborted first, or `ssh-channel-refused`.
 */
export async function openChannel(
  client: Client,
  request: SessionRequest,
  { lost, signal }: { readonly lost: AbortSignal; readonly signal: AbortSignal },
): Promise<ClientChannel> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await openOnce(client, request, { lost, signal });
    } catch (error) {
      if (attempt >= 7 || !hasReason(error, "ssh-channel-refused")) throw error;
      await backOff(attempt, 50, 2000, signal);
    }
  }
}

function openOnce(
  client: Client,
  { command, terminal }: SessionRequest,
  { lost, signal }: { readonly lost: AbortSignal; readonly signal: AbortSignal },
): Promise<ClientChannel> {
  let left = false;
  const opened = new Promise<ClientChannel>((resolve, reject) => {
    lost.throwIfAborted();
    const done = (error: Error | undefined, channel: ClientChannel): void => {
      if (error) reject(sshError("ssh-channel-refused", error.message, error));
      else if (left) channel.close();
      else resolve(channel);
    };
    if (command === undefined) client.shell(terminal ?? false, done);
    else client.exec(command, terminal === undefined ? {} : { pty: terminal }, done);
  });
  return unless(opened, lost, signal).catch((error: unknown) => {
    left = true;
    throw error;
  });
}
