import { createHash } from "node:crypto";
import net from "node:net";

/** How long to wait, and what to do once when it turns out that there is something to wait for. */
export interface Patience {
  readonly signal: AbortSignal;
  waiting?(): void;
}

/**
 * Runs work while holding a lock of this machine (network namespace), shared by every process of every user. The
 * kernel gives it back when the holder dies, however it dies. Waiting ends with the signal's reason when aborted.
 */
export async function withLock<Result>(
  name: string,
  patience: AbortSignal | Patience,
  work: () => Promise<Result>,
): Promise<Result> {
  return withSlot(name, 1, patience, work);
}

/** As {@link withLock}, but up to `slots` holders work at the same time. */
export async function withSlot<Result>(
  name: string,
  slots: number,
  patience: AbortSignal | Patience,
  work: () => Promise<Result>,
): Promise<Result> {
  const paths = Array.from({ length: slots }, (_, slot) => socketPath(`${name}#${slot}`));
  const held = await acquire(paths, patience instanceof AbortSignal ? { signal: patience } : patience);
  try {
    return await work();
  } finally {
    await held.release();
  }
}

interface Held {
  release(): Promise<void>;
}

async function acquire(paths: readonly string[], patience: Patience): Promise<Held> {
  const { signal } = patience;
  for (let turn = 1; ; turn += 1) {
    signal.throwIfAborted();
    for (const path of paths) {
      const held = await listen(path);
      if (held !== undefined) return held;
    }
    if (turn === 1) patience.waiting?.();
    await anyHolderGone(paths, signal);
  }
}

// Because an abstract socket has one listener, vanishes with its process and is not inherited by children.
function socketPath(name: string): string {
  return `\0edgecert-${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
}

function listen(path: string): Promise<Held | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      waiting.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => waiting.delete(socket));
    });
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      resolve({
        release: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of waiting) socket.destroy();
          }),
      });
    });
  });
}

/** Resolves when one of the holders lets go: its end of our connection closes. */
function anyHolderGone(paths: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const sockets = paths.map((path) => net.connect(path));
    const end = () => {
      signal.removeEventListener("abort", end);
      for (const socket of sockets) socket.destroy();
      resolve();
    };
    for (const socket of sockets) {
      socket.on("error", end);
      socket.on("close", end);
      socket.resume();
    }
    signal.addEventListener("abort", end, { once: true });
    // Because a signal that was aborted before says nothing to a listener that comes after.
    if (signal.aborted) end();
  });
}
