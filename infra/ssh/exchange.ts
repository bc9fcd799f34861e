import { randomUUID } from "node:crypto";
import { Readable, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { ClientChannel } from "ssh2";
import type { CommandOptions } from "./connection.ts";
import { unless } from "./deadline.ts";
import type { Link } from "./link.ts";
import { quoted } from "./transfer-script.ts";

/** One command, for `/bin/sh`, with its three streams. */
export interface Exchange {
  readonly command: string;
  /** Standard input, closed after it; absent: empty. */
  readonly input?: string | Readable | undefined;
  readonly output: Writable;
  readonly errors: Writable;
}

/** How the server said the command ended; both null when it said nothing. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Runs one command with its streams under the deadline of the options; what transfers are made of. */
export type Dialogue = (work: Exchange, options: CommandOptions) => Promise<Ending>;

/** How long ending the processes of a command may take, and then closing its session. */
const killMs = 5000;
const closeMs = 1000;

/** A command that the server has begun. */
export interface Begun {
  readonly channel: ClientChannel;
  /** Set in the environment of its processes. */
  readonly mark: string;
}

/** Has the server begin a command; nothing of its output is read yet. */
export async function begin(link: Link, { command }: Exchange, signal: AbortSignal): Promise<Begun> {
  const mark = `EDGECERT_COMMAND=${randomUUID()}`;
  return { channel: await link.open({ command: `exec env ${mark} /bin/sh -c ${quoted(command)}` }, signal), mark };
}

/**
 * Follows a begun command until its session is closed and both outputs are written. When the signal is aborted the
 * command's processes get TERM, a second later KILL, its session is closed, and the signal's reason is thrown.
 */
export async function exchange(link: Link, work: Exchange & Begun, signal: AbortSignal): Promise<Ending> {
  const { channel, mark } = work;
  // Because a command may end without reading its input; the exit code says what that means.
  channel.on("error", () => undefined);
  // Because the exit code may come together with the channel, before anybody can listen; `close` comes with it again.
  const closed = new Promise<Ending>((resolve) => {
    channel.once("close", (code?: number | null, name?: string) =>
      resolve({ code: code ?? null, signal: name ?? null }),
    );
  });
  const drained = [finished(channel.pipe(work.output)), finished(channel.stderr.pipe(work.errors))];
  const broken = new Promise<never>((_, reject) => {
    if (work.input instanceof Readable) work.input.once("error", reject).pipe(channel);
    else channel.end(work.input);
  });
  try {
    const ended = Promise.race([broken, Promise.all([closed, ...drained])]);
    const [ending] = await unless(ended, link.lost, signal);
    return ending;
  } catch (error) {
    if (!link.lost.aborted) await stop(link, channel, closed, mark);
    throw error;
  } finally {
    if (work.input instanceof Readable) work.input.destroy();
  }
}

/**
 * Ends what carries the mark. Because OpenSSH passes signals to no session of root, and leaves the processes of a closed
 * session alone, they are found by an environment variable, from a second session.
 */
async function stop(link: Link, channel: ClientChannel, closed: Promise<Ending>, mark: string): Promise<void> {
  // Because data that nobody reads would keep the close from arriving.
  channel.resume();
  channel.stderr.resume();
  await kill(link, mark).catch(() => undefined);
  channel.close();
  await unless(closed, link.lost, AbortSignal.timeout(closeMs)).catch(() => undefined);
}

async function kill(link: Link, mark: string): Promise<void> {
  const script = `marked() { grep -lzsxF ${mark} /proc/[0-9]*/environ | cut -d / -f 3; }
for signal in TERM KILL; do
  i=0
  for one in $(marked); do kill -s $signal $one; done
  while [ -n "$(marked)" ] && [ $i -lt 10 ]; do i=$((i + 1)); sleep 0.1; done
done`;
  const signal = AbortSignal.timeout(killMs);
  const channel = await link.open({ command: `exec /bin/sh -c ${quoted(script)} >/dev/null 2>&1` }, signal, "urgent");
  const closed = new Promise((resolve) => channel.once("close", resolve));
  channel.resume();
  channel.stderr.resume();
  channel.end();
  await unless(closed, link.lost, signal).finally(() => channel.close());
}
