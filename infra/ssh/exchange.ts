import { Readable, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { ClientChannel } from "ssh2";
import { unless } from "./deadline.ts";
import type { Link } from "./link.ts";

/** One command with its three streams. The login shell of the machine must be a POSIX one. */
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

/** How long a told process has to end by itself before it is killed, and again before its session is dropped. */
const graceMs = 1000;

/**
 * Runs a command over a link until its session is closed and both outputs are written. When the signal is aborted the
 * remote process group gets TERM, then KILL, its session is closed, and the signal's reason is thrown.
 */
export async function exchange(link: Link, work: Exchange, signal: AbortSignal): Promise<Ending> {
  const channel = await link.exec(shellLine(work), signal);
  let ending: Ending = { code: null, signal: null };
  channel.on("exit", (code: number | null, name?: string) => {
    ending = { code, signal: name ?? null };
  });
  // Because a command may end without reading its input; the exit code says what that means.
  channel.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => channel.once("close", () => resolve()));
  const drained = [finished(channel.pipe(work.output)), finished(channel.stderr.pipe(work.errors))];
  feed(channel, work.input);
  try {
    await unless(Promise.all([closed, ...drained]), link.lost, signal);
    return ending;
  } catch (error) {
    if (!link.lost.aborted) await stop(channel, closed);
    throw error;
  } finally {
    if (work.input instanceof Readable) work.input.destroy();
  }
}

/**
 * The command with its input bounded by the shell. Because ssh2 sends no signal on a channel whose input it has closed,
 * text input is cut by `head` and the channel stays open until the command ends.
 */
function shellLine({ command, input }: Exchange): string {
  if (input === undefined) return `exec </dev/null\n${command}`;
  return typeof input === "string" ? `head -c ${Buffer.byteLength(input)} | {\n${command}\n}` : command;
}

function feed(channel: ClientChannel, input: string | Readable | undefined): void {
  if (input instanceof Readable) input.pipe(channel);
  else if (input !== undefined) channel.write(input);
}

async function stop(channel: ClientChannel, closed: Promise<void>): Promise<void> {
  // Because data that nobody reads would keep the close from arriving.
  channel.resume();
  channel.stderr.resume();
  channel.signal("TERM");
  if (await inTime(closed)) return;
  channel.signal("KILL");
  channel.close();
  await inTime(closed);
}

async function inTime(closed: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), graceMs);
  });
  const ended = await Promise.race([closed.then(() => true), late]);
  clearTimeout(timer);
  return ended;
}
