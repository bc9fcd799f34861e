const closed = new AbortController();

/** Aborted when the reader of standard output, such as `head`, has gone. Work goes on; only showing it may stop. */
export const outputClosed: AbortSignal = closed.signal;

/** Makes a reader that goes early no mistake: what is still written for it is dropped. */
export function allowEarlyReaders(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    closed.abort(error);
  });
}
