import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import ssh2, { type Client, type ClientChannel } from "ssh2";
import type { SshAddress } from "../providers/provider.ts";
import { openChannel, type SessionRequest } from "./channel.ts";
import { backOff, unless, within } from "./deadline.ts";
import { hasReason, placeOf, sshError } from "./failures.ts";
import { expectedHostKey, fingerprint, offeredAlgorithms } from "./host-key.ts";
import { type Slots, slots } from "./slots.ts";
import { openSocket } from "./socket.ts";

/** One authenticated SSH session over one socket. Once lost it stays lost. */
export interface Link {
  /** Aborted when the session is over; its reason is the error to throw. */
  readonly lost: AbortSignal;
  /** Opens a channel that runs something; waits for one of the eight slots, or for a ninth that is kept for urgent ones. */
  open(request: SessionRequest, signal: AbortSignal, haste?: "urgent"): Promise<ClientChannel>;
  /** Ends the session. */
  close(): void;
}

/** Below sshd's default MaxSessions of 10, because the server frees a session late (measured: 10 at once fail). */
const channelsPerLink = 8;
/** Below sshd's default MaxStartups of 10, from which on it drops connections at random. */
const handshakesPerHost = 8;
const keepalive = { keepaliveInterval: 15_000, keepaliveCountMax: 4 };

const handshakes = new Map<string, Slots>();

/** Connects, checks the host key and logs in, all within `timeoutMs`. */
export function openLink(address: SshAddress, timeoutMs: number, outer?: AbortSignal): Promise<Link> {
  const what = `Connecting to ${placeOf(address)}`;
  const late = (): Error => sshError("ssh-unreachable", `${what} was not done after ${timeoutMs} ms.`);
  return within({ timeoutMs, signal: outer, what, late }, async (signal) => {
    const host = `${address.host}:${address.port}`;
    const queue = handshakes.get(host) ?? slots(handshakesPerHost);
    handshakes.set(host, queue);
    const done = await queue.acquire(signal);
    try {
      return await logInPatiently(address, await readKey(address), signal);
    } finally {
      done();
      if (queue.size === 0) handshakes.delete(host);
    }
  });
}

async function readKey(address: SshAddress): Promise<Buffer> {
  try {
    const key = await readFile(address.privateKeyPath);
    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error) throw parsed;
    return key;
  } catch (cause) {
    throw sshError("ssh-private-key", `${address.privateKeyPath}: ${messageOf(cause)}`, cause);
  }
}

/** Logs in, again after a pause when the server hung up: sshd counts logins late, and drops some at its limit. */
async function logInPatiently(address: SshAddress, privateKey: Buffer, signal: AbortSignal): Promise<Link> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await logIn(address, privateKey, signal);
    } catch (error) {
      if (attempt >= 5 || !hasReason(error, "ssh-handshake")) throw error;
      await backOff(attempt, 100, 2000, signal);
    }
  }
}

function logIn(address: SshAddress, privateKey: Buffer, signal: AbortSignal): Promise<Link> {
  const expected = expectedHostKey(address);
  const client = new ssh2.Client();
  const socket = openSocket(address);
  const loss = watch(client, socket, address);
  let shown: Buffer | undefined;

  const ready = new Promise<Link>((resolve) => {
    client.once("ready", () => {
      loss.established();
      resolve(linkOf(client, socket, loss.signal, loss.declare));
    });
    client.connect({
      sock: socket,
      username: address.user,
      privateKey,
      hostVerifier: (key: Buffer) => {
        shown = key;
        return key.equals(expected.blob);
      },
      algorithms: offeredAlgorithms(expected),
      // Because our own deadline covers the whole way from the socket on.
      readyTimeout: 0,
      ...keepalive,
    });
  });
  return unless(ready, loss.signal, signal).catch((error: unknown) => {
    client.destroy();
    socket.destroy();
    if (shown === undefined || shown.equals(expected.blob)) throw error;
    const detail = `${placeOf(address)} shows ${fingerprint(shown)}, expected is ${fingerprint(expected.blob)}.`;
    throw sshError("ssh-host-key-changed", detail, error);
  });
}

interface Loss {
  readonly signal: AbortSignal;
  established(): void;
  declare(error: Error): void;
}

type ClientError = Error & { readonly level?: string };

/** One listener for the whole life of a session: ssh2 may report errors before, between and after everything else. */
function watch(client: Client, socket: Socket, address: SshAddress): Loss {
  const controller = new AbortController();
  let isUp = false;
  const over = (cause?: ClientError): void => {
    if (!controller.signal.aborted) {
      controller.abort(isUp ? lostError(address, cause) : refusedError(address, socket.bytesRead > 0, cause));
    }
    socket.destroySoon();
  };
  // Because ssh2 closes its channels in its own listeners, and they must find the loss already declared.
  for (const event of ["error", "end", "close"]) {
    socket.on(event, (cause?: unknown) => over(cause instanceof Error ? cause : undefined));
  }
  client.on("error", over);
  return {
    signal: controller.signal,
    established: () => {
      isUp = true;
    },
    declare: (error) => controller.abort(error),
  };
}

function lostError(address: SshAddress, cause: ClientError | undefined): Error {
  const silent = cause?.level === "client-timeout";
  const how = silent ? "nothing was heard for a minute" : (cause?.message ?? "the machine ended the connection");
  return sshError("ssh-connection-lost", `${placeOf(address)}: ${how}.`, cause);
}

function refusedError(address: SshAddress, greeted: boolean, cause: ClientError | undefined): Error {
  const detail = `${placeOf(address)}: ${cause?.message ?? "the machine ended the connection"}.`;
  if (cause?.level === "client-authentication") return sshError("ssh-authentication", detail, cause);
  if (cause?.level === "handshake") return sshError("ssh-algorithms", detail, cause);
  return sshError(greeted ? "ssh-handshake" : "ssh-unreachable", detail, cause);
}

function linkOf(client: Client, socket: Socket, lost: AbortSignal, declare: (error: Error) => void): Link {
  const channels = slots(channelsPerLink);
  const urgent = slots(1);
  return {
    lost,
    async open(request, outer, haste) {
      const free = await (haste === "urgent" ? urgent : channels).acquire(outer);
      try {
        const channel = await openChannel(client, request, { lost, signal: outer });
        channel.once("close", free);
        return channel;
      } catch (error) {
        free();
        throw error;
      }
    },
    close() {
      declare(sshError("ssh-connection-closed", "The connection was closed while a command was running on it."));
      client.end();
      // Because a peer that is frozen would hold the socket, and this process, for ever.
      socket.destroySoon();
      setTimeout(() => socket.destroy(), 1000).unref();
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
