import { Writable } from "node:stream";
import type { SshAddress } from "../providers/provider.ts";
import { isUnstarted } from "./channel.ts";
import type { CommandOptions, CommandResult, Connection } from "./connection.ts";
import { backOff, unless, within } from "./deadline.ts";
import { download } from "./download.ts";
import { type Begun, begin, type Dialogue, type Exchange, exchange } from "./exchange.ts";
import { hasReason, placeOf, sshError } from "./failures.ts";
import { type Link, openLink } from "./link.ts";
import { lineCutter, tail } from "./output.ts";
import { upload } from "./upload.ts";

/** How a connection is made. */
export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** For socket, host key and login together, in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
  /**
   * How long a command that the server has not begun waits for a lost machine to come back, at most to its own deadline;
   * milliseconds, default 30,000. A command that was begun never runs a second time.
   */
  readonly patienceMs?: number;
}

const handshakeMs = 30_000;
const defaultPatienceMs = 30_000;
const commandMs = 60_000;
/** What is kept of each output of a command: its last mebibyte. */
const keptBytes = 1024 * 1024;
const shownLines = 20;

/**
 * Logs in to a machine. The connection lives until it is closed: where the session is lost, the commands on it fail
 * with `ssh-connection-lost`, and the next command logs in again. Throws a failure of {@link sshFailures}.
 */
export async function connect(address: SshAddress, options: ConnectOptions = {}): Promise<Connection> {
  const session = sessionOf(address, options.timeoutMs ?? handshakeMs);
  await session.live(options.signal);
  const patienceMs = options.patienceMs ?? defaultPatienceMs;
  const talk: Dialogue = (work, limits) => {
    const timeoutMs = limits.timeoutMs ?? commandMs;
    const late = (): Error => sshError("command-deadline", `${place}: not done after ${timeoutMs} ms: ${brief(work)}`);
    const what = `${place}: ${brief(work)}`;
    return within({ timeoutMs, signal: limits.signal, what, late }, async (signal) => {
      const { link, ...begun } = await beginPatiently(session, work, { signal, patienceMs });
      return exchange(link, { ...work, ...begun }, signal);
    });
  };
  const place = placeOf(address);
  const run = (command: string, limits: CommandOptions = {}): Promise<CommandResult> => runText(talk, command, limits);
  return {
    address,
    run,
    must: async (command, limits) => succeeded(await run(command, limits), `${place}: ${brief({ command })}`),
    upload: (localPath, remoteFolder, limits = {}) => upload(talk, { localPath, remoteFolder, place }, limits),
    download: (remotePath, localPath, limits = {}) => download(talk, { remotePath, localPath, place }, limits),
    close: session.close,
  };
}

/** Begins a command, again after a pause as long as it is certain that no server has begun it. */
async function beginPatiently(
  session: Session,
  work: Exchange,
  { signal, patienceMs }: { readonly signal: AbortSignal; readonly patienceMs: number },
): Promise<Begun & { readonly link: Link }> {
  const until = Date.now() + patienceMs;
  for (let attempt = 0; ; attempt += 1) {
    let link: Link | undefined;
    try {
      link = await unless(session.live(), signal);
      return { link, ...(await begin(link, work, signal)) };
    } catch (error) {
      const mayPass =
        link === undefined
          ? hasReason(error, "ssh-unreachable", "ssh-handshake", "ssh-connection-lost")
          : isUnstarted(error);
      if (signal.aborted || !mayPass || Date.now() > until) throw error;
    }
    await backOff(attempt, 50, 2000, signal);
  }
}

interface Session {
  /** The live link, opened again where it was lost; several callers share one attempt. */
  live(signal?: AbortSignal): Promise<Link>;
  close(): void;
}

function sessionOf(address: SshAddress, timeoutMs: number): Session {
  const closing = new AbortController();
  let link: Link | undefined;
  let opening: Promise<Link> | undefined;

  const open = async (signal: AbortSignal): Promise<Link> => {
    try {
      link = await openLink(address, timeoutMs, signal);
      if (closing.signal.aborted) link.close();
      closing.signal.throwIfAborted();
      return link;
    } finally {
      opening = undefined;
    }
  };
  return {
    async live(signal) {
      closing.signal.throwIfAborted();
      if (link !== undefined && !link.lost.aborted) return link;
      opening ??= open(signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]));
      return opening;
    },
    close() {
      closing.abort(sshError("ssh-connection-closed", `${placeOf(address)} was closed.`));
      link?.close();
    },
  };
}

async function runText(talk: Dialogue, command: string, options: CommandOptions): Promise<CommandResult> {
  const stdout = listener(options, "stdout");
  const stderr = listener(options, "stderr");
  const work = { command, input: options.input, output: stdout.sink, errors: stderr.sink };
  const ending = await talk(work, options);
  return { ...ending, stdout: stdout.text(), stderr: stderr.text() };
}

function listener(options: CommandOptions, stream: "stdout" | "stderr") {
  const kept = tail(keptBytes);
  const lines = lineCutter((line) => options.onLine?.(line, stream));
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      kept.push(chunk);
      attempt(done, () => {
        options.onBytes?.(chunk, stream);
        lines.push(chunk);
      });
    },
    final: (done) => attempt(done, lines.end),
  });
  return { sink, text: kept.text };
}

/** Calls back with what `work` throws: a listener that throws ends its command, not the process. */
function attempt(done: (error?: Error | null) => void, work: () => void): void {
  try {
    work();
    done();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
  }
}

function succeeded(result: CommandResult, what: string): CommandResult {
  if (result.code === 0) return result;
  const last = `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-shownLines).join("\n");
  if (result.code === null && result.signal === null) throw sshError("command-unknown-end", `${what}\n${last}`);
  const how = result.code === null ? `was ended by ${result.signal}` : `ended with exit code ${result.code}`;
  throw sshError("command-nonzero-exit", `${what} ${how}.\n${last}`);
}

/** The first line of a command, cut: enough to find it, too little for a detail to be unreadable. */
function brief({ command }: Pick<Exchange, "command">): string {
  const line = command.trim().split("\n", 1)[0] ?? "";
  return line.length > 160 ? `${line.slice(0, 160)}...` : line;
}
