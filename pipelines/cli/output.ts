const closed = new AbortController();

/** Aborted when the reader of standard output, such as `head`, has gone. Work goes on; only showing it may stop. */
export const outputClosed: AbortSignal = closed.signal;

/** What writing gives when nobody reads any more: a pipe without a reader, a terminal that was hung up or is gone. */
const gone: ReadonlySet<string | undefined> = new Set(["EPIPE", "EIO", "ENXIO"]);

/**
 * Makes it no mistake that standard output or standard error cannot be written: what is still written there is
 * dropped, because machines must be given back whether or not somebody looks on.
 */
export function allowEarlyReaders(): void {
  // Because an error without a listener ends the process, standard error has one too.
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!closed.signal.aborted && !gone.has(error.code)) {
      process.stderr.write(`edgecert: standard output cannot be written: ${error.message}\n`);
    }
    closed.abort(error);
  });
}

let announcer: ((text: string) => void) | null = null;

/**
 * Says something of our own that belongs to no event, such as the answer to an interrupt: on standard error, or through
 * the screen that is drawn at the moment, which would be torn by it.
 */
export function announce(text: string): void {
  if (announcer === null) process.stderr.write(`\n${text}\n`);
  else announcer(text);
}

/** Has announcements go through a screen until disposed. */
export function announceThrough(screen: (text: string) => void): Disposable {
  announcer = screen;
  return {
    [Symbol.dispose]() {
      if (announcer === screen) announcer = null;
    },
  };
}
