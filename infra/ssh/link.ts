import type { Client, ClientCallback, ClientChannel } from "ssh2";
import type { SshAddress } from "../providers/provider.ts";
import { openChannel, type SessionRequest } from "./channel.ts";
import { backOff, within } from "./deadline.ts";
import { hasReason, placeOf, sshError } from "./failures.ts";
import { logIn } from "./login.ts";
import { routeOf } from "./route.ts";
import { type Slots, slots } from "./slots.ts";

/** One authenticated SSH session over one socket or through jump hosts. Once lost it stays lost. */
export interface Link {
  /** Aborted when the session is over; its reason is the error to throw. */
  readonly lost: AbortSignal;
  /** Opens a channel that runs something; waits for one of the eight slots, or for a ninth that is kept for urgent ones. */
  open(request: SessionRequest, signal: AbortSignal, haste?: "urgent"): Promise<ClientChannel>;
  /** Opens a connection from that machine to another; OpenSSH does not count it among the sessions. */
  forward(host: string, port: number, done: ClientCallback): void;
  /** Ends the session. */
  close(): void;
}

/** Below sshd's default MaxSessions of 10, because the server frees a session late (measured: 10 at once fail). */
const channelsPerLink = 8;
/** Below sshd's default MaxStartups of 10, from which on it drops connections at random. */
const handshakesPerHost = 8;

/** Longer than a socket of a frozen peer is kept. */
const settleMs = 2000;

const handshakes = new Map<string, Slots>();

/** Connects, checks the host key and logs in, on every machine of the way, all within `timeoutMs`. */
export function openLink(address: SshAddress, timeoutMs: number | undefined, outer?: AbortSignal): Promise<Link> {
  const what = `Connecting to ${placeOf(address)}`;
  const late = (): Error => sshError("ssh-unreachable", `${what} was not done after ${timeoutMs} ms.`);
  return within({ timeoutMs, signal: outer, what, late }, async (signal) => {
    const host = routeOf(address);
    const queue = handshakes.get(host) ?? slots(handshakesPerHost);
    handshakes.set(host, queue);
    try {
      const done = await queue.acquire(signal);
      try {
        return await logInPatiently(address, signal);
      } finally {
        done();
      }
    } finally {
      if (queue.size === 0) handshakes.delete(host);
    }
  });
}

/** Logs in, again after a pause when the server hung up: sshd counts logins late, and drops some at its limit. */
async function logInPatiently(address: SshAddress, signal: AbortSignal): Promise<Link> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { client, loss, close } = await logIn(address, signal, openLink);
      return linkOf(client, loss, close);
    } catch (error) {
      if (attempt >= 5 || !hasReason(error, "ssh-handshake")) throw error;
      await backOff(attempt, 100, 2000, signal);
    }
  }
}

function linkOf(
  client: Client,
  loss: { readonly signal: AbortSignal; declare(error: Error): void },
  close: () => void,
): Link {
  const channels = slots(channelsPerLink);
  const urgent = slots(1);
  const lost = loss.signal;
  const settled = later(lost);
  return {
    lost,
    async open(request, outer, haste) {
      const free = await (haste === "urgent" ? urgent : channels).acquire(outer);
      try {
        const channel = await openChannel(client, request, { lost, settled, signal: outer });
        channel.once("close", free);
        return channel;
      } catch (error) {
        free();
        throw error;
      }
    },
    forward: (host, port, done) => void client.forwardOut("127.0.0.1", 0, host, port, done),
    close() {
      loss.declare(sshError("ssh-connection-closed", "The connection was closed while a command was running on it."));
      client.end();
      close();
    },
  };
}

/** Because ssh2 settles what was being opened only when its socket is closed, a moment after the loss is known. */
function later(lost: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const tell = (): void => void setTimeout(() => controller.abort(lost.reason), settleMs).unref();
  lost.addEventListener("abort", tell, { once: true });
  return controller.signal;
}
