import type { Client, ClientChannel } from "ssh2";
import { backOff, unless } from "./deadline.ts";
import { hasReason, sshError } from "./failures.ts";

/**
 * Opens a session that runs a command, again after a pause when the server says that it holds too many: it frees them
 * late. Throws the reason of whichever signal is aborted first, or `ssh-channel-refused`.
 */
export async function openChannel(
  client: Client,
  command: string,
  lost: AbortSignal,
  signal: AbortSignal,
): Promise<ClientChannel> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await openOnce(client, command, lost, signal);
    } catch (error) {
      if (attempt >= 7 || !hasReason(error, "ssh-channel-refused")) throw error;
      await backOff(attempt, 50, 2000, signal);
    }
  }
}

function openOnce(client: Client, command: string, lost: AbortSignal, signal: AbortSignal): Promise<ClientChannel> {
  let left = false;
  const opened = new Promise<ClientChannel>((resolve, reject) => {
    lost.throwIfAborted();
    client.exec(command, (error, channel) => {
      if (error) reject(sshError("ssh-channel-refused", error.message, error));
      else if (left) channel.close();
      else resolve(channel);
    });
  });
  return unless(opened, lost, signal).catch((error: unknown) => {
    left = true;
    throw error;
  });
}
