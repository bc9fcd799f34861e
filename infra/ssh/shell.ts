import type { Readable, Writable } from "node:stream";
import type { SshAddress } from "../providers/provider.ts";
import { unless, within } from "./deadline.ts";
import type { Ending } from "./exchange.ts";
import { placeOf, sshError } from "./failures.ts";
import { openLink } from "./link.ts";

/** Size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The local side of an interactive session. Raw mode is the caller's to set and to take back. */
export interface ShellOptions {
  /** Read until the session ends; its end is told to the other side as Ctrl-D. Neither stream is closed. */
  readonly stdin: Readable;
  /** Gets both outputs: with a terminal there is only one. */
  readonly stdout: Writable;
  /** At the start. */
  readonly size: TerminalSize;
  /** Calls the listener whenever the size changes, until the function it returns is called. */
  readonly onResize?: (listener: (size: TerminalSize) => void) => () => void;
  /** Default: the `TERM` of this process, else `xterm-256color`. */
  readonly term?: string;
  /** Instead of the login shell. */
  readonly command?: string;
  /** Until the session is up, in milliseconds; default 30,000. The session itself has no deadline. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Lends a terminal to a shell on a machine, over a connection of its own, and resolves with how the shell ended. Throws
 * `ssh-connection-lost` when the machine goes away, after a minute of silence at the latest.
 */
export async function openShell(address: SshAddress, options: ShellOptions): Promise<Ending> {
  const link = await openLink(address, options.timeoutMs ?? 30_000, options.signal);
  const what = `${placeOf(address)}: a shell`;
  const late = (): Error => sshError("ssh-channel-refused", what);
  try {
    return await within({ signal: options.signal, what, late }, async (signal) => {
      const { term = process.env.TERM || "xterm-256color", command, size } = options;
      const terminal = { term, cols: size.columns, rows: size.rows };
      const channel = await link.open(command === undefined ? { terminal } : { command, terminal }, signal);
      channel.on("error", () => undefined);
      const closed = new Promise<Ending>((resolve) => {
        channel.once("close", (code?: number | null, name?: string) =>
          resolve({ code: code ?? null, signal: name ?? null }),
        );
      });
      const leave = options.onResize?.(({ columns, rows }) => channel.setWindow(rows, columns, 0, 0));
      // Because a terminal knows no end of input but the character for it.
      const endInput = (): void => void channel.write("\u0004");
      options.stdin.once("end", endInput);
      options.stdin.pipe(channel, { end: false });
      channel.pipe(options.stdout, { end: false });
      try {
        return await unless(closed, link.lost, signal);
      } finally {
        leave?.();
        options.stdin.removeListener("end", endInput);
        options.stdin.unpipe(channel);
        options.stdin.pause();
        channel.unpipe(options.stdout);
      }
    });
  } finally {
    link.close();
  }
}
