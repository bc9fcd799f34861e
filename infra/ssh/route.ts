import type { Duplex } from "node:stream";
import type { SshAddress } from "../providers/provider.ts";
import { unless } from "./deadline.ts";
import { placeOf, sshError } from "./failures.ts";
import type { Link } from "./link.ts";
import { proxiedSocket } from "./proxy.ts";
import { openSocket } from "./socket.ts";

/** A way for bytes to a machine: a socket, or a channel through jump hosts. */
export interface Transport {
  readonly stream: Duplex;
  /** Ends the sessions on the jump hosts; the stream is its owner's to end. */
  close(): void;
}

/** How a session on a jump host is opened. */
export type OpenLink = (address: SshAddress, timeoutMs: number | undefined, signal: AbortSignal) => Promise<Link>;

/** Opens the way to a machine: through its proxy, then from jump host to jump host, each logged in to and checked. */
export async function openTransport(address: SshAddress, signal: AbortSignal, openJump: OpenLink): Promise<Transport> {
  const { jumps = [], proxy } = address;
  const last = jumps.at(-1);
  if (last !== undefined) {
    const before = jumps.slice(0, -1);
    const link = await openJump(
      { ...last, jumps: before, ...(proxy === undefined ? {} : { proxy }) },
      undefined,
      signal,
    );
    try {
      return {
        stream: await forward(link, address, `${placeOf(address)} through ${placeOf(last)}`, signal),
        close: link.close,
      };
    } catch (error) {
      link.close();
      throw error;
    }
  }
  const close = (): void => undefined;
  return { stream: proxy === undefined ? openSocket(address) : await proxiedSocket(proxy, address, signal), close };
}

async function forward(link: Link, { host, port }: SshAddress, what: string, signal: AbortSignal): Promise<Duplex> {
  const opened = new Promise<Duplex>((resolve, reject) => {
    link.forward(host, port, (error, channel) => {
      if (error === undefined) resolve(channel);
      // Because 1 is "administratively prohibited" (RFC 4254, section 5.1): it stays so, while a refused port may open.
      else
        reject(
          sshError(
            "reason" in error && error.reason === 1 ? "ssh-jump-refused" : "ssh-unreachable",
            `${what}: ${error.message}.`,
            error,
          ),
        );
    });
  });
  return unless(opened, link.lost, signal);
}

/** Names a way apart from others: logins on one machine share a limit, whoever asks. */
export function routeOf({ host, port, jumps = [], proxy = "" }: SshAddress): string {
  return [proxy, ...jumps.map((hop) => `${hop.host}:${hop.port}`), `${host}:${port}`].join(" ");
}
