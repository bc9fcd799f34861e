import { Writable } from "node:stream";
import type { CommandOptions } from "./connection.ts";
import { backOff, within } from "./deadline.ts";
import type { Dialogue, Ending, Exchange } from "./exchange.ts";
import { hasReason, type SshReason, sshError } from "./failures.ts";
import { tail } from "./output.ts";

const transferMs = 600_000;

/** One try of a transfer: its dialogue stands under what is left of the deadline. */
export type Attempt<T> = (talk: (work: Exchange) => Promise<Ending>) => Promise<T>;

/**
 * Tries a transfer until it succeeds, fails for a reason that stays, or its deadline (default 600,000 ms) is over: a lost
 * connection and a file that arrived changed are tried again.
 */
export function transfer<T>(talk: Dialogue, what: string, options: CommandOptions, attempt: Attempt<T>): Promise<T> {
  const { timeoutMs = transferMs, signal: outer } = options;
  const late = (): Error => sshError("command-deadline", `${what}: not done after ${timeoutMs} ms.`);
  return within({ timeoutMs, signal: outer, what, late }, async (signal) => {
    for (let losses = 0, changes = 0; ; losses += 1) {
      try {
        return await attempt((work) => talk(work, { signal, timeoutMs: timeoutMs + 1000 }));
      } catch (error) {
        signal.throwIfAborted();
        if (hasReason(error, "transfer-digest")) changes += 1;
        else if (!hasReason(error, ...passing)) throw error;
        if (changes === 3) throw error;
        await backOff(Math.min(losses, 5), 100, 3000, signal);
      }
    }
  });
}

const passing: readonly SshReason[] = [
  "ssh-connection-lost",
  "ssh-handshake",
  "ssh-unreachable",
  "command-unknown-end",
];

/** The failure of a script of a transfer by its exit code and what it complained about; full disks are told as such, by tar in words of its own. */
export function remoteFailure(what: string, { code }: Ending, said: string): Error {
  if (code === null) return sshError("command-unknown-end", what);
  const free = /^free +(\d+)$/m.exec(said)?.[1];
  const complaint = said.replace(/^(free|size) +\d+\n?/gm, "").trim();
  if (/No space left on device|Disk quota exceeded|Wrote only \d+ of \d+ bytes/.test(said)) {
    return sshError(
      "transfer-disk-full",
      `${what}: ${free ?? "an unknown number of"} bytes are free there.\n${complaint}`,
    );
  }
  return sshError("transfer-remote", `${what}: exit code ${code}\n${complaint}`);
}

/** Keeps the last 64 KiB of a stream as text, and hands over its first line as soon as it is there. */
export function collector(onFirstLine?: (line: string) => void): { readonly sink: Writable; text(): string } {
  const kept = tail(64 * 1024);
  let head: string | undefined = "";
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      kept.push(chunk);
      if (head !== undefined) {
        head += chunk.toString("latin1");
        const end = head.indexOf("\n");
        if (end !== -1) {
          onFirstLine?.(head.slice(0, end));
          head = undefined;
        }
      }
      done();
    },
  });
  return { sink, text: kept.text };
}
